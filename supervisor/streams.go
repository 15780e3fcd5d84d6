package supervisor

import (
	"bytes"
	"errors"
	"os"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// table is what the loop uses of *capture.Table. None of its methods may block.
type table interface {
	Outputs() <-chan capture.Output
	Attach(id capture.ID, fd int, opt capture.Options)
	Drain(id capture.ID)
	AttachInput(id capture.ID, fd int)
	Send(id capture.ID, data []byte) error
	CloseInput(id capture.ID)
	Reopen(id capture.ID, done func(error))
	Clear(id capture.ID, done func(error))
	Sync(id capture.ID, done func(error))
	Change(id capture.ID, c capture.Change)
	SetStripANSI(on bool)
	Answer(id capture.ID) (data []byte, ok bool)
	Return(id capture.ID)
	HandOver() <-chan capture.Handed
	Take(h capture.Handed, with capture.Adoption)
	Close() error
}

// streams connect children with capture: their output with logs and events, their stdin
// with what is sent to them. Which of its streams are open is noted in the child.
type streams struct {
	table    table
	launcher *launch.Launcher // has the open logs of a start
	opt      *Options
	trail    *trail
	strip    bool // strip_ansi of the configuration read last
}

// outChannels are the captured channels, in the order of child.attached and child.ended.
var outChannels = [2]capture.Channel{capture.Stdout, capture.Stderr}

// id is the row of one of the captured channels of c.
func (c *child) id(out int) capture.ID { return capture.ID{Proc: c.row, Channel: outChannels[out]} }

func (c *child) stdin() capture.ID { return capture.ID{Proc: c.row, Channel: capture.Stdin} }

func (c *child) logConfig(out int) config.LogConfig {
	if out == 0 {
		return c.config.Stdout
	}
	return c.config.Stderr
}

// use puts the values of cfg in force.
func (s *streams) use(cfg *config.Config) {
	s.strip = cfg.Supervisord.StripANSI
	s.table.SetStripANSI(s.strip)
}

// attach begins to capture what a new child writes. Its logs are passed along.
func (s *streams) attach(c *child, fds spawn.Started) {
	c.ended = [2]bool{}
	for i, fd := range [2]int{fds.Stdout, fds.Stderr} {
		if c.attached[i] = fd >= 0; c.attached[i] {
			s.table.Attach(c.id(i), fd, s.options(c, i))
		}
	}
	if c.extra = c.config.Checks.Ready.FD > 0; c.extra {
		s.table.Attach(capture.ID{Proc: c.row, Channel: capture.Extra}, fds.Extra, capture.Options{Until: newline})
	}
	if c.input = fds.Stdin >= 0; c.input {
		s.table.AttachInput(c.stdin(), fds.Stdin)
	}
}

// newline reports whether a program has said on the descriptor of ready=fd: that it is
// ready.
func newline(data []byte) bool { return bytes.IndexByte(data, '\n') >= 0 }

// untilOf returns what looks for something in the output of one channel of c, which may
// be nil; nil: nothing does.
func (c *child) untilOf(channel capture.Channel) func([]byte) bool {
	switch {
	case c == nil:
		return nil
	case channel == capture.Extra:
		return newline
	}
	return c.until()
}

// options say what becomes of one channel of c. A listener's stdout is its protocol: no
// events, no syslog (facts 172 and 208: syslog messages, a listener's log).
func (s *streams) options(c *child, out int) capture.Options {
	cfg := c.logConfig(out)
	opt := capture.Options{
		Log:       s.launcher.Log(c.row, out),
		Name:      c.config.Name,
		StripANSI: s.strip,
		Echo:      s.opt.Log.DebugEnabled(),
	}
	if c.listener != nil && out == 0 {
		opt.Raw, opt.Heard = true, s.trail.heardOf(c.row)
		return opt
	}
	opt.CaptureMax = int(cfg.CaptureMaxBytes)
	opt.Events, opt.Until = cfg.Events, c.until()
	if cfg.Syslog {
		opt.Syslog = s.opt.Syslog
	}
	return opt
}

// change changes what becomes of the output of a child that runs, where its values are not
// those of before.
func (s *streams) change(c *child, was *config.Process) {
	before := [2]config.LogConfig{was.Stdout, was.Stderr}
	for out, attached := range c.attached {
		if now := c.logConfig(out); attached && now != before[out] {
			s.table.Change(c.id(out), capture.Change{
				MaxBytes: now.MaxBytes, Backups: now.Backups, CaptureMax: int(now.CaptureMaxBytes), Events: now.Events,
			})
		}
	}
}

// drain reads what a child that is gone has left in its pipes; capture reports when that
// is done.
func (s *streams) drain(c *child) {
	for out, attached := range c.attached {
		if attached {
			s.table.Drain(c.id(out))
		}
	}
	if c.extra {
		c.extra = false
		s.table.Drain(capture.ID{Proc: c.row, Channel: capture.Extra})
	}
}

// release gives back what belonged to a child that is gone and drained.
func (s *streams) release(c *child) {
	c.attached, c.ended = [2]bool{}, [2]bool{}
	s.closeInput(c)
}

// closeInput closes the stdin of a child.
func (s *streams) closeInput(c *child) {
	if c.input {
		s.table.CloseInput(c.stdin())
		c.input = false
	}
	s.trail.unmade(c.row)
}

// send queues data for the stdin of a process that runs and is not being stopped.
func (s *streams) send(c *child, data []byte) error {
	if c.machine.Pid == 0 || c.exit != nil || c.machine.State == stopping {
		return ErrNotRunning
	}
	if !c.input {
		return ErrNoFile
	}
	switch err := s.table.Send(c.stdin(), data); {
	case errors.Is(err, capture.ErrClosed):
		return ErrNoFile
	case err != nil:
		return &FailedError{err.Error()}
	}
	return nil
}

// reopen closes the logs of a running child and opens them again by name (fact 182). One
// that can't be opened stays as it is.
func (s *streams) reopen(c *child) {
	for out, attached := range c.attached {
		if attached {
			s.table.Reopen(c.id(out), s.reopened)
		}
	}
}

// reopened logs the error of a reopen, if there is one. It is called from other
// goroutines.
func (s *streams) reopened(err error) {
	if err != nil && !errors.Is(err, os.ErrClosed) { // the child may be gone by now
		s.opt.Log.Log(process.Error, err.Error())
	}
}
