package spawn

import (
	"syscall"
	"time"

	"reeve/supervisor/process"
)

// keptEnded handles the end of a child of the keeper.
func (l *loop) keptEnded(e KeptExit) {
	status := process.ExitOf(e.Status)
	l.k.mu.Lock()
	ours := l.k.live[e.Pid] == kept
	if ours {
		delete(l.k.live, e.Pid)
		if l.k.opt.Witness != nil {
			l.k.opt.Witness(e.Pid, status)
		}
	}
	l.k.mu.Unlock()
	if ours { // else it is an orphan of a program, or a starter whose daemon has died
		l.exits = append(l.exits, Exit{Pid: e.Pid, Status: status})
	}
	l.k.opt.Keeper.Told(e.Pid)
}

// Stray is a process that a daemon was starting when it died.
type Stray struct {
	Group, Name string
	Asked       time.Duration // when it was asked for, as Monotonic has it
	Pipes       []int         // our ends of its pipes
	Revoked     bool          // it was given up: only its pipes tell which child it is
}

// visitEvery is how often it is looked whether children live whose keeper is gone: their
// parent is a process that tells us nothing.
const visitEvery = time.Second

// keeperGone begins to look after the children of a keeper that is gone.
func (l *loop) keeperGone() <-chan time.Time {
	l.left = map[int]instant{}
	l.k.mu.Lock()
	for pid, place := range l.k.live {
		if place == kept {
			l.left[pid] = birth(pid)
		}
	}
	l.k.mu.Unlock()
	return l.visitKept()
}

// visitKept finds those of them that have ended; their status is lost.
func (l *loop) visitKept() <-chan time.Time {
	for pid, born := range l.left {
		if Exists(pid) && birth(pid) == born {
			continue
		}
		delete(l.left, pid)
		l.k.mu.Lock()
		delete(l.k.live, pid)
		l.k.mu.Unlock()
		l.exits = append(l.exits, Exit{Pid: pid, Status: process.Exit{Code: -1}})
	}
	if len(l.left) == 0 {
		return nil
	}
	return time.After(visitEvery)
}

// Exists reports whether there is a process with that pid, even if it has ended and is not
// reaped.
func Exists(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
