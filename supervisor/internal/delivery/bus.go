package delivery

import (
	"slices"

	"reeve/supervisor/event"
)

// Bus numbers events and gives them to pools. The zero value has no pools and begins at
// serial 0.
type Bus struct {
	Numbers
	// Debug asks for log lines of level DEBG. There are many of them.
	Debug bool

	pools  []*Pool
	wanted [event.Types]int // deliveries that an event of each type causes

	looking int // the pool that Offer looks at next
}

// Numbers is what a Bus must remember over a restart of the daemon.
type Numbers struct {
	Serial uint64              // of the next event that any pool wants
	Ticks  [len(periods)]int64 // the last tick of each kind, in Unix seconds; 0: none yet
}

// Subscribe gives p the events that it wants, from now on.
func (b *Bus) Subscribe(p *Pool) {
	p.bus = b
	b.pools = append(b.pools, p)
	for t, n := range p.wants {
		b.wanted[t] += n
	}
}

// Unsubscribe ends the subscription of p.
func (b *Bus) Unsubscribe(p *Pool) {
	b.pools = slices.DeleteFunc(b.pools, func(o *Pool) bool { return o == p })
	for t, n := range p.wants {
		b.wanted[t] -= n
	}
}

// Change gives a subscribed pool other options. What is in its buffer stays, until a
// further event needs the room.
func (b *Bus) Change(p *Pool, opt Options) {
	for t, n := range p.wants {
		b.wanted[t] -= n
	}
	p.use(opt)
	for t, n := range p.wants {
		b.wanted[t] += n
	}
}

// Wants reports whether an event of type t would reach any pool. If not, its payload need
// not be made.
func (b *Bus) Wants(t event.Type) bool { return b.wanted[t] > 0 }

// Publish gives e the next serial and offers it to every pool that wants it, in the order
// of subscription. If no pool wants it, it gets no serial.
func (b *Bus) Publish(e event.Event) []Effect {
	if !b.Wants(e.Type) {
		return nil
	}
	serial := b.Serial
	b.Serial = nextSerial(serial)
	var effects []Effect
	for _, p := range b.pools {
		if n := p.wants[e.Type]; n > 0 {
			effects = append(effects, p.accept(Queued{Event: e, Serial: serial, PoolSerial: p.Serial}, n)...)
			p.Serial = nextSerial(p.Serial)
		}
	}
	return effects
}

// maxSerial is upstream's sys.maxint; after it serials begin at 0 again.
const maxSerial = 1<<63 - 1

func nextSerial(n uint64) uint64 {
	if n == maxSerial {
		return 0
	}
	return n + 1
}
