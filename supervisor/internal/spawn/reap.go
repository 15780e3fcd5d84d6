package spawn

import (
	"slices"
	"syscall"
	"time"

	"reeve/supervisor/process"
)

// reaper is the state of reaping. There is no goroutine or thread per child: SIGCHLD
// wakes the loop.
type reaper struct {
	// an unknown child is not reaped yet; look again after a fork, or at the next tick
	waiting  bool
	pending  []suspect // children that Reap was called for before they ended
	later    bool      // look at all children at the next tick
	swept    time.Time
	stranger int // the unknown child seen last
	since    time.Time
	// inherited are the children that this process had before it started any: an earlier
	// program in this process left them (fact 124: a reaped pid that is not known is
	// logged).
	inherited map[int]bool
}

// suspect is a child that seems to be about to end.
type suspect struct {
	pid   int
	since time.Time
}

// suspectFor is how long a suspect is polled: it may have closed its output and live on.
const suspectFor = time.Second

// collect reaps our child pid, if it has ended. The caller holds mu.
func (k *kernel) collect(pid int) (e Exit, ended bool) {
	if k.live[pid] == kept {
		return Exit{}, false
	}
	if k.opt.Witness != nil {
		if ws, ended := look(pid); ended {
			k.opt.Witness(pid, process.ExitOf(ws))
		}
	}
	var status syscall.WaitStatus
	failed := k.execing[pid] && !executed(pid)
	got, err := wait(pid, &status)
	switch {
	case got == pid:
		e = Exit{Pid: pid, Status: process.ExitOf(status)}
		if failed && e.Status.Code == exitNoExec {
			e.Status.Code = exitNotSpawned
		}
	// another wait in this process took it: its status is lost
	case err == syscall.ECHILD:
		e = Exit{Pid: pid, Status: process.Exit{Code: -1}}
	default:
		return Exit{}, false
	}
	delete(k.live, pid)
	delete(k.execing, pid)
	return e, true
}

// exitNoExec is the status with which a child of syscall.ForkExec exits when its exec
// fails. It matters where the starter could not report the failure.
const exitNoExec = 253

// collect reaps our child pid, if it has ended and is not reaped yet, and reports whether
// it has ended.
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

// reapSuspects polls the children that Reap was called for: one system call each, while
// SIGCHLD alone requires a search of all children.
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

// manyChildren is the number of children from which on they are not all searched (30 ns
// each) at each signal.
const manyChildren = 200

// signalled handles SIGCHLD, which does not say which child has ended, and may stand for
// several. Nearly all children close their output when they end, and are then reaped by
// pid; so a search of many children is left to the next tick.
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

// sweep polls each of our children.
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

// reapHeld reaps unknown children that were held while a start was unanswered.
func (l *loop) reapHeld() {
	if l.reaper.waiting {
		l.reap()
	}
}

// placeOf returns the place of a child that is not reaped; ok is false if it is not ours.
func (k *kernel) placeOf(pid int) (p place, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok = k.live[pid]
	return p, ok
}

// isLive reports whether pid is a child of ours that is not reaped.
func (k *kernel) isLive(pid int) bool {
	_, ok := k.placeOf(pid)
	return ok
}

// wait is wait4 with WNOHANG, repeated if a signal interrupts it.
func wait(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, syscall.WNOHANG, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}
