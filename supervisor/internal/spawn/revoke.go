package spawn

import (
	"slices"
	"syscall"
)

// revoked is a call of Revoke.
type revoked struct{ id uint64 }

func (revoked) drop() {}

// tell gives up a start whose outcome was not received. A preparation or fork in progress
// notices when it is done.
func (r revoked) tell(l *loop) {
	i := 0
	all := slices.Concat(l.queue, l.window, l.aside, l.outbox)
	if i = slices.IndexFunc(all, func(s *start) bool { return s.spec.ID == r.id }); i < 0 || all[i].revoked {
		return
	}
	s, begun := all[i], i >= len(l.queue)
	for _, list := range []*[]*start{&l.queue, &l.window, &l.aside, &l.outbox, &l.hanging} {
		*list = without(*list, s)
	}
	s.revoked = true
	outcome := newStart(s.spec)
	outcome.result.Err = &StartError{Revoked, "the start was given up"}
	outcome.revoked, outcome.aside, outcome.state = true, true, done
	l.outbox = append(l.outbox, outcome)
	switch {
	case !begun, s.state == ready:
		l.gone(s)
	case s.state == done:
		if pid := s.result.Pid; pid != 0 {
			delete(l.undelivered, pid)
			delete(l.held, pid)
			if l.k.isLive(pid) {
				l.discard(pid)
			}
		}
		l.gone(s)
	}
}

// gone closes what is left of a start that was given up.
func (l *loop) gone(s *start) {
	s.closeAll()
	if s.spec.Witnessed && l.k.opt.Gone != nil {
		l.k.opt.Gone(s.spec.ID)
	}
}

// forksRevoked reports whether the fork of a start that was given up is in progress: the
// child has to be discarded.
func (l *loop) forksRevoked() bool {
	if l.here != nil && l.here.revoked {
		return true
	}
	return l.starter != nil && slices.ContainsFunc(l.starter.sent, func(r *request) bool { return r.start.revoked })
}

// discard kills a child and its group; the child is reaped without an Exit.
func (l *loop) discard(pid int) {
	l.k.own(pid, hidden)
	l.reaper.later = true // it may have ended and been seen already
	kill(pid)
}

// kill kills a child and its group.
func kill(pid int) {
	_ = syscall.Kill(-pid, syscall.SIGKILL) // it may not lead a group yet
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
