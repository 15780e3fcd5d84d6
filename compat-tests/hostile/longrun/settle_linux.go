package longrun

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"reeve/compat-tests/hostile/longrun/judge"
)

// settle lets everything come to rest, checks all that was noted since the last time, and
// clears what is checked, so that a round costs the same however long a life is.
func (l *life) settle() error {
	err := l.quiet()
	if err != nil {
		return err
	}
	l.checkCensus()
	if err := l.checkLogs(); err != nil {
		return err
	}
	l.checkHeard()
	l.checkCalls()
	l.checkRaces()
	l.forget()
	l.killsInRound, l.restartsInRound = 0, 0
	l.control.at(wordEpoch).Add(1)
	l.control.at(wordQuiet).Store(0)
	l.asking.Store(true)
	return nil
}

// quiet waits for the calls under way, and then for the writes.
func (l *life) quiet() error {
	done := make(chan struct{})
	go func() { l.calls.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(3 * patience):
		l.violation(fmt.Sprintf("%d calls are not answered within %s", len(l.places), 3*patience))
	}
	l.control.at(wordQuiet).Store(1)
	return l.await("all programs have written what they began", func() bool {
		for _, process := range l.processes() {
			runs, err := runsOf(l.dir, process)
			if err != nil {
				return false
			}
			for _, r := range runs {
				for _, s := range r.Streams {
					if !r.Ended && s.Done != s.Intended {
						return false
					}
				}
			}
		}
		return true
	})
}

// processes returns the names of all that have run since the last settle.
func (l *life) processes() (names []string) {
	dirs, _ := os.ReadDir(filepath.Join(l.dir, "runs"))
	for _, d := range dirs {
		names = append(names, d.Name())
	}
	return names
}

// forget clears all logs, and the slots of runs that have ended.
func (l *life) forget() {
	ctx, cancel := l.prompt()
	defer cancel()
	if err := l.rpc.Call(ctx, "supervisor.clearAllProcessLogs", new(any)); err != nil {
		l.violation("clearAllProcessLogs: " + err.Error())
	}
	here := map[string]bool{}
	for i := range l.config.Programs {
		for _, p := range l.config.Programs[i].Procs {
			here[p] = true
		}
	}
	entries, _ := os.ReadDir(filepath.Join(l.dir, "logs"))
	for _, e := range entries {
		name := e.Name()
		process, _, _ := strings.Cut(name, ".")
		if strings.Count(name, ".") > 1 || !here[process] {
			_ = os.Remove(filepath.Join(l.dir, "logs", name))
		}
	}
	checked := map[string][2]uint64{}
	for _, process := range l.processes() {
		runs, _ := runsOf(l.dir, process)
		for _, r := range runs {
			if r.Ended {
				l.past = append(l.past, r)
				_ = os.Remove(slotFile(l.dir, process, r.Pid, r.Began))
				continue
			}
			checked[r.ID()] = [2]uint64{r.Streams[0].Done, r.Streams[1].Done}
		}
	}
	l.checked = checked
}

// bare stops all programs, measures what is left, and starts them again.
func (l *life) bare() error {
	if err := l.settle(); err != nil {
		return err
	}
	l.asking.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	var groups []string
	for i := range l.config.Programs {
		if g := l.config.GroupOf(l.config.Programs[i].Name); g != "ear" && !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	for _, g := range groups {
		if _, err := l.rpc.StopGroup(ctx, g, true); err != nil {
			return fmt.Errorf("cannot stop %s: %w", g, err)
		}
	}
	l.rpc.Close()
	time.Sleep(4 * time.Second) // grandchildren hold pipes, starters are kept for a moment
	l.samples = append(l.samples, l.measure())
	for _, g := range groups {
		if _, err := l.rpc.StartGroup(ctx, g, false); err != nil {
			return fmt.Errorf("cannot start %s: %w", g, err)
		}
	}
	l.asking.Store(true)
	return nil
}

// measure looks at the daemon and its keeper; starters come and go. It takes the
// least of some looks: what is done just now comes on top.
func (l *life) measure() judge.Sample {
	var least judge.Sample
	for n := range 20 {
		var s judge.Sample
		for _, pid := range slices.Compact([]int{l.cmd.Process.Pid, l.daemon()}) {
			s.Open = open(pid, s.Open)
			s.Threads += entries(pid, "task")
			s.Memory += memory(pid)
		}
		for _, n := range s.Open {
			s.Descriptors += n
		}
		if n == 0 {
			least = s
		}
		if s.Descriptors < least.Descriptors {
			least.Descriptors, least.Open = s.Descriptors, s.Open
		}
		least.Threads, least.Memory = min(least.Threads, s.Threads), min(least.Memory, s.Memory)
		time.Sleep(50 * time.Millisecond)
	}
	return least
}
