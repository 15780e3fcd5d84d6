package delivery

import (
	"fmt"
	"slices"
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/process"
)

// Options say what a pool wants and how its results are judged.
type Options struct {
	// Names of types. A type that falls under two entries is delivered twice (fact 198).
	Events  []string
	Size    int   // events in the buffer; once Booted, one more drops the oldest
	Bytes   bool  // `len` in a header counts bytes, not characters
	Largest int   // bytes of the largest payload that a listener can be sent
	Judge   Judge // nil: JudgeOK
}

// Pool is the buffer in front of the processes of one event listener group. The exported
// fields are plain data; with the Options they are all there is to know about a pool.
type Pool struct {
	Name   string
	Serial uint64 // of the next event
	Buffer []Queued
	Held   int // bytes of the payloads in Buffer
	// A listener was READY, and of the events that had gathered before no more than
	// Options.Size are left.
	Booted bool
	// Rejections counts rejections in a row; before Due nothing is sent because of them.
	Rejections int
	Due        time.Time

	marked mark // of the Buffer, for Changes

	opt       Options
	wants     [event.Types]int // by type: entries of Options.Events under which it falls
	listeners []*Listener
	bus       *Bus
}

// Queued is an event on its way to a listener.
type Queued struct {
	event.Event
	Serial     uint64
	PoolSerial uint64
}

// NewPool returns a pool without processes that is not subscribed to a Bus yet.
func NewPool(name string, opt Options) *Pool {
	p := &Pool{Name: name}
	p.use(opt)
	return p
}

// use sets the options.
func (p *Pool) use(opt Options) {
	p.opt, p.wants = opt, [event.Types]int{}
	if p.opt.Judge == nil {
		p.opt.Judge = JudgeOK
	}
	var entries []event.Type
	for _, name := range opt.Events {
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
}

// Join adds a process to those that get the pool's events. The first that is free, in the
// order in which they were added, gets the next event.
func (p *Pool) Join(l *Listener) {
	l.pool = p
	p.listeners = append(p.listeners, l)
}

// Leave removes a process. It must have ended.
func (p *Pool) Leave(l *Listener) {
	p.listeners = slices.DeleteFunc(p.listeners, func(o *Listener) bool { return o == l })
}

// accept puts an event at the end of the buffer, n times, with the same numbers.
func (p *Pool) accept(e Queued, n int) []Effect {
	if len(e.Payload) > p.opt.Largest {
		return []Effect{Log{process.Error, fmt.Sprintf("pool %s cannot take event %d of %d bytes, discarding it",
			p.Name, e.Serial, len(e.Payload))}}
	}
	var effects []Effect
	for i := range n {
		if i > 0 {
			effects = p.again(effects, e)
		}
		effects = p.makeRoom(effects, len(e.Payload))
		p.Buffer = append(p.Buffer, e)
		p.marked.back++
		p.Held += len(e.Payload)
	}
	return effects
}

// putBack puts an event at the head of the buffer (facts 201 and 205: events that nobody
// can take, rejected events).
func (p *Pool) putBack(effects []Effect, e Queued) []Effect {
	effects = p.makeRoom(p.again(effects, e), len(e.Payload))
	p.insert(e)
	return effects
}

func (p *Pool) insert(e Queued) {
	p.Buffer = slices.Insert(p.Buffer, 0, e)
	p.marked.front++
	p.Held += len(e.Payload)
}

func (p *Pool) again(effects []Effect, e Queued) []Effect {
	if !p.bus.Debug {
		return effects
	}
	return append(effects, Log{process.Debug, fmt.Sprintf("rebuffering event %d for pool %s (buf size=%d, max=%d)",
		e.Serial, p.Name, len(p.Buffer), p.opt.Size)})
}

// What a pool holds while its listeners start, which takes an interpreter seconds. It is
// more than all programs of a large configuration publish at boot. One of these events is
// about 100 bytes; bootBytes bounds what the output of a chatty program amounts to, but
// never to fewer events than the buffer's size.
const (
	bootEvents = 10000
	bootBytes  = 4 << 20
)

// full reports whether there is no room for an event with that many bytes of payload.
func (p *Pool) full(bytes int) bool {
	n := len(p.Buffer)
	if p.Booted {
		return n >= p.opt.Size
	}
	return n >= max(p.opt.Size, bootEvents) || n >= p.opt.Size && p.Held+bytes > bootBytes
}

// listens notes that a listener is READY. Once it has caught up, the buffer's size is the
// limit.
func (p *Pool) listens() { p.Booted = p.Booted || len(p.Buffer) <= p.opt.Size }

// makeRoom drops the oldest events of a full buffer (fact 200).
func (p *Pool) makeRoom(effects []Effect, bytes int) []Effect {
	for len(p.Buffer) > 0 && p.full(bytes) {
		effects = append(effects, Log{process.Error, fmt.Sprintf("pool %s event buffer overflowed, discarding event %d",
			p.Name, p.next().Serial)})
	}
	return effects
}

// next removes and returns the oldest event.
func (p *Pool) next() Queued {
	e := p.Buffer[0]
	p.marked.pop()
	p.Buffer[0] = Queued{} // so that its payload is not retained
	p.Held -= len(e.Payload)
	if len(p.Buffer) == 1 {
		p.Buffer = p.Buffer[:0] // the room is used again
	} else {
		p.Buffer = p.Buffer[1:]
	}
	return e
}

// refused notes that a listener rejected an event; from the fourth in a row on, the pool
// pauses.
func (p *Pool) refused(now time.Time) {
	const atOnce, shortest, longest = 3, 10 * time.Millisecond, time.Second
	p.Rejections++
	if n := p.Rejections - atOnce; n > 0 {
		p.Due = now.Add(min(shortest<<min(n-1, 10), longest))
	}
}

// satisfied ends the pause that refused began.
func (p *Pool) satisfied() { p.Rejections, p.Due = 0, time.Time{} }
