//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// side is one of the two implementations, with its programs.
type side struct{ name, daemon, ctl string }

// bench is one run of the command.
type bench struct {
	options
	dir    string // private; holds everything
	child  string // the executable of child.go
	self   string // this program, for its other parts (part.go)
	ours   side
	idling *idling // nil until they are started
	oracle side    // its paths are empty where it is not installed

	mu   sync.Mutex
	live map[*daemon]bool
	rows []*Row // measured so far
}

type options struct {
	programs, runs int
	sizes          []int // of scenario growth
	short          bool
	daemon         string // measured instead of ours
	list           bool
}

func newBench(parent string, o options) (_ *bench, err error) {
	b := &bench{options: o, live: map[*daemon]bool{}}
	if b.dir, err = os.MkdirTemp(parent, "reeve-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(b.dir)
		}
	}()
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	b.child = filepath.Join(b.dir, "child")
	if err := writeChild(b.child); err != nil {
		return nil, err
	}
	if err := becomeSubreaper(); err != nil {
		return nil, fmt.Errorf("cannot become a subreaper: %w", err)
	}
	b.ours = side{"ours", filepath.Join(b.dir, "supervisord"), filepath.Join(b.dir, "supervisorctl")}
	build := exec.Command("go", "build", "-o", b.dir, "./cmd/supervisord", "./cmd/supervisorctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cannot build the daemon: %v\n%s", err, out)
	}
	if o.daemon != "" {
		b.ours.daemon = o.daemon
	}
	const theirs = "/usr/bin/supervisord"
	if _, err := os.Stat(theirs); err == nil {
		b.oracle = side{"oracle", theirs, "/usr/bin/supervisorctl"}
	}
	return b, nil
}

// close stops what is still running and removes everything.
func (b *bench) close() {
	b.mu.Lock()
	var left []*daemon
	for d := range b.live {
		left = append(left, d)
	}
	b.mu.Unlock()
	for _, d := range left {
		d.kill()
	}
	os.RemoveAll(b.dir)
}

// sides returns ours and, if it is installed and takes part in repetition i, the oracle.
func (b *bench) sides(i, oracleRuns int) []side {
	if b.oracle.daemon == "" || b.short || i >= oracleRuns {
		return []side{b.ours}
	}
	return []side{b.ours, b.oracle}
}

// series has the figures of repeated measurements, by name.
type series map[string][]float64

func (s series) add(name string, v float64) { s[name] = append(s[name], v) }

func (s series) addTime(name string, d time.Duration) {
	s.add(name, float64(d)/float64(time.Millisecond))
}

// median is 0 if nothing was measured.
func (s series) median(name string) float64 { return s.quantile(name, 0.5) }

func (s series) quantile(name string, q float64) float64 {
	v := slices.Sorted(slices.Values(s[name]))
	if len(v) == 0 {
		return 0
	}
	return v[min(int(q*float64(len(v))), len(v)-1)]
}

// until polls for a condition at the given interval; it returns an error if the condition
// is not met within limit.
func until(what string, every, limit time.Duration, done func() (bool, error)) error {
	deadline := now() + limit
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if now() > deadline {
			return fmt.Errorf("%s: not within %v", what, limit)
		}
		time.Sleep(every)
	}
}
