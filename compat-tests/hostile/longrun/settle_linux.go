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

// lostBuffers is what a daemon that is killed may take with it, of each log: what it has
// read and not written.
const lostBuffers = 2 << 20

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

// checkCensus compares what the daemon says with what there is.
func (l *life) checkCensus() {
	var wrong []string
	for range 3 { // what changes meanwhile is looked at again
		before, err := l.rpc.AllProcessInfo(context.Background())
		if err != nil {
			l.violation("getAllProcessInfo: " + err.Error())
			return
		}
		there := l.children()
		after, err := l.rpc.AllProcessInfo(context.Background())
		if err != nil {
			l.violation("getAllProcessInfo: " + err.Error())
			return
		}
		var full []judge.Info
		for _, i := range infosOf(after) {
			if i.State != "STARTING" { // not yet noted down, perhaps
				full = append(full, i)
			}
		}
		for i := range there {
			for _, info := range infosOf(after) {
				if _, name, _ := strings.Cut(info.Name, ":"); name == there[i].Process {
					there[i].Process = info.Name
				}
			}
		}
		if wrong = judge.Census(infosOf(before), full, there); len(wrong) == 0 {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	l.violation(wrong...)
}

// checkLogs compares all logs with what was written. The daemon may need a moment to
// write all.
func (l *life) checkLogs() error {
	silent := map[string]bool{}
	for i := range l.config.Programs {
		for _, p := range l.config.Programs[i].Procs {
			silent[p] = l.config.Programs[i].Silent
		}
	}
	for _, process := range l.processes() {
		if process == "ear" || strings.HasPrefix(process, "wild_") || silent[process] || strings.HasPrefix(process, "full") {
			continue
		}
		var wrong []string
		for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(50 * time.Millisecond) {
			runs, err := l.runs(process)
			if err != nil {
				return err
			}
			if wrong, err = l.holdLogs(process, runs); err != nil {
				return err
			}
			if len(wrong) == 0 {
				break
			}
		}
		l.violation(wrong...)
	}
	return l.checkMainLog()
}

// checkMainLog compares the main log of the whole life with all runs.
func (l *life) checkMainLog() error {
	var wrong []string
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		all := slices.Clone(l.past)
		for _, process := range l.processes() {
			runs, err := l.runs(process)
			if err != nil {
				return err
			}
			all = append(all, runs...)
		}
		text, err := os.ReadFile(filepath.Join(l.dir, "supervisord.log"))
		if err != nil {
			return err
		}
		// What began or ended between the two looks is looked at again.
		if wrong = judge.MainLog(string(text), all, 20*l.kills); len(wrong) == 0 {
			break
		}
	}
	l.violation(wrong...)
	return nil
}

// runs returns the runs of a process, with what is known of logs that were cleared.
func (l *life) runs(process string) ([]judge.Run, error) {
	runs, err := runsOf(l.dir, process)
	for i := range runs {
		c := l.checked[runs[i].ID()]
		runs[i].Streams[0].Checked, runs[i].Streams[1].Checked = c[0], c[1]
	}
	return runs, err
}

func (l *life) holdLogs(process string, runs []judge.Run) ([]string, error) {
	slack := judge.Slack{Gaps: l.killsInRound, Bytes: l.killsInRound * lostBuffers}
	logs := [2][]byte{}
	for i, ext := range []string{"out", "err"} {
		text, err := l.logText(process, ext)
		if err != nil {
			return nil, err
		}
		logs[i] = text
	}
	if logs[1] == nil { // stderr is redirected
		return judge.Lines(logs[0], process, runs, []int{0, 1}, slack), nil
	}
	return append(judge.Lines(logs[0], process, runs, []int{0}, slack), judge.Lines(logs[1], process, runs, []int{1}, slack)...), nil
}

// logText returns a log with all that was moved away from it, the oldest first; nil if
// there is none.
func (l *life) logText(process, ext string) (text []byte, err error) {
	for _, path := range l.logFiles(process, ext) {
		more, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		text = append(append(text, more...), []byte{}...)
		if text == nil {
			text = []byte{}
		}
	}
	return text, nil
}

func (l *life) logFiles(process, ext string) []string {
	path := filepath.Join(l.dir, "logs", process+"."+ext)
	moved, _ := filepath.Glob(path + ".moved*")
	slices.Sort(moved)
	var backups []string
	for n := 1; ; n++ {
		b := fmt.Sprintf("%s.%d", path, n)
		if _, err := os.Lstat(b); err != nil {
			break
		}
		backups = append(backups, b)
	}
	slices.Reverse(backups)
	files := append(moved, backups...)
	if _, err := os.Lstat(path); err == nil {
		files = append(files, path)
	}
	return files
}

// checkHeard checks what the listeners heard since the daemon began.
func (l *life) checkHeard() {
	l.mu.Lock()
	sent := slices.Clone(l.sent)
	l.mu.Unlock()
	var wrong []string
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(100 * time.Millisecond) {
		var endings []judge.Ending
		wrong = nil
		for _, pool := range []string{"ear", "wild"} {
			text, err := os.ReadFile(filepath.Join(l.dir, "heard", pool))
			if err != nil {
				l.violation(err.Error())
				return
			}
			heard, err := judge.ReadHeard(string(text))
			if err != nil {
				l.violation(pool + ": " + err.Error())
				return
			}
			if pool == "wild" {
				wrong = append(wrong, judge.AllOnce(heard, endings)...)
				continue
			}
			endings = judge.Endings(heard)
			wrong = append(wrong, judge.InOrder(heard, l.sessions, l.kills)...)
			wrong = append(wrong, judge.Transitions(heard)...)
			wrong = append(wrong, judge.Remote(heard, sent, l.kills)...)
		}
		if len(wrong) == 0 {
			return
		}
	}
	l.violation(wrong...)
}

func (l *life) checkCalls() {
	l.mu.Lock()
	failures, windows := l.failures, l.windows
	l.failures, l.windows = nil, nil
	l.mu.Unlock()
	l.violation(judge.Refused(failures, windows)...)
}

// checkRaces looks for what only the race detector and the runtime say.
func (l *life) checkRaces() {
	reports, _ := filepath.Glob(filepath.Join(l.dir, "race.*"))
	for _, path := range reports {
		text, _ := os.ReadFile(path)
		l.violation(string(text))
		_ = os.Rename(path, strings.Replace(path, "race.", "reported.", 1))
	}
	errs, _ := os.ReadFile(filepath.Join(l.dir, "supervisord.err"))
	for _, sign := range []string{"panic:", "fatal error:", "DATA RACE", "goroutine "} {
		if i := strings.Index(string(errs), sign); i >= 0 {
			l.violation("the daemon said on stderr: " + string(errs[i:min(i+4000, len(errs))]))
			_ = os.Truncate(filepath.Join(l.dir, "supervisord.err"), 0)
			break
		}
	}
}

// forget clears all logs, and the slots of runs that have ended.
func (l *life) forget() {
	if err := l.rpc.Call(context.Background(), "supervisor.clearAllProcessLogs", new(any)); err != nil {
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
