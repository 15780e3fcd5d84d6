package delivery

import (
	"time"

	"reeve/supervisor/event"
)

// periods are those of TICK_5, TICK_60 and TICK_3600, in seconds (fact 192). Each is a
// multiple of those before it.
var periods = [...]struct {
	kind    event.Type
	seconds int64
}{{event.Tick5, 5}, {event.Tick60, 60}, {event.Tick3600, 3600}}

// Tick publishes the ticks that are due. For a type that was not wanted before, the first
// call only notes the time.
func (b *Bus) Tick(now time.Time) []Effect {
	var effects []Effect
	for i, p := range periods {
		if !b.Wants(p.kind) {
			b.Ticks[i] = 0
			continue
		}
		when := now.Unix() - now.Unix()%p.seconds
		last := b.Ticks[i]
		b.Ticks[i] = when
		if last != 0 && last != when {
			effects = append(effects, b.Publish(event.Tick(p.kind, when))...)
		}
	}
	return effects
}

// nextTick returns the instant of the next tick that any pool wants, if there is one.
func (b *Bus) nextTick(now time.Time) (time.Time, bool) {
	for _, p := range periods {
		if b.Wants(p.kind) {
			seconds := now.Unix()
			wall := time.Unix(seconds-seconds%p.seconds+p.seconds, 0)
			return now.Add(wall.Sub(now.Round(0))), true
		}
	}
	return time.Time{}, false
}

// Next returns the earliest instant at which Tick or Offer has something to do without
// any other event. If ok is false no timer has to run.
func (b *Bus) Next(now time.Time) (at time.Time, ok bool) {
	at, ok = b.nextTick(now)
	for _, p := range b.pools {
		if p.Due.After(now) && (!ok || p.Due.Before(at)) {
			at, ok = p.Due, true
		}
	}
	return at, ok
}
