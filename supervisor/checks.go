package supervisor

import (
	"reeve/config/health"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/notify"
	"reeve/supervisor/internal/probe"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// prober is what the loop uses of *probe.Pool. None of its methods may block.
type prober interface {
	Reports() <-chan probe.Report
	Ask(check.Probe)
	Cancel(check.ID)
	Started(check.ID, spawn.Started)
	Exited(pid int, e process.Exit) bool
	Close()
}

// notifier is what the loop uses of *notify.Server. None of its methods may block.
type notifier interface {
	Address() string
	Messages() <-chan notify.Message
	Add(run uint64, pid int, name string)
	Remove(run uint64)
	Close(keep bool) []notify.Message
}

// checks carry out what the machines of package check decide: they have programs probed,
// and hear what programs say about themselves.
type checks struct {
	prober   prober
	notifier notifier // nil until a program needs it
	listen   func() (notifier, error)
	messages <-chan notify.Message // of notifier
	commands map[uint64]check.ID   // starts of exec probes, by row
}

// address returns what programs find in NOTIFY_SOCKET.
func (cs *checks) address() (string, error) {
	if cs.notifier == nil {
		n, err := cs.listen()
		if err != nil {
			return "", err
		}
		cs.notifier, cs.messages = n, n.Messages()
	}
	return cs.notifier.Address(), nil
}

func (cs *checks) close() {
	cs.prober.Close()
	if cs.notifier != nil {
		cs.notifier.Close(false)
	}
}

// newCheck returns the machine for a process with checks; nil if it has none.
func newCheck(name string, s health.Settings, p process.Policy) *check.Machine {
	if s.Ready.Kind == health.None && !s.Judged() {
		return nil
	}
	return check.New(name, check.Policy{Settings: s, StopWait: p.StopWait})
}

// notifyEnv returns what c needs in its environment to notify us.
func (l *loop) notifyEnv(c *child) ([]string, error) {
	if !c.config.Checks.Notified() {
		return nil, nil
	}
	address, err := l.checks.address()
	if err != nil {
		return nil, err
	}
	return notify.Variables(address, c.config.Checks.Watchdog), nil
}

// until returns what looks for the line in the output of c that says that it is ready;
// nil: none does.
func (c *child) until() func([]byte) bool {
	if c.check == nil || c.config.Checks.Ready.Kind != health.Line {
		return nil
	}
	return (&check.Lines{Pattern: c.config.Checks.Ready.Pattern}).Match
}

// checkBegins reports a new child to its machine.
func (l *loop) checkBegins(c *child, pid int) {
	if c.check == nil {
		return
	}
	if c.config.Checks.Notified() {
		l.checks.notifier.Add(c.row, pid, c.config.Name)
	}
	l.heed(c, c.check.Started(l.now, c.row, c.machine.Started))
}

// checkChanged reports a transition of a process to its machine.
func (l *loop) checkChanged(c *child, to process.State) {
	switch {
	case c.check == nil:
	case to == running:
		l.heed(c, c.check.Running(l.now))
	case to == stopping:
		l.heed(c, c.check.Stopping(l.now))
	}
}

// checkEnds reports that the child of c is gone.
func (l *loop) checkEnds(c *child) {
	if c.check == nil {
		return
	}
	if c.config.Checks.Notified() {
		l.checks.notifier.Remove(c.row)
	}
	l.heed(c, c.check.Exited(l.now))
}

// heed carries out the effects of a check's machine, in order.
func (l *loop) heed(c *child, effects []check.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case check.Probe:
			l.checks.prober.Ask(e)
		case check.Cancel:
			l.checks.prober.Cancel(e.ID)
		case check.Ready:
			l.readers.changed(c)
			l.events.publishReady(c, true, c.check.Await.Text)
			l.apply(c, c.machine.Ready(l.now))
		case check.NotReady:
			l.events.publishReady(c, false, e.Reason)
			l.apply(c, c.machine.NotReady(l.now, e.Reason))
		case check.Healthy:
			l.readers.changed(c)
			l.events.publishHealth(c, check.Good, "")
		case check.Noted:
			l.readers.changed(c)
		case check.Unhealthy:
			l.unhealthy(c, e)
		case check.Signal:
			l.apply(c, c.machine.Signal(l.now, e.Signal))
		case check.ExtendStop:
			c.machine.Extend(e.Until)
		case check.Log:
			l.log(e.Level, e.Text)
		}
	}
	l.mark(c) // its next deadline may be another one
}

// unhealthy does what health_action asks for.
func (l *loop) unhealthy(c *child, e check.Unhealthy) {
	l.readers.changed(c)
	l.events.publishHealth(c, check.Bad, e.Reason)
	switch e.Do {
	case health.Restart:
		l.apply(c, c.machine.Restart(l.now, process.WhyHealth))
	case health.Stop:
		l.apply(c, c.machine.Stop(l.now))
	case health.Send, health.Nothing:
	}
}

// probed handles what the pool of probes reports or asks for.
func (l *loop) probed(r probe.Report) {
	switch r := r.(type) {
	case probe.Result:
		if c := l.byRow[r.ID.Run]; c != nil && c.check != nil {
			l.heed(c, c.check.Result(l.now, r.Result))
		}
	case probe.Start:
		l.startCommand(r)
	case probe.Revoke:
		for row, id := range l.checks.commands {
			if id == r.ID {
				l.kernel.Revoke(row)
			}
		}
	}
}

// startCommand starts the command of an exec probe as its program would be started.
func (l *loop) startCommand(r probe.Start) {
	c := l.byRow[r.ID.Run]
	if c == nil {
		return // its program has ended, and so has the interest in it
	}
	l.starts++
	spec, err := l.launcher.Prepare(launch.Order{
		Row: l.starts, Process: c.config, Group: c.group.config.Name, ServerURL: l.groups.config.ServerURL,
	})
	l.launcher.Release(l.starts) // a command has neither logs nor a socket of its own
	if err != nil {
		l.checks.prober.Started(r.ID, spawn.Started{ID: l.starts, Err: err})
		return
	}
	l.checks.commands[l.starts] = r.ID
	l.kernel.Start(probe.Spec(spec, l.starts, r.Argv))
}

// commandStarted handles the outcome of a start, if it was that of a probe's command.
func (l *loop) commandStarted(s spawn.Started) bool {
	id, ok := l.checks.commands[s.ID]
	if ok {
		delete(l.checks.commands, s.ID)
		l.checks.prober.Started(id, s)
	}
	return ok
}

// notified handles a message of a program about itself.
func (l *loop) notified(m notify.Message) {
	if c := l.byRow[m.Run]; m.Run != 0 && c != nil && c.check != nil {
		l.heed(c, c.check.Notified(l.now, m.Notice))
	}
}

// checked adds to a copy for readers what the checks have found out.
func (c *child) checked(i *Info) {
	i.Ready, i.StatusText = c.check.Ready(), c.check.Told.Status
	if c.config.Checks.Judged() {
		i.Health = c.check.Health().String()
	}
}

// matched handles a line of output that says that a program is ready.
func (l *loop) matched(id capture.ID) {
	if c := l.byRow[id.Proc]; c != nil && c.check != nil {
		l.heed(c, c.check.Matched(l.now))
	}
}
