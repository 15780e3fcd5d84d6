package spawn

import (
	"syscall"
)

// birth returns when a process began.
func birth(pid int) instant {
	s, _ := readStat(pid)
	return s.born
}

// Ended returns with which status a child of this process has ended, without reaping it.
// It is for processes without a Kernel.
func Ended(pid int) (ws syscall.WaitStatus, ended bool) { return look(pid) }

// Children returns the pids of the children of this process.
func Children() (pids []int) {
	for pid := range childrenNow() {
		pids = append(pids, pid)
	}
	return pids
}
