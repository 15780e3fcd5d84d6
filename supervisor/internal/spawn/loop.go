package spawn

import (
	"os"
	"slices"
	"time"

	"reeve/supervisor/process"
)

// Bounds of what is under way at once. Starts are prepared a little ahead of the forks; those that hang don't count.
const (
	window     = 12
	maxWindow  = 1024
	maxWorkers = 500
)

// When something takes this long, it seems to hang: slowAfter gives its worker company, preflightLimit and forkLimit set the start aside.
const (
	slowAfter = 20 * time.Millisecond
	forkLimit = time.Second
	lookEvery = 20 * time.Millisecond
)

// loop owns all starts and reaps. Each start goes preparing → ready → forking → done and is delivered in its turn, or, if it
// was set aside, when it is done.
type loop struct {
	k       *kernel
	sigchld chan os.Signal
	timer   *time.Timer
	ticking bool

	queue  []*start // not begun
	window []*start // under way or to be delivered, in the order asked
	aside  []*start // set aside and ready
	outbox []*start // set aside and done

	plain   *starter
	masked  *starter   // for starts with a umask
	retired []*starter // with a start that hangs
	forks   int        // being forked, also by retired starters: a pid that we don't know may be theirs

	undelivered map[int]bool         // children whose Started was not received
	held        map[int]process.Exit // their exits
	exits       []Exit               // to be delivered
	reaper      reaper
}

func newLoop(k *kernel) *loop {
	l := &loop{
		k:           k,
		sigchld:     make(chan os.Signal, 1),
		timer:       time.NewTimer(time.Hour),
		undelivered: map[int]bool{},
		held:        map[int]process.Exit{},
	}
	l.timer.Stop()
	return l
}

func (l *loop) run() {
	defer close(l.k.ended)
	defer l.end()
	l.reap() // children of an earlier image may have ended
	for {
		l.advance()
		next, started := l.nextStarted()
		var result Started
		if next != nil {
			result = next.result
		}
		var exited chan Exit
		var exit Exit
		if len(l.exits) > 0 {
			exited, exit = l.k.exited, l.exits[0]
		}
		select {
		case <-l.k.wake:
			l.queue = append(l.queue, l.k.take()...)
		case s := <-l.k.prepared:
			l.prepared(s)
		case s := <-l.k.forked:
			l.forked(s)
		case started <- result:
			l.delivered(next)
		case exited <- exit:
			l.exits = l.exits[1:]
		case <-l.sigchld:
			l.signalled()
		case <-l.k.look:
			l.reapSuspects()
		case <-l.timer.C:
			l.ticking = false
			l.look(time.Now())
		case <-l.k.closing:
			return
		}
	}
}

// nextStarted is the outcome to offer, if any. While the end of an earlier process with the same pid is to be told, it waits.
func (l *loop) nextStarted() (*start, chan Started) {
	var s *start
	switch {
	case len(l.outbox) > 0:
		s = l.outbox[0]
	case len(l.window) > 0 && l.window[0].state == done:
		s = l.window[0]
	}
	if s == nil || slices.ContainsFunc(l.exits, func(e Exit) bool { return e.Pid == s.result.Pid }) {
		return nil, nil
	}
	return s, l.k.started
}

func (l *loop) delivered(s *start) {
	if s.aside {
		l.outbox[0] = nil
		l.outbox = l.outbox[1:]
	} else {
		l.window[0] = nil
		l.window = l.window[1:]
	}
	pid := s.result.Pid
	delete(l.undelivered, pid)
	l.k.received(pid)
	if e, ok := l.held[pid]; ok {
		delete(l.held, pid)
		l.exits = append(l.exits, Exit{Pid: pid, Status: e})
	}
	if len(l.window) == 0 && len(l.queue) == 0 {
		l.k.preflights.forget()
	}
}

// advance begins what can begin.
func (l *loop) advance() {
	for len(l.queue) > 0 && len(l.window) < min(window+int(l.k.slow.Load()), maxWindow) {
		s := l.queue[0]
		l.queue[0] = nil // the array lives on, what it held must not
		l.queue = l.queue[1:]
		l.window = append(l.window, s)
		l.k.jobs <- s // has room for the whole window
		l.k.needWorker()
	}
	for len(l.aside) > 0 && l.fork(l.aside[0]) {
		l.aside = l.aside[1:]
	}
	waiting := l.forks > len(l.retired) || l.reaper.waiting || l.reaper.later
	for _, s := range l.window {
		if s.state == preparing || s.state == ready && !l.fork(s) {
			waiting = true
			break
		}
	}
	if waiting && !l.ticking {
		l.ticking = true
		l.timer.Reset(lookEvery)
	}
}

// prepared takes a start from its worker.
func (l *loop) prepared(s *start) {
	s.state = ready
	if s.result.Err != nil {
		l.finish(s)
	} else if s.aside {
		l.aside = append(l.aside, s)
	}
}

// finish makes the outcome of a start known.
func (l *loop) finish(s *start) {
	s.state = done
	if s.aside {
		l.outbox = append(l.outbox, s)
	}
}

// fork hands a start to a starter, if there is room.
func (l *loop) fork(s *start) bool {
	to := l.starterOf(s)
	if to.room() == 0 {
		return false
	}
	s.state = forking
	if to.front() == nil {
		s.began = time.Now()
	}
	l.forks++
	to.submit(s)
	return true
}

// starterOf makes the starter for s if there is none.
func (l *loop) starterOf(s *start) *starter {
	to := &l.plain
	if s.plan.Umask >= 0 {
		to = &l.masked
	}
	if *to == nil {
		*to = newStarter(l.k, s.plan.Umask >= 0)
	}
	return *to
}

// forked takes the outcome of a fork.
func (l *loop) forked(s *start) {
	l.settle(s)
	if pid := s.result.Pid; pid != 0 {
		l.k.own(pid)
		l.undelivered[pid] = true
	}
	l.finish(s)
	if l.reaper.waiting {
		l.reap()
	}
}

// settle tells the starter of s that it is done.
func (l *loop) settle(s *start) {
	l.forks--
	for _, st := range append([]*starter{l.plain, l.masked}, l.retired...) {
		if st == nil || !st.settle(s) {
			continue
		}
		if next := st.front(); next != nil {
			next.began = time.Now()
		}
	}
	l.retired = slices.DeleteFunc(l.retired, func(st *starter) bool { return st.front() == nil })
}

// renew puts a start back that is to be forked again.
func (l *loop) renew(s *start) {
	s.state = ready
	if s.aside {
		l.aside = append(l.aside, s)
	}
}

// look finds what hangs.
func (l *loop) look(now time.Time) {
	if l.reaper.waiting || l.reaper.later {
		l.reaper.later = false
		l.reap()
	}
	l.window = slices.DeleteFunc(l.window, func(s *start) bool {
		if s.state != preparing || s.phase.Load() == queued {
			return false
		}
		if !s.seen {
			s.seen, s.began = true, now
		}
		took := now.Sub(s.began)
		if took >= slowAfter && s.pace.CompareAndSwap(onTime, slow) {
			l.k.slow.Add(1)
		}
		return took >= preflightLimit && l.overdue(s)
	})
	for range len(l.k.jobs) {
		if !l.k.needWorker() {
			break
		}
	}
	l.plain = l.lookAt(l.plain, now)
	l.masked = l.lookAt(l.masked, now)
}

// overdue deals with a start whose preparation hangs and tells if it was set aside: in the preflight it goes on through the
// shim, before that it waits.
func (l *loop) overdue(s *start) bool {
	if s.phase.CompareAndSwap(preflight, prepared) {
		l.k.preflights.hangs(flight{s.plan.File, s.plan.Dir})
		s.shim = l.k.choose(s.plan.special(), timedOut)
		s.state = ready
		return false
	}
	s.aside = s.phase.Load() == checking
	return s.aside
}

// lookAt retires a starter whose front hangs.
func (l *loop) lookAt(st *starter, now time.Time) *starter {
	if st == nil {
		return nil
	}
	s := st.front()
	if s == nil || now.Sub(s.began) < forkLimit {
		return st
	}
	for _, back := range st.retire() {
		l.forks--
		l.renew(back)
	}
	l.retired = append(l.retired, st)
	if !s.aside {
		s.aside = true
		l.window = without(l.window, s)
	}
	return nil
}
