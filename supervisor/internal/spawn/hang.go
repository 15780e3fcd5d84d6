package spawn

import (
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lookAtStarter finds out why the first request takes longer than the limit.
func (l *loop) lookAtStarter(now time.Time) {
	st := l.starter
	if st == nil || len(st.sent) == 0 || st.killed || st.dead || now.Sub(st.began) < l.k.limit {
		return
	}
	r := st.sent[0]
	lost := l.lost(st, r)
	if len(lost) != 1 || lost[0].executed {
		// without a child that hangs it is stopped or starved; bury sees what is left
		st.kill()
		return
	}
	st.sent = slices.Delete(st.sent, 0, 1)
	st.began = now
	st.hanging = append(st.hanging, r)
	l.hangs(r.start, lost[0].pid)
	if len(st.hanging) <= maxHanging {
		st.goOn(r.number)
	} else {
		st.held = r.number
	}
}

// hangs settles a start whose child hangs in exec: to an observer it has been started.
func (l *loop) hangs(s *start, pid int) {
	l.say(s, s.where())
	l.setAside(s)
	stderr := &s.child[2]
	if s.spec.MergeStderr {
		stderr = &s.child[1]
	}
	if !s.revoked {
		s.stderr, *stderr = *stderr, -1
		l.k.mu.Lock()
		l.k.execing[pid] = true
		l.k.mu.Unlock()
	}
	l.settle(s, pid, nil)
}

// hungEnded handles the end of an exec that hung. If it failed, the child could not
// report that, so it is reported here.
func (l *loop) hungEnded(st *starter, r *request, errno syscall.Errno) {
	if errno != 0 && r.stderr >= 0 && unix.SetNonblock(r.stderr, true) == nil {
		_, _ = unix.Write(r.stderr, []byte(failure("couldn't exec "+r.plan.Argv[0]+": "+errnoName(errno))))
	}
	closeFD(&r.stderr)
	if errno != 0 && st.held == r.number {
		st.goOn(r.number)
	} else if st.held != 0 && st.held != r.number {
		st.goOn(st.held)
	}
	if len(st.hanging) <= maxHanging {
		st.held = 0
	}
}
