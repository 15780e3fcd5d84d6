package spawn

import (
	"slices"
	"syscall"
	"time"

	"reeve/supervisor/process"
)

// reaper is what reaping remembers. There is no goroutine or thread per child: SIGCHLD wakes the loop.
type reaper struct {
	waiting  bool            // an unknown child is held; look again when a fork is done, or at the next tick
	pending  []suspect       // children that Reap named and that had not ended yet
	known    bool            // a child was reaped by its pid since the last SIGCHLD
	later    bool            // look at all children at the next tick
	helpers  map[int]*helper // by pid
	failures int             // children of the helper that ended before they became a program
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

// collect reaps the child pid of ours, if it has ended, and tells if it had.
func (l *loop) collect(pid int) (ended bool) {
	var status syscall.WaitStatus
	l.k.mu.Lock()
	got, err := wait(pid, &status)
	ended = got == pid || err == syscall.ECHILD // somebody else's wait took it: its status is lost
	if ended {
		delete(l.k.live, pid)
	}
	l.k.mu.Unlock()
	if !ended {
		return false
	}
	e := process.ExitOf(status)
	if err != nil {
		e = process.Exit{Code: -1}
	}
	if l.undelivered[pid] {
		l.held[pid] = e
		return true
	}
	l.exits = append(l.exits, Exit{Pid: pid, Status: e})
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
		ended := l.collect(s.pid)
		r.known = r.known || ended
		return ended
	})
}

// manyChildren take so long to search that it is not done for a signal that seems to be explained.
const manyChildren = 200

// signalled is for SIGCHLD, which does not say who has ended, and stands for any number of them. If one was reaped by its pid it is
// most likely about that one, and a search of many children is left to the next tick.
func (l *loop) signalled() {
	l.reapSuspects()
	l.k.mu.Lock()
	many := len(l.k.live) >= manyChildren
	l.k.mu.Unlock()
	if l.reaper.known && many {
		l.reaper.known, l.reaper.later = false, true
		return
	}
	l.reaper.known = false
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

// isLive tells if pid is a child of ours that was not reaped.
func (k *kernel) isLive(pid int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.live[pid]
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
