package supervisor

import (
	"os"
	"time"

	"reeve/config/health"
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
	Left() int
	Close()
}

// notifier is what the loop uses of *notify.Server. None of its methods may block.
type notifier interface {
	Address() string
	Messages() <-chan notify.Message
	Add(run uint64, pid int, name string)
	Remove(run uint64)
	File() (*os.File, error)
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
	kernel   spawn.Kernel
	launcher *launch.Launcher
	trail    *trail
}

// known returns the address that programs were given already; empty: none was.
func (cs *checks) known() string {
	if cs == nil || cs.notifier == nil {
		return ""
	}
	return cs.notifier.Address()
}

// address returns what programs find in NOTIFY_SOCKET.
func (cs *checks) address() (string, error) {
	if cs.notifier == nil {
		n, err := cs.listen()
		if err != nil {
			return "", err
		}
		cs.notifier, cs.messages = n, n.Messages()
		cs.trail.listening(n)
	}
	return cs.notifier.Address(), nil
}

// environ returns what c needs in its environment to notify us.
func (cs *checks) environ(c *child) ([]string, error) {
	if !c.config.Checks.Notified() {
		return nil, nil
	}
	address, err := cs.address()
	if err != nil {
		return nil, err
	}
	return notify.Variables(address, c.config.Checks.Watchdog), nil
}

// begin reports a new child to its machine.
func (cs *checks) begin(c *child, now time.Time, pid int) []check.Effect {
	if c.config.Checks.Notified() {
		cs.notifier.Add(c.row, pid, c.config.Name)
	}
	return c.check.Started(now, c.row, c.machine.Started)
}

// notifies reports whether the child of c may send notifications. What is configured now
// may be another thing than what it was started with.
func (c *child) notifies() bool {
	return c.check != nil && c.check.Notifies || c.config.Checks.Notified()
}

// end reports to its machine that the child of c is gone.
func (cs *checks) end(c *child, now time.Time) []check.Effect {
	if cs.notifier != nil && c.notifies() {
		cs.notifier.Remove(c.row)
	}
	return c.check.Exited(now)
}

// recheck gives the checks of a child that runs other settings. One that had no checks
// gets those that need nothing from its start.
func (c *child) recheck(now time.Time) []check.Effect {
	p := check.Policy{Settings: c.config.Checks, StopWait: c.config.StopTime()}
	if c.check != nil {
		return c.check.Changed(now, p)
	}
	if c.check = newCheck(c.config.Name, c.config.Checks, c.config.Policy); c.check == nil {
		return nil
	}
	asked := c.check.Policy
	c.check.Policy.Ready, c.check.Policy.Watchdog = health.Target{}, 0
	effects := c.check.Started(now, c.row, c.machine.Started)
	switch c.machine.State {
	case running:
		effects = append(effects, c.check.Running(now)...)
	case stopping:
		effects = append(effects, c.check.Stopping(now)...)
	}
	c.check.Policy = asked
	return effects
}

// command starts the command of an exec probe as its program would be started.
func (cs *checks) command(r probe.Start, o launch.Order) {
	spec, err := cs.launcher.Prepare(o)
	cs.launcher.Release(o.Row) // a command has neither logs nor a socket of its own
	if err != nil {
		cs.prober.Started(r.ID, spawn.Started{ID: o.Row, Err: err})
		return
	}
	cs.commands[o.Row] = r.ID
	cs.kernel.Start(probe.Spec(spec, o.Row, r.Argv))
}

// started handles the outcome of a start, if it was that of a probe's command.
func (cs *checks) started(s spawn.Started) bool {
	id, ok := cs.commands[s.ID]
	if ok {
		delete(cs.commands, s.ID)
		cs.prober.Started(id, s)
	}
	return ok
}

// revoke gives up the start of a probe's command.
func (cs *checks) revoke(r probe.Revoke) {
	for row, id := range cs.commands {
		if id == r.ID {
			cs.kernel.Revoke(row)
		}
	}
}

// left returns how many commands of probes there are, or may be soon.
func (cs *checks) left() int { return len(cs.commands) + cs.prober.Left() }

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
	return check.New(name, check.Policy{Settings: s, StopWait: p.StopTime()})
}

// until returns what looks for the line in the output of c that says that it is ready;
// nil: none does.
func (c *child) until() func([]byte) bool {
	if c.check == nil || c.config.Checks.Ready.Kind != health.Line {
		return nil
	}
	return (&check.Lines{Pattern: c.config.Checks.Ready.Pattern}).Match
}

// heed carries out the effects of a check's machine, in order.
func (l *loop) heed(c *child, effects []check.Effect) {
	l.trail.touch(c)
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
			c.noteHealth(l.now)
			l.readers.changed(c)
			l.tell(c)
			l.events.publishHealth(c, check.Good, "")
		case check.Noted:
			l.readers.changed(c)
		case check.Unhealthy:
			l.readers.changed(c)
			l.tell(c)
			l.events.publishHealth(c, check.Bad, e.Reason)
			l.apply(c, c.unhealthy(l.now, e.Do))
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

// probed handles what the pool of probes reports or asks for.
func (l *loop) probed(r probe.Report) {
	switch r := r.(type) {
	case probe.Result:
		l.told(r.ID.Run, func(m *check.Machine) []check.Effect { return m.Result(l.now, r.Result) })
	case probe.Start:
		if c := l.byRow[r.ID.Run]; c != nil { // else its program has ended
			l.starts++
			l.checks.command(r, launch.Order{
				Row: l.starts, Process: c.config, Group: c.group.config.Name, ServerURL: l.groups.config.ServerURL,
			})
		}
	case probe.Revoke:
		l.checks.revoke(r)
	}
}

// told passes news about a run to its machine, if it is not over.
func (l *loop) told(run uint64, news func(*check.Machine) []check.Effect) {
	if c := l.byRow[run]; c != nil && c.check != nil {
		l.heed(c, news(c.check))
	}
}

// checked reports a transition of a process to the machine that checks it.
func (c *child) checked(now time.Time, to process.State) []check.Effect {
	switch to {
	case running:
		return c.check.Running(now)
	case stopping:
		return c.check.Stopping(now)
	}
	return nil
}

// unhealthy tells the machine what health_action asks for.
func (c *child) unhealthy(now time.Time, do health.Do) []process.Effect {
	switch do {
	case health.Restart:
		return c.machine.Restart(now, process.WhyHealth)
	case health.Stop:
		return c.machine.Stop(now)
	case health.Send, health.Nothing:
	}
	return nil
}

// found adds to a copy for readers what the checks have found out.
func (c *child) found(i *Info) {
	i.Ready, i.StatusText = c.check.Ready(), c.check.Told.Status
	if c.config.Checks.Judged() {
		i.Health = c.check.Health().String()
	}
}
