package spawn

import (
	"slices"
	"syscall"
	"time"

	"reeve/supervisor/process"
)

// reaper is what reaping remembers. There is no goroutine or thread per child: SIGCHLD wakes the loop.
type reaper struct {
	waiting  bool      // an unknown child is held; look again when a fork is done, or at the next tick
	pending  []suspect // children that Reap named and that had not ended yet
	later    bool      // look at all children at the next tick
	swept    time.Time
	stranger int // the unknown child seen last
	since    time.Time
	// inherited are the children that this process had before it started any: what execed us has left them to us (checklist 124).
	inherited map[int]bool
}

// suspect is a child that seems to be about to end.
type suspect struct {
	pid   int
	since time.Time
}

// suspectFor is how long it is asked for: it may have closed its output and live on.
const suspectFor = time.Second

// collect reaps the child pid of ours, if it has ended. The caller holds mu.
func (k *kernel) collect(pid int) (e Exit, ended bool) {
	var status syscall.WaitStatus
	failed := k.execing[pid] && !executed(pid)
	got, err := wait(pid, &status)
	switch {
	case got == pid:
		e = Exit{Pid: pid, Status: process.ExitOf(status)}
		if failed && e.Status.Code == exitNoExec {
			e.Status.Code = exitNotSpawned
		}
	case err == syscall.ECHILD: // somebody else's wait took it: its status is lost
		e = Exit{Pid: pid, Status: process.Exit{Code: -1}}
	default:
		return Exit{}, false
	}
	delete(k.live, pid)
	delete(k.execing, pid)
	return e, true
}

// exitNoExec is the status of a child whose exec has failed, as syscall.ForkExec has it. It matters where the starter could not
// report the failure.
const exitNoExec = 253

// collect reaps the child pid of ours, if it has ended and nobody else has reaped it, and tells if it had ended.
func (l *loop) collect(pid int) (ended bool) {
	l.k.mu.Lock()
	place, live := l.k.live[pid]
	var e Exit
	if live {
		e, ended = l.k.collect(pid)
	}
	l.k.mu.Unlock()
	switch {
	case !ended:
		return !live
	case place == hidden:
		l.ended(pid)
	case l.undelivered[pid]:
		l.held[pid] = e.Status
	default:
		l.exits = append(l.exits, e)
	}
	return true
}

// reapSuspects asks for the children that Reap named: one system call each, where the signal alone takes a search of all children.
func (l *loop) reapSuspects() {
	r, now := &l.reaper, time.Now()
	l.k.mu.Lock()
	pids := l.k.suspects
	l.k.suspects = nil
	l.k.mu.Unlock()
	for _, pid := range pids {
		r.pending = append(r.pending, suspect{pid, now})
	}
	r.pending = slices.DeleteFunc(r.pending, func(s suspect) bool {
		if !l.k.isLive(s.pid) || now.Sub(s.since) > suspectFor {
			return true
		}
		return l.collect(s.pid)
	})
}

// manyChildren take so long to search (30 ns each) that it is not done for each signal.
const manyChildren = 200

// signalled is for SIGCHLD, which does not say who has ended, and stands for any number of them. Nearly all children that end close
// their output, and are reaped by their pids then; so a search of many is left to the next tick.
func (l *loop) signalled() {
	l.reapSuspects()
	l.k.mu.Lock()
	many := len(l.k.live) >= manyChildren
	l.k.mu.Unlock()
	if many {
		l.reaper.later = true
		return
	}
	l.reap()
}

// sweep asks for each child of ours.
func (l *loop) sweep() {
	l.k.mu.Lock()
	pids := make([]int, 0, len(l.k.live))
	for pid := range l.k.live {
		pids = append(pids, pid)
	}
	l.k.mu.Unlock()
	for _, pid := range pids {
		l.collect(pid)
	}
}

// reapHeld reaps what may have been held while a start was not answered.
func (l *loop) reapHeld() {
	if l.reaper.waiting {
		l.reap()
	}
}

// placeOf says what a child that was not reaped is to us; without ok it is none of ours.
func (k *kernel) placeOf(pid int) (p place, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok = k.live[pid]
	return p, ok
}

// isLive tells if pid is a child of ours that was not reaped.
func (k *kernel) isLive(pid int) bool {
	_, ok := k.placeOf(pid)
	return ok
}

// wait is a wait4 that doesn't wait.
func wait(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, syscall.WNOHANG, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}
