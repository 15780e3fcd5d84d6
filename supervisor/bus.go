package supervisor

import (
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/process"
)

// bus numbers events and remembers the ticks; plain data.
type bus struct {
	Serial uint64              // of the next event that a pool accepts; events that nobody wants have none (checklist 197)
	Ticks  [len(periods)]int64 // last `when` of each kind; 0: not looked at yet
}

// periods are those of TICK_5, TICK_60 and TICK_3600, in seconds (checklist 192).
var periods = [...]struct {
	kind    event.Type
	seconds int64
}{{event.Tick5, 5}, {event.Tick60, 60}, {event.Tick3600, 3600}}

// publish gives an event to every pool that subscribed to it, in the order of subscription. It never blocks: a full pool drops
// its oldest event.
func (l *loop) publish(e event.Event) {
	numbered := false
	var serial uint64
	for _, p := range l.pools {
		wanted := p.matches(e.Type)
		if wanted == 0 {
			continue
		}
		if !numbered {
			numbered, serial = true, l.bus.Serial
			l.bus.Serial = nextSerial(l.bus.Serial)
		}
		poolSerial := p.serial
		p.serial = nextSerial(p.serial)
		for range wanted { // one delivery per entry of events= that matches (checklist 198)
			p.accept(l, queued{Event: e, Serial: serial, PoolSerial: poolSerial}, false)
		}
	}
}

// maxSerial is upstream's platform maxint; after it serials begin at 0 again.
const maxSerial = 1<<63 - 1

func nextSerial(n uint64) uint64 {
	if n == maxSerial {
		return 0
	}
	return n + 1
}

// ticked tells whether any pool wants the ticks of this kind. Without one no timer runs for them.
func (l *loop) ticked(kind event.Type) bool {
	for _, p := range l.pools {
		if p.matches(kind) > 0 {
			return true
		}
	}
	return false
}

// ticks publishes the ticks whose time has come. The first look only notes the time.
func (l *loop) ticks() {
	if len(l.pools) == 0 {
		return
	}
	now := l.now.Unix()
	for i, p := range periods {
		when := now - now%p.seconds
		last := l.bus.Ticks[i]
		l.bus.Ticks[i] = when
		if last != 0 && last != when {
			l.publish(event.Tick(p.kind, when))
		}
	}
}

// nextTick is the instant of the next tick that somebody wants.
func (l *loop) nextTick() (time.Time, bool) {
	for _, p := range periods { // each is a multiple of those before it
		if l.ticked(p.kind) {
			now := l.now.Unix()
			wall := time.Unix(now-now%p.seconds+p.seconds, 0)
			return l.now.Add(wall.Sub(l.now.Round(0))), true
		}
	}
	return time.Time{}, false
}

func (l *loop) publishRemote(kind, data string) { l.publish(event.RemoteCommunication(kind, data)) }

func groupAdded(name string) event.Event { return event.ProcessGroup(event.ProcessGroupAdded, name) }

func groupRemoved(name string) event.Event {
	return event.ProcessGroup(event.ProcessGroupRemoved, name)
}

func supervisorRunning() event.Event { return event.Supervisor(event.SupervisorStateChangeRunning) }

func supervisorStopping() event.Event { return event.Supervisor(event.SupervisorStateChangeStopping) }

// stateChanged is the event of a transition.
func stateChanged(n Name, e process.Changed) event.Event {
	return event.ProcessState(n.Process, n.Group, e)
}
