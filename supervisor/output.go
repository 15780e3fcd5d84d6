package supervisor

import (
	"fmt"
	"slices"

	"reeve/config/pytext"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/process"
)

// The events for output, by the channel to which it was written.
var (
	commTypes = [...]event.Type{capture.Stdout: event.ProcessCommunicationStdout, capture.Stderr: event.ProcessCommunicationStderr}
	logTypes  = [...]event.Type{capture.Stdout: event.ProcessLogStdout, capture.Stderr: event.ProcessLogStderr}
)

// output handles one report of capture.
func (l *loop) output(o capture.Output) {
	switch o := o.(type) {
	case capture.Chunk:
		if c := l.byRow[o.ID.Proc]; c != nil {
			l.chunk(c, o)
		}
	case capture.Comm:
		if c := l.byRow[o.ID.Proc]; c != nil {
			if l.opt.Log.DebugEnabled() {
				l.log(process.Debug, fmt.Sprintf("%s %s emitted a comm event", pytext.Repr(c.config.Name), o.ID.Channel))
			}
			l.events.publishOutput(c, commTypes[o.ID.Channel], o.Data)
		}
	case capture.Matched:
		l.told(o.ID.Proc, func(m *check.Machine) []check.Effect {
			if o.ID.Channel == capture.Extra {
				return m.Newline(l.now)
			}
			return m.Matched(l.now)
		})
	case capture.Ended:
		if c := l.byRow[o.ID.Proc]; c != nil && o.FD >= 0 && l.opt.Log.DebugEnabled() {
			l.log(process.Debug, fmt.Sprintf("fd %d closed, stopped monitoring <%s %s>", o.FD, c.config.Name, o.ID.Channel))
		}
		l.outputEnded(o.ID)
	case capture.Drained:
		l.outputEnded(o.ID)
	case capture.InputClosed:
		if c := l.byRow[o.ID.Proc]; c != nil && c.listener != nil {
			c.listener.Broken = true
		}
	}
}

// outputEnded notes that all output of a channel was read. Once that is so for all
// channels, the child is gone or about to be.
func (l *loop) outputEnded(id capture.ID) {
	if id.Channel == capture.Extra {
		l.told(id.Proc, func(m *check.Machine) []check.Effect { return m.Closed(l.now) })
		return
	}
	c := l.byRow[id.Proc]
	if c == nil {
		return // its exit was published without waiting for this
	}
	c.ended[slices.Index(outChannels[:], id.Channel)] = true
	l.trail.touch(c)
	switch {
	case c.ended != c.attached:
	case c.exit != nil:
		l.finish(c)
	default:
		if e, ended := l.kernel.Reap(c.machine.Pid); ended {
			l.exited(e)
		}
	}
}

// chunk handles output that goes to more than the log.
func (l *loop) chunk(c *child, o capture.Chunk) {
	raw := c.listener != nil && o.ID.Channel == capture.Stdout
	if l.opt.Log.DebugEnabled() {
		text := event.Text(o.Data)
		if raw {
			text = pytext.BytesRepr(o.Data)
		}
		l.log(process.Debug, fmt.Sprintf("%s %s output:\n%s", pytext.Repr(c.config.Name), o.ID.Channel, text))
	}
	if raw {
		l.trail.took(c, len(o.Data))
		l.events.carry(c.listener.Heard(l.now, o.Data))
		return
	}
	if c.logConfig(slices.Index(outChannels[:], o.ID.Channel)).Events {
		l.events.publishOutput(c, logTypes[o.ID.Channel], o.Data)
	}
}
