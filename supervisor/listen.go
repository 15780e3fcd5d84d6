package supervisor

import (
	"fmt"

	"reeve/supervisor/event"
	"reeve/supervisor/process"
)

// listen feeds what a listener wrote to its protocol and carries out what follows (checklist 204-206).
func (l *loop) listen(c *child, data []byte) {
	name := c.config.Name
	for _, w := range c.listener.Parser.Feed(data) {
		switch w := w.(type) {
		case event.BadResult:
			l.log(process.Warn, fmt.Sprintf("%s: bad result line: '%s'", name, w.Line))
		case event.Changed:
			l.listenerChanged(c, w.From, w.To)
			if w.To == event.Unknown {
				l.rejected(c)
			}
		case event.Result:
			if !l.result(c, w.Body) {
				return
			}
		}
	}
}

func (l *loop) listenerChanged(c *child, from, to event.ListenerState) {
	if l.debugs() {
		l.log(process.Debug, fmt.Sprintf("%s: %s -> %s", c.config.Name, from, to))
	}
	switch to {
	case event.Ready:
		c.group.pool.listens()
	case event.Unknown:
		l.log(process.Warn, c.config.Name+": has entered the UNKNOWN state and will no longer receive events, this usually "+
			"indicates the process violated the eventlistener protocol")
	}
}

// result hands the body of a RESULT to the pool's handler, and tells whether the protocol goes on (checklist 206).
func (l *loop) result(c *child, body []byte) bool {
	name, e := c.config.Name, c.listener.Event
	switch c.group.pool.handle(l, e, body) {
	case accepted:
		c.listener.Event = nil
		c.group.pool.satisfied()
		if l.debugs() {
			l.log(process.Debug, name+": event was processed")
		}
		l.listenerChanged(c, event.Busy, event.Acknowledged)
	case rejected:
		l.log(process.Warn, name+": event was rejected")
		l.listenerChanged(c, event.Busy, event.Acknowledged)
		l.rejected(c)
		c.group.pool.refused(l.now)
	case failed:
		l.log(process.Warn, name+": event caused an error")
		c.listener.Parser.Fail()
		l.listenerChanged(c, event.Busy, event.Unknown)
		l.rejected(c)
		return false
	}
	return true
}

// rejected puts the event that a listener was working on back into its own pool (checklist 205-207, 10C 2).
func (l *loop) rejected(c *child) {
	if e := c.listener.Event; e != nil {
		c.listener.Event = nil
		c.group.pool.putBack(l, *e)
	}
}

// listenerDied gives back what a listener was working on when it ended.
func (l *loop) listenerDied(c *child) {
	l.rejected(c)
	c.listener.reset()
}
