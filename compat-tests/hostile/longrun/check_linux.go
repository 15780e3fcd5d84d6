package longrun

import (
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

// checkCensus compares what the daemon says with what there is.
func (l *life) checkCensus() {
	ctx, cancel := l.prompt()
	defer cancel()
	var wrong []string
	for range 3 { // what changes meanwhile is looked at again
		before, err := l.rpc.AllProcessInfo(ctx)
		if err != nil {
			l.violation("getAllProcessInfo: " + err.Error())
			return
		}
		there := l.children()
		after, err := l.rpc.AllProcessInfo(ctx)
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

// checkHeard checks what the listeners heard since the daemon began. What is under way
// has some time; what is wrong stays wrong while more comes.
func (l *life) checkHeard() {
	wrong := l.heardWrong()
	for begun := time.Now(); len(wrong) > 0 && time.Since(begun) < 20*time.Second; {
		time.Sleep(200 * time.Millisecond)
		wrong = l.heardWrong()
	}
	if len(wrong) > 0 {
		time.Sleep(3 * time.Second) // more than a listener takes
		again := l.heardWrong()
		wrong = slices.DeleteFunc(wrong, func(w string) bool { return !slices.Contains(again, w) })
	}
	l.violation(wrong...)
}

func (l *life) heardWrong() (wrong []string) {
	l.mu.Lock()
	sent := slices.Clone(l.sent)
	l.mu.Unlock()
	var heard [2][]judge.Heard
	for i, pool := range []string{"ear", "wild"} {
		text, err := os.ReadFile(filepath.Join(l.dir, "heard", pool))
		if err == nil {
			heard[i], err = judge.ReadHeard(string(text))
		}
		if err != nil {
			return []string{pool + ": " + err.Error()}
		}
	}
	ear, wild := heard[0], heard[1]
	wrong = append(wrong, judge.InOrder(ear, l.sessions, l.kills)...)
	wrong = append(wrong, judge.Transitions(ear)...)
	wrong = append(wrong, judge.Remote(ear, sent, l.kills)...)
	return append(wrong, judge.AllOnce(wild, judge.Endings(ear))...)
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
