package supervisor

import (
	"fmt"
	"slices"
	"time"

	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/process"
)

// pool is the queue of events in front of the processes of an event listener group. It delivers in serial order; pools do not
// wait for one another.
type pool struct {
	group  *group
	name   string
	wants  [event.Types]int // by type: the entries of events= that it falls under
	handle resultHandler
	size   int
	serial uint64
	buffer []queued

	rejections int       // in a row
	due        time.Time // nothing is sent before

	skip    int // so many events are sent without a talk, because a listener was slow
	skipped int // what skip was then
}

// queued is an event on its way to a listener.
type queued struct {
	event.Event
	Serial     uint64
	PoolSerial uint64
}

func newPool(g *group, cfg *config.Group) *pool {
	p := &pool{group: g, name: cfg.Name, size: cfg.Listener.BufferSize, handle: handlerOf(cfg.Listener)}
	var entries []event.Type
	for _, name := range cfg.Listener.Events {
		if t, ok := event.ByName(name); ok && !slices.Contains(entries, t) {
			entries = append(entries, t)
		}
	}
	for t := range p.wants {
		for _, e := range entries {
			if event.Type(t).Is(e) {
				p.wants[t]++
			}
		}
	}
	return p
}

// accept puts an event at the end of the buffer, n times: one delivery per entry of events= that matches, with the same numbers
// (checklist 198).
func (p *pool) accept(l *loop, e queued, n int) {
	if len(e.Payload) > maxPayload {
		l.log(process.Error, fmt.Sprintf("pool %s cannot take event %d of %d bytes, discarding it", p.name, e.Serial, len(e.Payload)))
		return
	}
	for i := range n {
		if i > 0 {
			p.sayAgain(l, e)
		}
		p.makeRoom(l)
		p.buffer = append(p.buffer, e)
	}
}

// maxPayload leaves room for the header in what may be queued for a listener.
const maxPayload = capture.MaxInput - 4<<10

// putBack puts an event at the head again (checklist 201, 205).
func (p *pool) putBack(l *loop, e queued) {
	p.sayAgain(l, e)
	p.makeRoom(l)
	p.buffer = slices.Insert(p.buffer, 0, e)
}

func (p *pool) sayAgain(l *loop, e queued) {
	if l.debugs() {
		l.log(process.Debug, fmt.Sprintf("rebuffering event %d for pool %s (buf size=%d, max=%d)", e.Serial, p.name, len(p.buffer), p.size))
	}
}

// makeRoom drops the oldest event of a full buffer (checklist 200).
func (p *pool) makeRoom(l *loop) {
	if len(p.buffer) >= p.size {
		l.log(process.Error, fmt.Sprintf("pool %s event buffer overflowed, discarding event %d", p.name, p.next().Serial))
	}
}

// next takes the oldest event.
func (p *pool) next() queued {
	e := p.buffer[0]
	p.buffer[0] = queued{} // its payload is not held on to
	if len(p.buffer) == 1 {
		p.buffer = p.buffer[:0] // the room is used again
	} else {
		p.buffer = p.buffer[1:]
	}
	return e
}

// dispatch sends what is buffered to listeners that are free, oldest event first (checklist 199).
func (l *loop) dispatch() {
	for _, p := range l.pools {
		for len(p.buffer) > 0 && !p.due.After(l.now) && l.deliver(p, p.buffer[0]) {
			p.next()
		}
	}
}

// refused notes that a listener rejected an event. After some in a row the pool pauses, longer each time: a listener that accepts
// nothing must not keep the daemon busy.
func (p *pool) refused(now time.Time) {
	const atOnce, shortest, longest = 3, 10 * time.Millisecond, time.Second
	p.rejections++
	if n := p.rejections - atOnce; n > 0 {
		p.due = now.Add(min(shortest<<min(n-1, 10), longest))
	}
}

// satisfied ends what refused began.
func (p *pool) satisfied() { p.rejections, p.due = 0, time.Time{} }

// nextOffer is the instant at which the first of the pools that pause goes on.
func (l *loop) nextOffer() (at time.Time, ok bool) {
	for _, p := range l.pools {
		if p.due.After(l.now) && (!ok || p.due.Before(at)) {
			at, ok = p.due, true
		}
	}
	return at, ok
}

// deliver sends an event to the first process in stored order that is RUNNING and READY, and tells whether there was one.
func (l *loop) deliver(p *pool, e queued) bool {
	for _, c := range p.group.children {
		if c.machine.State == running && c.exit == nil && c.listener.ready() && l.send(p, c, e) {
			return true
		}
	}
	return false
}

// send writes an event to a listener. One that has closed its stdin gets none until it is restarted (checklist 202).
func (l *loop) send(p *pool, c *child, e queued) bool {
	head := event.Header{
		Server:     l.handle.Identifier(),
		Serial:     e.Serial,
		Pool:       p.name,
		PoolSerial: e.PoolSerial,
		Bytes:      p.group.config.Listener.LengthInBytes,
	}
	l.letter = head.Append(l.letter[:0], e.Event)
	err := l.sendStdin(c, l.letter)
	if cap(l.letter) > maxLetter {
		l.letter = nil
	}
	if err != nil {
		l.log(process.Debug, fmt.Sprintf("epipe occurred while sending event %d to listener %s, listener state unchanged", e.Serial, c.config.Name))
		c.listener.Broken = true
		return false
	}
	c.listener.Event = &e
	c.listener.Parser.Sent()
	l.addressed(p, c)
	if l.debugs() {
		l.log(process.Debug, fmt.Sprintf("event %d sent to listener %s", e.Serial, c.config.Name))
	}
	return true
}

// maxLetter is how much is kept between events to write the next one into.
const maxLetter = 64 << 10

// listener is the state of the event protocol with one process; plain data.
type listener struct {
	Parser event.Parser
	Event  *queued // being worked on
	Broken bool    // its stdin is closed
}

// ready tells if an event can be sent. A program that joined the group at run time is no listener: s is nil.
func (s *listener) ready() bool { return s != nil && s.Parser.State == event.Ready && !s.Broken }

// reset is for a new child: it begins in ACKNOWLEDGED (checklist 209).
func (s *listener) reset() { *s = listener{} }

func newListener() *listener { return &listener{} }
