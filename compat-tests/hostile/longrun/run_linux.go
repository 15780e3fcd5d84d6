package longrun

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"reeve/compat-tests/hostile/longrun/judge"
	"reeve/compat-tests/hostile/longrun/plot"
)

// Options are what a run is asked for.
type Options struct {
	For  time.Duration
	Life time.Duration // how long each daemon lives; 0: a tenth of it all, at least a minute
	Seed uint64        // of the first life; 0: a random one
	Race bool
	Keep bool // the directory of a life that went wrong
	Out  func(format string, args ...any)
}

// Run lets one daemon after the other live, each with the next seed, and reports whether
// nothing was wrong. The first life that goes wrong is the last.
func Run(ctx context.Context, opt Options) (ok bool, err error) {
	if err := becomeSubreaper(); err != nil {
		return false, err
	}
	defer killBelow()
	// Who interrupts wants an end, now.
	defer context.AfterFunc(ctx, killBelow)()
	root, err := os.MkdirTemp("", "reeve-long-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(root)
	if err := build(ctx, root, opt); err != nil {
		return false, err
	}
	seed := opt.Seed
	if seed == 0 {
		seed = rand.Uint64N(1_000_000)
	}
	span := opt.Life
	if span == 0 {
		span = max(opt.For/6, min(opt.For, time.Minute))
	}
	for begun := time.Now(); time.Since(begun) < opt.For && ctx.Err() == nil; seed++ {
		l := &life{
			ctx: ctx, Life: plot.NewLife(seed), dir: filepath.Join(root, fmt.Sprint(seed)), ctl: filepath.Join(root, "supervisorctl"),
			builds: [2]string{filepath.Join(root, "a", "supervisord"), filepath.Join(root, "b", "supervisord")}, out: opt.Out,
		}
		left := min(span, opt.For-time.Since(begun))
		opt.Out("seed %d: %s, with crashes: %v, with upgrades: %v", seed, left.Round(time.Second), l.Crashes, l.Upgrades)
		l.live(left)
		killBelow()
		if l.failed() {
			opt.Out("this repeats it, as far as the clock has no part in it:\n\tgo run ./compat-tests/hostile -for %s -seed %d", left.Round(time.Second), seed)
			if opt.Keep {
				kept, err := os.MkdirTemp("", "reeve-long-kept-")
				if err == nil && os.Rename(l.dir, filepath.Join(kept, "life")) == nil {
					opt.Out("what it left is in %s", kept)
				}
			}
			return false, nil
		}
		_ = os.RemoveAll(l.dir)
	}
	return ctx.Err() == nil, ctx.Err()
}

// build makes the programs: the daemon twice, so that one can follow the other.
func build(ctx context.Context, root string, opt Options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "hostile"), text, 0o755); err != nil {
		return err
	}
	race := ""
	if opt.Race {
		race = "-race"
	}
	for _, b := range []struct{ out, pkg, race, version string }{
		{"a/supervisord", "supervisord", race, ""},
		{"b/supervisord", "supervisord", race, versions[1]},
		{"supervisorctl", "supervisorctl", "", ""},
	} {
		args := []string{"build", "-o", filepath.Join(root, b.out)}
		if b.race != "" {
			args = append(args, b.race)
		}
		if b.version != "" {
			args = append(args, "-ldflags=-X reeve/config.Own="+b.version)
		}
		cmd := exec.CommandContext(ctx, "go", append(args, "./cmd/"+b.pkg)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cannot build %s, in the root of the repository: %w\n%s", b.pkg, err, out)
		}
	}
	return nil
}

// live lets the daemon live.
func (l *life) live(span time.Duration) {
	ctx := l.ctx
	if err := l.begin(); err != nil {
		l.violation("cannot start: " + err.Error())
		return
	}
	defer l.control.close()
	askCtx, stopAsking := context.WithCancel(ctx)
	asker := make(chan struct{})
	go func() { l.ask(askCtx); close(asker) }()
	begun := time.Now()
	last := plot.Action{}
	var err error
	for a := range l.Actions() {
		if time.Since(begun) > span || ctx.Err() != nil || l.failed() {
			break
		}
		last = a
		if err = l.do(a); err != nil {
			l.violation(fmt.Sprintf("action %s: %v", a, err))
			break
		}
		time.Sleep(a.Pause)
	}
	if err == nil && ctx.Err() == nil && !l.failed() {
		if err = l.bare(); err == nil {
			err = l.settle()
		}
		if err != nil {
			l.violation("at the end: " + err.Error())
		}
		l.violation(judge.Flat(l.samples)...)
	}
	stopAsking()
	<-asker
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		l.end()
	}
	l.checkRaces()
	if l.failed() {
		l.out("after action %s", last)
	}
	l.summary(time.Since(begun), last.Number)
}

func (l *life) summary(took time.Duration, actions int) {
	var counts []string
	for k, n := range l.counts {
		counts = append(counts, fmt.Sprintf("%s %d", k, n))
	}
	slices.Sort(counts)
	l.out("  %d actions in %s, %d calls beside them: %s", actions, took.Round(time.Second), l.asked.Load(), strings.Join(counts, ", "))
	if len(l.pauses) > 0 {
		slices.Sort(l.pauses)
		l.out("  upgrades answered: %d, pause median %.0f ms, longest %.0f ms", len(l.pauses), 1000*l.pauses[len(l.pauses)/2], 1000*l.pauses[len(l.pauses)-1])
	}
	l.out("  while nothing runs {descriptors threads KiB}: %v", l.samples)
}
