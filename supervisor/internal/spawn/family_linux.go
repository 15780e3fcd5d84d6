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

// Dead reports whether a process has ended, as far as /proc shows it.
func Dead(pid int) bool {
	if !Exists(pid) {
		return true
	}
	s, ok := readStat(pid)
	return ok && s.ended && procIsOurs()
}

// Zombies returns the children of this process that have ended, with their statuses,
// without reaping them. Without a /proc of our own it is only one of them, until that is
// reaped.
func Zombies() map[int]syscall.WaitStatus {
	all := map[int]syscall.WaitStatus{}
	pids := Children()
	if !procIsOurs() {
		pids = []int{peek()}
	}
	for _, pid := range pids {
		if status, has := Ended(pid); has {
			all[pid] = status
		}
	}
	return all
}

// Children returns the pids of the children of this process.
func Children() (pids []int) {
	for pid := range childrenNow() {
		pids = append(pids, pid)
	}
	return pids
}
