package spawn

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"reeve/supervisor/process"
)

const (
	// sweepEvery is the least time between two sweeps while an unknown child is held.
	sweepEvery = 50 * time.Millisecond
	// strangerFor is how long an unknown child in our own process group may stay a zombie
	// before it is taken for an orphan: a library that started it may be about to wait
	// for it.
	strangerFor = 5 * time.Second
)

// reap reaps the children that have ended. waitid names the first zombie without reaping
// it, again and again until it is reaped; so one that is not ours hides those behind it.
func (l *loop) reap() {
	r := &l.reaper
	r.waiting = false
	for {
		pid := peek()
		if pid == 0 {
			return
		}
		if l.k.isLive(pid) {
			l.collect(pid)
			continue
		}
		if peek() != pid {
			continue // Reap has taken it meanwhile
		}
		if l.forks() > 0 {
			// It may be a child whose pid the starter has not reported yet.
			r.waiting = true
			if time.Since(r.swept) >= sweepEvery {
				l.sweep()
				r.swept = time.Now()
			}
			return
		}
		var ws syscall.WaitStatus
		if !l.isOrphan(pid) {
			l.sweep()
			return
		}
		if got, err := wait(pid, &ws); got == pid && err == nil {
			l.exits = append(l.exits, Exit{Pid: pid, Status: process.ExitOf(ws), Orphan: true})
		}
	}
}

// isOrphan reports whether an ended child that is not ours was left to us by another
// process, or by an earlier program in this one. If that is not certain yet, the reaper
// looks again later.
func (l *loop) isOrphan(pid int) bool {
	if l.reaper.inherited[pid] {
		delete(l.reaper.inherited, pid)
		return true
	}
	if os.Getpid() != 1 && !isSubreaper() {
		return false
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != syscall.Getpgrp() {
		return true
	}
	r := &l.reaper
	if r.stranger != pid {
		r.stranger, r.since = pid, time.Now()
	}
	r.waiting = time.Since(r.since) < strangerFor
	return !r.waiting
}

// peek returns the pid of a zombie child without reaping it; 0: there is none.
func peek() int {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0
		}
		break
	}
	return int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), pidAt)))
}

// look returns with which status a child has ended, without reaping it.
func look(pid int) (ws syscall.WaitStatus, ended bool) {
	var info unix.Siginfo
	if unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) != nil || info.Signo == 0 {
		return 0, false
	}
	const exited, dumped = 1, 3 // CLD_EXITED, CLD_DUMPED
	// Behind the pid are the user and the status.
	status := *(*int32)(unsafe.Add(unsafe.Pointer(&info), pidAt+8))
	switch info.Code {
	case exited:
		return syscall.WaitStatus(status << 8), true
	case dumped:
		return syscall.WaitStatus(status | 0x80), true
	}
	return syscall.WaitStatus(status), true
}

// pidAt is where the pid is in struct siginfo: behind three ints, aligned as a pointer.
const pidAt = (12 + unsafe.Sizeof(uintptr(0)) - 1) &^ (unsafe.Sizeof(uintptr(0)) - 1)

// isSubreaper reports whether orphans among our descendants become our children (Linux
// 3.4).
func isSubreaper() bool {
	var on int32
	err := unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&on)), 0, 0, 0)
	return err == nil && on != 0
}
