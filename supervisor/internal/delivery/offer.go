package delivery

import (
	"fmt"
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/process"
)

// Send asks for an event to be written to the stdin of a listener.
type Send struct {
	To    *Listener
	Event Queued
}

// Offer takes the next event that can be sent now out of its buffer; ok is false if there
// is none. The listener counts as busy with the event. If the event could not be written,
// SendFailed must be called before the next Offer. The caller must call Offer until ok is
// false.
func (b *Bus) Offer(now time.Time) (s Send, ok bool) {
	for ; b.looking < len(b.pools); b.looking++ {
		p := b.pools[b.looking]
		if len(p.Buffer) == 0 || p.Due.After(now) {
			continue
		}
		for _, l := range p.listeners {
			if l.free() {
				e := p.next()
				l.Event = &e
				l.Parser.Sent()
				p.listens()
				return Send{l, e}, true
			}
		}
	}
	b.looking = 0
	return Send{}, false
}

// Resend asks for the event that a listener is busy with to be written once more.
func (l *Listener) Resend() Send { return Send{l, *l.Event} }

// SendFailed puts the event back, for another listener; this one gets no events until it
// is started again (fact 202: EPIPE at a listener).
func (s Send) SendFailed() []Effect {
	p := s.To.pool
	s.To.Event = nil
	s.To.Parser.State = event.Ready
	s.To.Broken = true
	p.insert(s.Event)
	return []Effect{Log{process.Debug, fmt.Sprintf("epipe occurred while sending event %d to listener %s, "+
		"listener state unchanged", s.Event.Serial, s.To.Name)}}
}

// Sent returns what to log about a successful write.
func (s Send) Sent() []Effect {
	if !s.To.pool.bus.Debug {
		return nil
	}
	return []Effect{Log{process.Debug, fmt.Sprintf("event %d sent to listener %s", s.Event.Serial, s.To.Name)}}
}

// Append appends the event as it is written to a listener. server is the daemon's
// identifier.
func (s Send) Append(b []byte, server string) []byte {
	p := s.To.pool
	head := event.Header{
		Server:     server,
		Serial:     s.Event.Serial,
		Pool:       p.Name,
		PoolSerial: s.Event.PoolSerial,
		Bytes:      p.opt.Bytes,
	}
	return head.Append(b, s.Event.Event)
}
