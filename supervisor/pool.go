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
	held   int  // bytes of the payloads in buffer
	booted bool // a listener was READY, and what had gathered before is sent but for size

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

// resume goes on with what another loop's pool had.
func (p *pool) resume(serial uint64, buffer []queued, booted bool) {
	p.serial, p.buffer, p.booted = serial, buffer, booted
	for _, e := range buffer {
		p.held += len(e.Payload)
	}
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
		p.makeRoom(l, len(e.Payload))
		p.buffer = append(p.buffer, e)
		p.held += len(e.Payload)
	}
}

// maxPayload leaves room for the header in what may be queued for a listener.
const maxPayload = capture.MaxInput - 4<<10

// putBack puts an event at the head again (checklist 201, 205).
func (p *pool) putBack(l *loop, e queued) {
	p.sayAgain(l, e)
	p.makeRoom(l, len(e.Payload))
	p.buffer = slices.Insert(p.buffer, 0, e)
	p.held += len(e.Payload)
}

func (p *pool) sayAgain(l *loop, e queued) {
	if l.debugs() {
		l.log(process.Debug, fmt.Sprintf("rebuffering event %d for pool %s (buf size=%d, max=%d)", e.Serial, p.name, len(p.buffer), p.size))
	}
}

// What a pool holds while its listeners start, which takes an interpreter seconds: more
// than all programs of a large configuration have to tell at boot. An event of theirs is
// about 100 bytes; what a chatty program's output comes to is bounded by bootBytes, but
// never to fewer events than buffer_size.
const (
	bootEvents = 10000
	bootBytes  = 4 << 20
)

// full tells if there is no room for one more event.
func (p *pool) full(bytes int) bool {
	n := len(p.buffer)
	if p.booted {
		return n >= p.size
	}
	return n >= max(p.size, bootEvents) || n >= p.size && p.held+bytes > bootBytes
}

// listens notes that a listener is READY. From the moment on at which it has caught up
// buffer_size rules.
func (p *pool) listens() { p.booted = p.booted || len(p.buffer) <= p.size }

// makeRoom drops the oldest events of a full buffer (checklist 200).
func (p *pool) makeRoom(l *loop, bytes int) {
	for len(p.buffer) > 0 && p.full(bytes) {
		l.log(process.Error, fmt.Sprintf("pool %s event buffer overflowed, discarding event %d", p.name, p.next().Serial))
	}
}

// next takes the oldest event.
func (p *pool) next() queued {
	e := p.buffer[0]
	p.buffer[0] = queued{} // its payload is not held on to
	p.held -= len(e.Payload)
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
			p.listens()
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
