package judge

import (
	"regexp"
	"strconv"
	"strings"
)

// life is what the main log says about a child.
type life struct {
	pid  int
	ends []string
}

var (
	spawnedLine = regexp.MustCompile(` INFO spawned: '([^']+)' with pid (\d+)$`)
	endLine     = regexp.MustCompile(` (?:INFO|WARN) (?:exited|stopped): (\S+) \((.*?)(?:; (?:not )?expected)?\)$`)
)

// lives reads the main log.
func lives(log string) map[string][]life {
	all := map[string][]life{}
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		if m := spawnedLine.FindStringSubmatch(line); m != nil {
			pid, _ := strconv.Atoi(m[2])
			all[m[1]] = append(all[m[1]], life{pid: pid})
		} else if m := endLine.FindStringSubmatch(line); m != nil && m[2] != "start given up" {
			l := all[m[1]]
			if len(l) == 0 {
				l = []life{{}}
			}
			l[len(l)-1].ends = append(l[len(l)-1].ends, m[2])
			all[m[1]] = l
		}
	}
	return all
}

// MainLog holds the main log against the runs: each was started once and has ended once,
// as it has noted it. Lost is how many lines may be missing, because the daemon was
// killed before they were written.
func MainLog(log string, runs []Run, lost int) []string {
	var wrong list
	missing := 0
	all := lives(log)
	byPid := map[string]map[int][]*Run{}
	for i := range runs {
		r := &runs[i]
		if byPid[r.Process] == nil {
			byPid[r.Process] = map[int][]*Run{}
		}
		byPid[r.Process][r.Pid] = append(byPid[r.Process][r.Pid], r)
	}
	for name, ls := range all {
		seen := map[int]int{}
		for i, l := range ls {
			known := byPid[name][l.pid]
			var run *Run // which it is if a pid was used again
			if n := seen[l.pid]; n < len(known) {
				run = known[n]
			}
			seen[l.pid]++
			switch {
			case l.pid == 0:
				missing++
			case len(l.ends) > 1 && lost > 0:
				missing += len(l.ends) - 1 // starts that were not said
			case len(l.ends) > 1:
				wrong.add("%s: pid %d has ended %d times: %s", name, l.pid, len(l.ends), strings.Join(l.ends, ", "))
			case len(l.ends) == 0 && i < len(ls)-1:
				missing++
				if lost == 0 {
					wrong.add("%s: the end of pid %d is not in the main log, and pid %d was started", name, l.pid, ls[i+1].pid)
				}
			case len(l.ends) == 0 && run != nil && run.Ended:
				missing++
				if lost == 0 {
					wrong.add("%s: the end of pid %d is not in the main log", name, l.pid)
				}
			case len(l.ends) == 1 && run != nil:
				if text := endOf(run, l.ends[0]); text != "" {
					wrong.add("%s: pid %d: the main log says %q, %s", name, l.pid, l.ends[0], text)
				}
			}
		}
	}
	for i := range runs {
		r := &runs[i]
		if r.Status == CannotWrite && lost == 0 {
			wrong.add("%s: run %s could not write its output any more", r.Process, r.ID())
		}
		if r.Twice {
			wrong.add("%s: run %s began while another one was there, probably %s; spawned: %v", r.Process, r.ID(), before(runs, r), pids(all[r.Process]))
		}
		n := 0
		for _, l := range all[r.Process] {
			if l.pid == r.Pid {
				n++
			}
		}
		if n < len(byPid[r.Process][r.Pid]) {
			missing++
			if lost == 0 {
				wrong.add("%s: pid %d was never said to be started", r.Process, r.Pid)
			}
		}
	}
	if missing > lost && lost > 0 {
		wrong.add("%d lines are missing in the main log, and at most %d can be", missing, lost)
	}
	return wrong
}

// endOf says what does not fit in how a run is said to have ended.
func endOf(r *Run, said string) string {
	bySignal := strings.HasPrefix(said, "terminated by ")
	switch {
	case !r.Ended:
		return "and it is still there"
	case r.Status < 0 && !bySignal:
		return "and it was not about to exit"
	case r.Status >= 0 && !bySignal && said != "exit status "+strconv.Itoa(r.Status):
		return "and it was about to exit with " + strconv.Itoa(r.Status)
	}
	return "" // a signal may have come between the note and the exit
}

// before returns the run of the same process that began last before r.
func before(runs []Run, r *Run) string {
	var last *Run
	for i := range runs {
		if o := &runs[i]; o.Process == r.Process && o.Began < r.Began && (last == nil || o.Began > last.Began) {
			last = o
		}
	}
	if last == nil {
		return "one that is not known"
	}
	return last.ID()
}

func pids(lives []life) (all []int) {
	for _, l := range lives[max(0, len(lives)-20):] {
		all = append(all, l.pid)
	}
	return all
}
