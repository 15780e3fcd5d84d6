package supervisor

import (
	"fmt"
	"slices"

	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/process"
)

// pool is the queue of events in front of the processes of an event listener group. It delivers in serial order; pools do not
// wait for one another.
type pool struct {
	group  *group
	name   string
	events []event.Type // the entries of events=
	handle resultHandler
	size   int
	serial uint64
	buffer []queued
}

// queued is an event on its way to a listener.
type queued struct {
	event.Event
	Serial     uint64
	PoolSerial uint64
}

func newPool(g *group, cfg *config.Group) *pool {
	p := &pool{group: g, name: cfg.Name, size: cfg.Listener.BufferSize, handle: handlerOf(cfg.Listener)}
	for _, name := range cfg.Listener.Events {
		if t, ok := event.ByName(name); ok && !slices.Contains(p.events, t) {
			p.events = append(p.events, t)
		}
	}
	return p
}

// matches counts the entries of events= that a type falls under.
func (p *pool) matches(t event.Type) int {
	n := 0
	for _, sub := range p.events {
		if t.Is(sub) {
			n++
		}
	}
	return n
}

// accept puts an event at the end, or back at the head; a full buffer loses its oldest (checklist 200, 201).
func (p *pool) accept(l *loop, e queued, head bool) {
	if len(p.buffer) >= p.size {
		lost := p.buffer[0]
		p.buffer = slices.Delete(p.buffer, 0, 1)
		l.log(process.Error, fmt.Sprintf("pool %s event buffer overflowed, discarding event %d", p.name, lost.Serial))
	}
	if !head {
		p.buffer = append(p.buffer, e)
		return
	}
	l.log(process.Debug, fmt.Sprintf("rebuffering event %d for pool %s (buf size=%d, max=%d)", e.Serial, p.name, len(p.buffer), p.size))
	p.buffer = slices.Insert(p.buffer, 0, e)
}

// dispatch sends what is buffered to listeners that are free: oldest event first, to the first process in stored order
// (checklist 199).
func (l *loop) dispatch() {
	for _, p := range l.pools {
		for len(p.buffer) > 0 {
			c := p.free()
			if c == nil {
				break
			}
			e := p.buffer[0]
			p.buffer = slices.Delete(p.buffer, 0, 1)
			l.deliver(p, c, e)
		}
	}
}

func (p *pool) free() *child {
	for _, c := range p.group.children {
		if c.machine.State == running && c.exit == nil && c.listener.ready() {
			return c
		}
	}
	return nil
}

// deliver sends one event to a listener that is READY.
func (l *loop) deliver(p *pool, c *child, e queued) {
	head := event.Header{
		Server:     l.handle.Identifier(),
		Serial:     e.Serial,
		Pool:       p.name,
		PoolSerial: e.PoolSerial,
		Bytes:      p.group.config.Listener.LengthInBytes,
	}
	if err := l.sendStdin(c, head.Envelope(e.Event)); err != nil {
		l.log(process.Debug, fmt.Sprintf("epipe occurred while sending event %d to listener %s, listener state unchanged", e.Serial, c.config.Name))
		c.listener.Broken = true // until it is restarted: it closed its stdin
		p.accept(l, e, true)
		return
	}
	c.listener.Event = &e
	c.listener.Parser.Sent()
	l.log(process.Debug, fmt.Sprintf("event %d sent to listener %s", e.Serial, c.config.Name))
}

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
