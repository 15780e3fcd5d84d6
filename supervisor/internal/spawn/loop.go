package spawn

import (
	"os"
	"slices"
	"time"

	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// window is how many starts are in progress at once; they are prepared a little ahead of
// the forks. Those set aside don't count.
const window = 12

// A start that takes this long seems to hang: after asideAfter, a preparation lets others
// pass; a fork may take forkLimit. After sayAfter the hang is reported.
const (
	asideAfter = 200 * time.Millisecond
	forkLimit  = time.Second
	sayAfter   = time.Second
	lookEvery  = 20 * time.Millisecond
)

// loop owns all starts and reaps. Each start goes preparing → ready → forking → done and
// is delivered in order or, if it was set aside, when it is done.
type loop struct {
	k       *kernel
	sigchld chan os.Signal
	timer   *time.Timer
	ticking bool

	queue   []*start // not begun
	window  []*start // in progress or to be delivered, in the order of the calls
	aside   []*start // set aside and not done
	outbox  []*start // set aside and done, or given up
	hanging []*start // to be reported on Stuck

	starter *starter // nil: none yet, or it has died
	making  bool     // one is being made
	here    *start   // being forked by this process
	// killed before they executed a program, with the start to repeat
	doomed map[int]*start

	undelivered map[int]bool         // children whose Started was not received
	held        map[int]process.Exit // their exits
	exits       []Exit               // to be delivered
	left        map[int]instant      // children of a keeper that is gone, with their births
	reaper      reaper

	mail    []message       // taken, to be told
	closing <-chan struct{} // nil: it is closed
	late    <-chan time.Time
}

func newLoop(k *kernel) *loop {
	l := &loop{
		k:           k,
		sigchld:     make(chan os.Signal, 1),
		timer:       time.NewTimer(time.Hour),
		doomed:      map[int]*start{},
		undelivered: map[int]bool{},
		held:        map[int]process.Exit{},
		closing:     k.closing,
	}
	l.timer.Stop()
	return l
}

func (l *loop) run() {
	defer close(l.k.ended)
	rescue.KeepVital("starts and reaps", l.turns)
	rescue.Vital("the end of starts and reaps", l.end)
}

func (l *loop) turns() {
	l.reap() // children of an earlier image may have ended
	var keeper <-chan KeptExit
	var gone <-chan struct{}
	if l.k.opt.Keeper != nil {
		keeper, gone = l.k.opt.Keeper.Ended(), l.k.opt.Keeper.Gone()
	}
	var visit <-chan time.Time // of what the keeper has left
	for l.closing != nil || l.forksRevoked() {
		l.tellAll()
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
		var stuck chan Stuck
		var hang Stuck
		if len(l.hanging) > 0 {
			stuck, hang = l.k.stuck, Stuck{l.hanging[0].spec.ID, l.hanging[0].said}
		}
		select {
		case <-l.k.wake:
			l.mail = l.k.take()
		case started <- result:
			l.delivered(next)
		case exited <- exit:
			l.exits = l.exits[1:]
		case stuck <- hang:
			l.hanging = l.hanging[1:]
		case <-l.sigchld:
			l.signalled()
		case e := <-keeper:
			l.keptEnded(e)
		case <-gone:
			gone, visit = nil, l.keeperGone()
		case <-visit:
			visit = l.visitKept()
		case <-l.k.look:
			l.reapSuspects()
		case <-l.timer.C:
			l.ticking = false
			l.lookAround(time.Now())
		case <-l.closing:
			l.closing, l.late = nil, time.After(asideAfter)
		case <-l.late:
			return
		}
	}
}

// tellAll handles the messages that were taken.
func (l *loop) tellAll() {
	for len(l.mail) > 0 {
		m := l.mail[0]
		l.mail[0] = nil
		l.mail = l.mail[1:]
		m.tell(l)
	}
}

// nextStarted returns the start whose outcome is to be offered, if any. A report that it
// hangs goes first, and so does the Exit of an earlier process with the same pid.
func (l *loop) nextStarted() (*start, chan Started) {
	var s *start
	switch {
	case len(l.outbox) > 0:
		s = l.outbox[0]
	case len(l.window) > 0 && l.window[0].state == done:
		s = l.window[0]
	}
	if s == nil || slices.Contains(l.hanging, s) || slices.ContainsFunc(l.exits, func(e Exit) bool { return e.Pid == s.result.Pid }) {
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
}

// advance begins what can begin, and keeps the timer running while anything is in
// progress.
func (l *loop) advance() {
	for len(l.queue) > 0 && len(l.window) < window {
		s := l.queue[0]
		l.queue[0] = nil // the array stays, but must not keep the start
		l.queue = l.queue[1:]
		l.window = append(l.window, s)
		s.began = time.Now()
		go func() { rescue.Vital("the preparation of starts", func() { l.k.prepare(s) }) }()
	}
	waiting := l.reaper.waiting || l.reaper.later || l.forks() > 0
	for _, s := range slices.Clone(l.aside) {
		if s.state == ready {
			l.fork(s)
		}
		waiting = waiting || s.said == ""
	}
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

// asked is a start to be begun.
type asked struct{ s *start }

func (a asked) tell(l *loop) { l.queue = append(l.queue, a.s) }
func (a asked) drop()        {}

// tell takes a start back from its preparation.
func (s *start) tell(l *loop) {
	switch {
	case s.revoked:
		l.gone(s)
	case s.result.Err != nil:
		l.finish(s)
	default:
		s.state, s.began = ready, time.Now()
	}
}

func (s *start) drop() { s.closeAll() }

// settle handles the outcome of a fork.
func (l *loop) settle(s *start, pid int, err error) {
	s.settled(pid, err)
	if pid != 0 && s.spec.Witnessed && l.k.opt.Made != nil {
		l.k.opt.Made(s.spec.ID, pid)
	}
	switch {
	case s.revoked:
		if pid != 0 {
			l.discard(pid)
		}
		l.gone(s)
	case pid != 0:
		l.k.own(pid, young)
		l.undelivered[pid] = true
	}
	if !s.revoked {
		l.finish(s)
	}
}

// finish makes the outcome of a start ready for delivery.
func (l *loop) finish(s *start) {
	s.state = done
	if s.aside {
		l.aside = without(l.aside, s)
		l.outbox = append(l.outbox, s)
	}
}

// renew makes a start ready again, to be forked once more.
func (l *loop) renew(s *start) {
	if s.revoked {
		l.gone(s)
		return
	}
	s.state, s.began = ready, time.Now()
}

// setAside lets the starts behind s pass it.
func (l *loop) setAside(s *start) {
	if !s.aside && !s.revoked {
		s.aside = true
		l.window = without(l.window, s)
		l.aside = append(l.aside, s)
	}
}

// say has Stuck report, once, where a start hangs.
func (l *loop) say(s *start, where string) {
	if s.said == "" && !s.revoked {
		s.said = where
		l.hanging = append(l.hanging, s)
	}
}

// lookAround finds what hangs.
func (l *loop) lookAround(now time.Time) {
	if l.reaper.waiting || l.reaper.later {
		l.reaper.later = false
		l.reap()
	}
	for _, s := range slices.Concat(l.window, l.aside) {
		if at := s.at.Load(); s.state == preparing && s.step != at {
			s.step, s.began = at, now
		}
		took := now.Sub(s.began)
		if s.state == preparing && took >= asideAfter || s.state == forking && took >= l.k.limit && l.waits(s) {
			l.setAside(s)
		}
		switch {
		case took < sayAfter:
		case s.state != preparing && l.starter != nil && l.starter.held != 0:
			l.say(s, "waiting for starts that hang")
		case s.aside:
			l.say(s, s.where())
		}
	}
	l.lookAtStarter(now)
}

// waits reports whether s waits for a child without a program that was killed and does
// not end.
func (l *loop) waits(s *start) bool {
	for _, other := range l.doomed {
		if other == s {
			return true
		}
	}
	return false
}

func without(list []*start, s *start) []*start {
	return slices.DeleteFunc(list, func(other *start) bool { return other == s })
}
