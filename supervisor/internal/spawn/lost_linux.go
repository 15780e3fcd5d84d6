package spawn

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// instant is a time on the clock by which the kernel dates processes.
type instant time.Duration

func clock() instant {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now)
	return instant(now.Nano())
}

// stray is a child that a starter made and told nobody of.
type stray struct {
	pid      int
	executed bool // it has a program, or had one
}

// lost looks for children of a starter that we don't know, born since a request was sent. There is one at most, as a starter
// does one thing at a time.
func (l *loop) lost(st *starter, since instant) (found []stray) {
	for _, pid := range children() {
		if _, ok := l.k.placeOf(pid); ok {
			continue
		}
		s, ok := readStat(pid)
		if ok && s.parent == os.Getpid() && (s.group == pid || s.group == st.pid) && s.born+2*tick >= since {
			found = append(found, stray{pid, s.flags&forkNoExec == 0})
		}
	}
	return found
}

// processStat is what /proc/PID/stat says, also of a zombie.
type processStat struct {
	parent, group int
	flags         uint64
	born          instant
}

// forkNoExec is PF_FORKNOEXEC: the process has not executed a program since it was forked.
const forkNoExec = 0x40

// tick is the unit of times in /proc/PID/stat.
const tick = instant(10 * time.Millisecond)

func readStat(pid int) (s processStat, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if err != nil || len(fields) < 20 {
		return s, false
	}
	number := func(i int) uint64 {
		n, _ := strconv.ParseUint(string(fields[i]), 10, 64)
		return n
	}
	return processStat{int(number(1)), int(number(2)), number(6), instant(number(19)) * tick}, true
}

// children are the pids of our children, and where the kernel does not list them (CONFIG_PROC_CHILDREN), of everybody.
func children() (pids []int) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	if len(lists) > 0 {
		return pids
	}
	all, _ := filepath.Glob("/proc/[1-9]*")
	for _, dir := range all {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// childrenNow are the children of this process.
func childrenNow() map[int]bool {
	pids := map[int]bool{}
	for _, pid := range children() {
		if s, ok := readStat(pid); ok && s.parent == os.Getpid() {
			pids[pid] = true
		}
	}
	return pids
}
