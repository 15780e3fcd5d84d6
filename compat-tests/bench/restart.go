//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// restarter is a daemon with n children that write stamps.
type restarter struct {
	*daemon
	fifo *fifo
	pids []int
	next int
}

func (b *bench) newRestarter(s side, n int, settings ...string) (*restarter, error) {
	return b.newRestarterOf(s, n, false, settings...)
}

// newRestarterOf makes a restarter whose children are ordinary programs if ordinary is
// set.
func (b *bench) newRestarterOf(s side, n int, ordinary bool, settings ...string) (*restarter, error) {
	path, err := os.MkdirTemp(b.dir, "fifo")
	if err != nil {
		return nil, err
	}
	f, err := newFIFO(filepath.Join(path, "f"))
	if err != nil {
		return nil, err
	}
	if f.argv = []string{b.child, f.path}; ordinary {
		f.ordinary()
	}
	all := append([]string{command(f.argv...), "startsecs=0", "autorestart=true"}, settings...)
	d, err := b.launch(s, sections(n, all...))
	if err != nil {
		return nil, err
	}
	r := &restarter{daemon: d, fifo: f}
	if r.pids, err = f.stamps(n); err != nil {
		return nil, err
	}
	return r, d.running(n, time.Minute)
}

// kill1 kills one child; took is the time to the first instruction of its successor.
func (r *restarter) kill1() (took time.Duration, err error) {
	start := now()
	if err := syscall.Kill(r.pids[r.next], syscall.SIGKILL); err != nil {
		return 0, err
	}
	at, pid, err := r.fifo.next()
	r.pids[r.next] = pid
	r.next = (r.next + 1) % len(r.pids)
	return at - start, err
}

func (r *restarter) end() error {
	r.fifo.file.Close()
	return r.stop()
}

// restartLatency kills one child after the other and makes as many bare starts, in turns.
func (b *bench) restartLatency(f series, r *restarter, rounds int) error {
	for range rounds {
		bare, err := b.bareFirst(r.fifo)
		if err != nil {
			return err
		}
		f.add("limit", float64(bare)/float64(time.Microsecond))
		took, err := r.kill1()
		if err != nil {
			return err
		}
		f.add(r.side.name, float64(took)/float64(time.Microsecond))
	}
	return nil
}

func restartOne(b *bench) ([]*Row, error) {
	tiny, err := b.restartsOf(false)
	if err != nil {
		return nil, err
	}
	ordinary, err := b.restartsOf(true)
	if err != nil {
		return nil, err
	}
	row := func(f series, figure string, q, times float64) *Row {
		return &Row{
			Figure: figure, Unit: us, Ours: f.quantile("ours", q), Oracle: f.quantile("oracle", q),
			Limit: f.quantile("limit", q), LimitIs: "bare start", bound: atMost(times, "limit"),
		}
	}
	noticed := func(r *Row, q float64) *Row {
		r.Note = fmt.Sprintf("before it can start anything a bare loop takes %.0f µs from kill -9 until a blocked poll "+
			"sees the end of the child's pipe: the kernel's, and not in the limit", tiny.quantile("notice", q))
		return r
	}
	return []*Row{
		noticed(row(tiny, "p50", 0.5, 3), 0.5),
		noticed(row(tiny, "p99", 0.99, 3), 0.99),
		row(ordinary, "p50, /bin/sh to its first command", 0.5, 2),
		row(ordinary, "p99, /bin/sh to its first command", 0.99, 3),
	}, nil
}

// restartsOf measures tiny or ordinary children, on both sides and in bare starts.
func (b *bench) restartsOf(ordinary bool) (series, error) {
	f := series{}
	for i := range b.runs {
		for _, s := range b.sides(i, 1) {
			r, err := b.newRestarterOf(s, 350, ordinary)
			if err != nil {
				return nil, err
			}
			rounds, into := len(r.pids)*atOnce, f
			if s == b.oracle { // it restarts once a second
				rounds, into = 8, series{}
			}
			if err := b.restartLatency(into, r, rounds); err != nil {
				return nil, err
			}
			f[s.name] = into[s.name]
			if s == b.ours && !ordinary {
				if err := b.bareNotices(f, r.fifo, 100); err != nil {
					return nil, err
				}
			}
			if err := r.end(); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// bareNotices measures how early the end of a child can be noticed.
func (b *bench) bareNotices(f series, stamps *fifo, rounds int) error {
	for range rounds {
		took, err := bareNotice(stamps)
		if err != nil {
			return err
		}
		f.add("notice", float64(took)/float64(time.Microsecond))
	}
	return nil
}

// atOnce is how many restarts of one program in a row are not paced (docs/compat.md,
// restart-pace).
const atOnce = 2

// loopers is the number of programs that exit at once together.
const loopers = 400

// restartBurst starts programs that exit at once, among others that stay, and measures
// until each has had all its restarts that are not paced; the oracle, which paces every
// restart, is measured for the duration of while.
func (b *bench) restartBurst(s side, others int, while time.Duration, settings ...string) (sample, error) {
	stay := append([]string{command(argv...), "startsecs=0"}, settings...)
	quick := append([]string{
		command(b.child), "startsecs=0", "autorestart=true", "autostart=false",
		fmt.Sprintf("numprocs=%d", loopers), "process_name=quick%(process_num)03d",
	}, settings...)
	d, _, err := b.boot(s, sections(others, stay...)+"[program:quick]\n"+strings.Join(quick, "\n")+"\n", others)
	if err != nil {
		return sample{}, err
	}
	var started int
	d.log.seen = func(line []byte) {
		if bytes.Contains(line, []byte("spawned: 'quick")) {
			started++
		}
	}
	one, err := d.measure(0, func() error {
		if _, err := d.ask("startProcessGroup", "quick"); err != nil {
			return err
		}
		if s == b.oracle {
			time.Sleep(while)
			d.log.count("")
			return nil
		}
		return until("the restarts", time.Millisecond, time.Minute, func() (bool, error) {
			d.log.count("")
			return started >= loopers*(1+atOnce), nil
		})
	})
	if err != nil {
		return one, err
	}
	one.Items = started
	return one, d.stop()
}

func restartRate(b *bench) ([]*Row, error) {
	f := series{}
	for i := range b.runs {
		bare, err := bareRestarts(2000, b.child)
		if err != nil {
			return nil, err
		}
		f.add("limit", bare.rate())
		for _, s := range b.sides(i, 1) {
			one, err := b.restartBurst(s, 1, 12*time.Second)
			if err != nil {
				return nil, err
			}
			f.add(s.name, one.rate())
		}
	}
	return []*Row{{
		Figure: "restarts", Unit: perSecond, Ours: f.median("ours"), Oracle: f.median("oracle"),
		Limit: f.median("limit"), LimitIs: "bare start and reap", bound: atLeast(0.6, "limit"),
		Note: fmt.Sprintf("of %d programs together, each started and restarted %d times at once; then one a second each, which is "+
			"the oracle's pace from the start", loopers, atOnce),
	}}, nil
}
