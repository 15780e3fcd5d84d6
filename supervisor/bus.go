package supervisor

import (
	"slices"
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

// subscribe lets a pool have the events it wants from now on.
func (l *loop) subscribe(p *pool) {
	l.pools = append(l.pools, p)
	for t, n := range p.wants {
		l.wanted[t] += n
	}
}

func (l *loop) unsubscribe(p *pool) {
	l.pools = slices.DeleteFunc(l.pools, func(o *pool) bool { return o == p })
	for t, n := range p.wants {
		l.wanted[t] -= n
	}
}

// publish gives an event to every pool that subscribed to it, in the order of subscription. It never blocks: a full pool drops
// its oldest event.
func (l *loop) publish(e event.Event) {
	if l.wanted[e.Type] == 0 {
		return
	}
	serial := l.bus.Serial
	l.bus.Serial = nextSerial(serial)
	for _, p := range l.pools {
		if n := p.wants[e.Type]; n > 0 {
			p.accept(l, queued{Event: e, Serial: serial, PoolSerial: p.serial}, n)
			p.serial = nextSerial(p.serial)
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

// ticks publishes the ticks whose time has come. The first look since somebody wants them only notes the time.
func (l *loop) ticks() {
	for i, p := range periods {
		if l.wanted[p.kind] == 0 {
			l.bus.Ticks[i] = 0
			continue
		}
		now := l.now.Unix()
		when := now - now%p.seconds
		last := l.bus.Ticks[i]
		l.bus.Ticks[i] = when
		if last != 0 && last != when {
			l.publish(event.Tick(p.kind, when))
		}
	}
}

// nextTick is the instant of the next tick that somebody wants. Without one no timer runs for them.
func (l *loop) nextTick() (time.Time, bool) {
	for _, p := range periods { // each is a multiple of those before it
		if l.wanted[p.kind] > 0 {
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

// publishState tells of a transition.
func (l *loop) publishState(n Name, e process.Changed) {
	if l.wanted[event.OfState(e.To)] > 0 {
		l.publish(event.ProcessState(n.Process, n.Group, e))
	}
}

// publishOutput tells of a piece of output, or of what stood between capture tokens.
func (l *loop) publishOutput(c *child, t event.Type, data []byte) {
	if l.wanted[t] > 0 {
		l.publish(event.ProcessOutput(t, c.config.Name, c.group.config.Name, c.machine.Pid, data))
	}
}
