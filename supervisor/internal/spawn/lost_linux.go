package spawn

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// instant is a time on CLOCK_BOOTTIME, which the kernel uses for the start times of
// processes.
type instant time.Duration

func clock() instant {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now)
	return instant(now.Nano())
}

// stray is a child that a starter made but did not report.
type stray struct {
	pid      int
	executed bool // it has executed a program
}

// lost looks for unknown children made by a starter, born since a request was sent. There
// is at most one, because a starter carries out one request at a time.
func (l *loop) lost(st *starter, r *request) (found []stray) {
	orphans := os.Getpid() == 1 || isSubreaper()
	for _, pid := range children() {
		if _, ok := l.k.placeOf(pid); ok {
			continue
		}
		s, ok := readStat(pid)
		if !ok || s.parent != os.Getpid() || s.group != pid && s.group != st.pid || s.born+2*tick < r.sent {
			continue
		}
		// Anything else is a fork of a descendant.
		if s.executed || s.name == starterName || s.name == "exe" {
			if !orphans || !s.executed || r.hasPipeIn(pid, s) {
				found = append(found, stray{pid, s.executed})
			}
		}
	}
	return found
}

// hasPipeIn tells a child of r apart from an orphan that is as young and also leads a
// group: the child has one of our pipes or, if its descriptors can't be read, is in our
// session.
func (r *request) hasPipeIn(pid int, s processStat) bool {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd/"
	seen := false
	for fd := range 3 {
		theirs, err := os.Readlink(dir + strconv.Itoa(fd))
		seen = seen || err == nil
		for _, ours := range r.child {
			if link, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(ours)); err == nil && link == theirs {
				return true
			}
		}
	}
	session, err := unix.Getsid(0)
	return !seen && err == nil && s.session == session
}

// executed reports whether a child has executed a program since it was forked.
func executed(pid int) bool {
	s, ok := readStat(pid)
	return ok && s.executed
}

// processStat is what /proc/PID/stat contains, even for a zombie.
type processStat struct {
	name                   string
	parent, group, session int
	executed               bool
	ended                  bool // it is a zombie
	born                   instant
}

// forkNoExec is the kernel's flag PF_FORKNOEXEC: the process has not executed a program
// since it was forked.
const forkNoExec = 0x40

// tick is the unit of times in /proc/PID/stat.
const tick = instant(10 * time.Millisecond)

func readStat(pid int) (s processStat, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	fields := bytes.Fields(text[end+1:])
	if err != nil || open < 0 || len(fields) < 20 {
		return s, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(string(fields[i]))
		return n
	}
	return processStat{
		name: string(text[open+1 : end]), parent: number(1), group: number(2), session: number(3),
		executed: number(6)&forkNoExec == 0, ended: string(fields[0]) == "Z", born: instant(number(19)) * tick,
	}, true
}

// children returns the pids of our children or, where the kernel does not list them
// (CONFIG_PROC_CHILDREN), of all processes.
func children() (pids []int) {
	if lists, _ := filepath.Glob("/proc/self/task/*/children"); len(lists) > 0 {
		return childrenOf("self")
	}
	all, _ := filepath.Glob("/proc/[1-9]*")
	for _, dir := range all {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// childrenNow returns the current children of this process.
func childrenNow() map[int]bool {
	pids := map[int]bool{}
	for _, pid := range children() {
		if s, ok := readStat(pid); ok && s.parent == os.Getpid() {
			pids[pid] = true
		}
	}
	return pids
}
