package supervisor

import (
	"errors"
	"fmt"
	"slices"

	"reeve/config"
	"reeve/config/pytext"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// outChannels are the captured channels, in the order of child.attached and child.ended.
var outChannels = [2]capture.Channel{capture.Stdout, capture.Stderr}

// The events for output, by the channel to which it was written.
var (
	commTypes = [...]event.Type{capture.Stdout: event.ProcessCommunicationStdout, capture.Stderr: event.ProcessCommunicationStderr}
	logTypes  = [...]event.Type{capture.Stdout: event.ProcessLogStdout, capture.Stderr: event.ProcessLogStderr}
)

// id is the row of one of the captured channels of c.
func (c *child) id(out int) capture.ID { return capture.ID{Proc: c.row, Channel: outChannels[out]} }

func (c *child) stdin() capture.ID { return capture.ID{Proc: c.row, Channel: capture.Stdin} }

// attach begins to capture what a new child writes. Its logs are passed along.
func (l *loop) attach(c *child, s spawn.Started) {
	c.ended = [2]bool{}
	for i, fd := range [2]int{s.Stdout, s.Stderr} {
		if c.attached[i] = fd >= 0; c.attached[i] {
			l.table.Attach(c.id(i), fd, l.captureOptions(c, i))
		}
	}
	if c.input = s.Stdin >= 0; c.input {
		l.table.AttachInput(c.stdin(), s.Stdin)
	}
}

// release gives back what belonged to a child that is gone.
func (l *loop) release(c *child) {
	c.attached, c.ended = [2]bool{}, [2]bool{}
	if c.input {
		l.table.CloseInput(c.stdin())
		c.input = false
	}
	delete(l.byRow, c.row)
}

func (c *child) logConfig(out int) config.LogConfig {
	if out == 0 {
		return c.config.Stdout
	}
	return c.config.Stderr
}

// captureOptions say what becomes of one channel of c. A listener's stdout is its
// protocol: no events, no syslog (facts 172 and 208: syslog messages, a listener's log).
func (l *loop) captureOptions(c *child, out int) capture.Options {
	cfg := c.logConfig(out)
	opt := capture.Options{
		Log:       l.launcher.Log(c.row, out),
		Name:      c.config.Name,
		StripANSI: l.config.Supervisord.StripANSI,
		Echo:      l.opt.Log.DebugEnabled(),
	}
	if c.listener != nil && out == 0 {
		opt.Raw = true
		return opt
	}
	opt.CaptureMax = int(cfg.CaptureMaxBytes)
	opt.Events = cfg.Events
	if cfg.Syslog {
		opt.Syslog = l.opt.Syslog
	}
	return opt
}

// output handles one report of capture.
func (l *loop) output(o capture.Output) {
	switch o := o.(type) {
	case capture.Chunk:
		if c := l.byRow[o.ID.Proc]; c != nil {
			l.chunk(c, o)
		}
	case capture.Comm:
		if c := l.byRow[o.ID.Proc]; c != nil {
			if l.debugs() {
				l.log(process.Debug, fmt.Sprintf("%s %s emitted a comm event", pytext.Repr(c.config.Name), o.ID.Channel))
			}
			l.publishOutput(c, commTypes[o.ID.Channel], o.Data)
		}
	case capture.Ended:
		if c := l.byRow[o.ID.Proc]; c != nil && o.FD >= 0 && l.debugs() {
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
	c := l.byRow[id.Proc]
	if c == nil {
		return // its exit was published without waiting for this
	}
	c.ended[slices.Index(outChannels[:], id.Channel)] = true
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
		l.carry(c.listener.Heard(l.now, o.Data))
		return
	}
	if c.logConfig(slices.Index(outChannels[:], o.ID.Channel)).Events {
		l.publishOutput(c, logTypes[o.ID.Channel], o.Data)
	}
}

// sendStdin queues data for a process that runs and is not being stopped.
func (l *loop) sendStdin(c *child, data []byte) error {
	if c.machine.Pid == 0 || c.exit != nil || c.machine.State == stopping {
		return ErrNotRunning
	}
	if !c.input {
		return ErrNoFile
	}
	switch err := l.table.Send(c.stdin(), data); {
	case errors.Is(err, capture.ErrClosed):
		return ErrNoFile
	case err != nil:
		return &FailedError{err.Error()}
	}
	return nil
}
