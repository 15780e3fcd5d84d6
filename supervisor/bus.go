package supervisor

import (
	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
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

// newPool makes the pool of an event listener group, and subscribes it.
func (l *loop) newPool(cfg *config.Group) *delivery.Pool {
	p := delivery.NewPool(cfg.Name, delivery.Options{
		Events:  cfg.Listener.Events,
		Size:    cfg.Listener.BufferSize,
		Bytes:   cfg.Listener.LengthInBytes,
		Largest: maxPayload,
		Judge:   judges[cfg.Listener.ResultHandler],
	})
	l.bus.Subscribe(p)
	return p
}

// carry carries out what the bus asks for.
func (l *loop) carry(effects []delivery.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case delivery.Log:
			l.log(e.Level, e.Text)
		case delivery.Print:
			if l.opt.Stdout != nil {
				l.opt.Stdout(e.Text)
			}
		case delivery.WriteStdin:
			if c, err := l.find(Name{e.Group, e.Process}); err == nil {
				_ = l.sendStdin(c, e.Data) // the plug-in does not report it either
			}
		}
	}
}

// dispatch sends the buffered events to the listeners that are free.
func (l *loop) dispatch() {
	for s, ok := l.bus.Offer(l.now); ok; s, ok = l.bus.Offer(l.now) {
		l.send(s)
	}
}

// send writes an event to a listener.
func (l *loop) send(s delivery.Send) {
	c := l.byRow[s.To.Row]
	l.frame = s.Append(l.frame[:0], l.handle.Identifier())
	err := l.sendStdin(c, l.frame)
	if cap(l.frame) > maxFrame {
		l.frame = nil
	}
	if err != nil {
		l.carry(s.SendFailed())
		return
	}
	l.addressed(c)
	l.carry(s.Sent())
}

// maxFrame is the largest buffer that is kept between two events.
const maxFrame = 64 << 10

// listens updates whether c can be sent events: it is RUNNING, and its end is not known.
func (c *child) listens() {
	if c.listener != nil {
		c.listener.Up = c.machine.State == running && c.exit == nil
	}
}

func (l *loop) publish(e event.Event) { l.carry(l.bus.Publish(e)) }

func (l *loop) publishRemote(kind, data string) { l.publish(event.RemoteCommunication(kind, data)) }

func groupAdded(name string) event.Event { return event.ProcessGroup(event.ProcessGroupAdded, name) }

func groupRemoved(name string) event.Event {
	return event.ProcessGroup(event.ProcessGroupRemoved, name)
}

func supervisorRunning() event.Event { return event.Supervisor(event.SupervisorStateChangeRunning) }

func supervisorStopping() event.Event { return event.Supervisor(event.SupervisorStateChangeStopping) }

// publishState publishes a transition.
func (l *loop) publishState(n Name, e process.Changed) {
	if l.bus.Wants(event.OfState(e.To)) {
		l.publish(event.ProcessState(n.Process, n.Group, e))
	}
}

// publishOutput publishes a piece of output, or of what stood between capture tokens.
func (l *loop) publishOutput(c *child, t event.Type, data []byte) {
	if l.bus.Wants(t) {
		l.publish(event.ProcessOutput(t, c.config.Name, c.group.config.Name, c.machine.Pid, data))
	}
}
