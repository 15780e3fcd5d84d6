package supervisor

import (
	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/process"
)

// judges has a row for each of config.Handlers.
var judges = map[string]delivery.Judge{
	config.DefaultHandler: delivery.JudgeOK,
	config.StdoutHandler:  delivery.PrintLines,
	config.StdinHandler:   delivery.WriteToStdin,
}

// maxPayload leaves room for the header in what may be queued for a listener.
const maxPayload = capture.MaxInput - 4<<10

// events carries out what the bus decides: it publishes what happens and writes events to
// listeners.
type events struct {
	bus     delivery.Bus
	frame   []byte // buffer to write events into
	opt     *Options
	groups  *groups
	streams *streams
}

// subscribe makes the pool of an event listener group.
func (e *events) subscribe(g *group) {
	g.pool = delivery.NewPool(g.config.Name, poolOptions(g.config.Listener))
	e.bus.Subscribe(g.pool)
	for _, c := range g.children {
		if c.listener != nil {
			g.pool.Join(c.listener)
		}
	}
}

func poolOptions(cfg *config.Listener) delivery.Options {
	return delivery.Options{
		Events:  cfg.Events,
		Size:    cfg.BufferSize,
		Bytes:   cfg.LengthInBytes,
		Largest: maxPayload,
		Judge:   judges[cfg.ResultHandler],
	}
}

// carry carries out what the bus asks for.
func (e *events) carry(effects []delivery.Effect) {
	for _, f := range effects {
		switch f := f.(type) {
		case delivery.Log:
			e.opt.Log.Log(f.Level, f.Text)
		case delivery.Print:
			if e.opt.Stdout != nil {
				e.opt.Stdout(f.Text)
			}
		case delivery.WriteStdin:
			if c, err := e.groups.find(Name{f.Group, f.Process}); err == nil {
				_ = e.streams.send(c, f.Data) // the plug-in does not report it either
			}
		}
	}
}

// send writes an event to a listener, and reports whether it could be written.
func (e *events) send(s delivery.Send, to *child) bool {
	e.frame = s.Append(e.frame[:0], e.groups.config.Supervisord.Identifier)
	err := e.streams.send(to, e.frame)
	if cap(e.frame) > maxFrame {
		e.frame = nil
	}
	if err != nil {
		e.carry(s.SendFailed())
		return false
	}
	e.carry(s.Sent())
	return true
}

// maxFrame is the largest buffer that is kept between two events.
const maxFrame = 64 << 10

func (e *events) publish(ev event.Event) { e.carry(e.bus.Publish(ev)) }

// publishState publishes a transition.
func (e *events) publishState(n Name, change process.Changed) {
	if e.bus.Wants(event.OfState(change.To)) {
		e.publish(event.ProcessState(n.Process, n.Group, change))
	}
}

// publishOutput publishes a piece of output, or of what stood between capture tokens.
func (e *events) publishOutput(c *child, t event.Type, data []byte) {
	if e.bus.Wants(t) {
		e.publish(event.ProcessOutput(t, c.config.Name, c.group.config.Name, c.machine.Pid, data))
	}
}

// publishReady publishes that a program is ready, or that it was not in time.
func (e *events) publishReady(c *child, ready bool, reason string) {
	if e.bus.Wants(event.ReeveReady) {
		e.publish(event.ProcessReady(c.config.Name, c.group.config.Name, c.machine.Pid, ready, reason))
	}
}

// publishHealth publishes what the checks of a program say about it now.
func (e *events) publishHealth(c *child, verdict check.Verdict, reason string) {
	if e.bus.Wants(event.ReeveHealth) {
		e.publish(event.ProcessHealth(c.config.Name, c.group.config.Name, c.machine.Pid, verdict.String(), reason))
	}
}

// publishWaiting publishes what a start waits for, or that it does so no more.
func (e *events) publishWaiting(c *child, waiting bool, what string) {
	if c != nil && e.bus.Wants(event.ReeveWaiting) {
		e.publish(event.ProcessWaiting(c.config.Name, c.group.config.Name, waiting, what))
	}
}

// listens updates whether c can be sent events: it is RUNNING, and its end is not known.
func (c *child) listens() {
	if c.listener != nil {
		c.listener.Up = c.machine.State == running && c.exit == nil
	}
}

func groupAdded(name string) event.Event { return event.ProcessGroup(event.ProcessGroupAdded, name) }

func groupRemoved(name string) event.Event {
	return event.ProcessGroup(event.ProcessGroupRemoved, name)
}

func supervisorRunning() event.Event { return event.Supervisor(event.SupervisorStateChangeRunning) }

func supervisorStopping() event.Event { return event.Supervisor(event.SupervisorStateChangeStopping) }
