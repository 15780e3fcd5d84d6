package supervisor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/activation"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/deadline"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// child is one process of an active group: its machine, and what the loop knows of it.
// All of it is plain data (handoff.go); what belongs to the running child outside the
// loop is found in ports, by row.
type child struct {
	group   *group
	config  *config.Process
	machine *process.Machine
	check   *check.Machine      // nil: it has no checks
	demand  *activation.Machine // nil: no connection starts it
	order   uint64              // order of creation; decides between equal deadlines
	logs    launch.Logs
	removed bool // it is no longer in an active group

	postponed bool          // its start is left to the successor of this loop
	asked     time.Time     // when it was asked for
	forking   uint64        // row of the start whose outcome is not known yet; 0: none
	row       uint64        // number of the last start; its descriptors are filed under it
	attached  [2]bool       // stdout, stderr are captured
	ended     [2]bool       // of those: all of it was read
	input     bool          // the parent's end of stdin is open
	extra     bool          // the descriptor of ready=fd: is read
	exit      *process.Exit // reaped; published when the output is drained

	listener *delivery.Listener // state of the event protocol, if the group is a pool
	sent     uint64             // serial of the event that was written to it last
	doubt    time.Time          // until when it may answer an event that it may not have
	heard    uint64             // how many bytes of its answers were handled in this process
	plugin   plugin             // of a listener

	seen     *Info     // what readers were given; nil: it has changed since
	tickets  []ticket  // jobs that wait for this process
	reported time.Time // last "waiting for NAME to stop"
	refused  string    // the log line about the last signal that could not be sent

	orders    *order.Machine // of the loop
	told      told           // known from desires
	leaving   bool           // it is removed when it has stopped
	surge     bool           // it is there for the time of a roll
	wanted    bool           // a start was asked for and waits for leave
	beginning bool           // the machine is being told to start

	excused bool         // its last end is not that of an essential program: it was none then
	first   instants     // of this run, for Order
	reached order.States // that it ever had

	next    deadline.Entry[timed] // when it has something to do
	touched bool                  // the trail is to be written on
	marked  bool                  // it is to be refreshed
}

func newChild(g *group, cfg *config.Process, logs launch.Logs, order uint64) *child {
	c := &child{group: g, config: cfg, logs: logs, order: order}
	c.next.What, c.next.Rank = c, order
	c.machine = process.New(cfg.Name, cfg.Policy)
	c.check = newCheck(cfg.Name, cfg.Checks, cfg.Policy)
	c.demand = newDemand(cfg)
	c.machine.Born, c.machine.Random = time.Now(), rand.Uint64()
	if g.config.Listener != nil {
		c.listener = &delivery.Listener{Name: cfg.Name}
		c.plugin = pluginOf(g, cfg)
	}
	return c
}

func (c *child) name() Name { return Name{c.group.config.Name, c.config.Name} }

// awaited reports whether a caller waits for this process.
func (c *child) awaited() bool { return len(c.tickets) > 0 }

// apply carries out the effects of the machine, in order.
func (l *loop) apply(c *child, effects []process.Effect) {
	l.trail.touch(c)
	for _, e := range effects {
		switch e := e.(type) {
		case process.Ask:
			l.follow(l.ordering.machine.Start([]order.ID{c.orderID()}, order.Request{Mode: order.Automatic, Reason: string(e.Why)}))
		case process.Spawn:
			l.spawn(c)
		case process.Revoke:
			revoke(l, c.forking)
		case process.Kill:
			l.kill(c, e)
		case process.Changed:
			l.changed(c, e)
		case process.Log:
			l.log(e.Level, e.Text)
		}
	}
}

// deadline returns the instant at which c next has something to do, if there is one.
// ending says that nothing is started any more.
func (c *child) deadline(ending bool) (time.Time, bool) {
	if c.exit != nil {
		return time.Time{}, false // finish goes on when the output is drained
	}
	at, ok := c.machine.Deadline(ending)
	if c.check != nil {
		if due, has := c.check.Deadline(); has && (!ok || due.Before(at)) {
			at, ok = due, true
		}
	}
	if c.demand != nil {
		if due, has := c.demand.Deadline(); has && (!ok || due.Before(at)) {
			at, ok = due, true
		}
	}
	if !c.doubt.IsZero() && (!ok || c.doubt.Before(at)) {
		at, ok = c.doubt, true
	}
	if c.awaited() && c.machine.State == stopping {
		if report := c.reported.Add(stopReportEvery + 1); !ok || report.Before(at) {
			at, ok = report, true
		}
	}
	return at, ok
}

// reportsStop reports whether "waiting for NAME to stop" is to be logged now: it is while
// a caller waits (fact 245: stopProcess waits without limit).
func (c *child) reportsStop(now time.Time) bool {
	if c.machine.State != stopping || !c.awaited() || !c.reported.IsZero() && now.Sub(c.reported) <= stopReportEvery {
		return false
	}
	c.reported = now
	return true
}

// changed informs everyone concerned about a transition: counts, readers, event
// listeners, jobs.
func (l *loop) changed(c *child, e process.Changed) {
	l.groups.changed(c, e)
	c.note(l.now, e.To)
	c.reached |= order.StatesOf(e.To)
	l.readers.changed(c)
	c.listens()
	l.events.publishState(c.name(), e)
	if c.check != nil {
		l.heed(c, c.checked(l.now, e.To))
	}
	l.mark(c)
	l.updates.stopped(l, c)
	l.jobs.advance(c)
	l.tell(c)
	l.plans.pursue(l, c, e)
}

// spawn passes a start to the kernel. A command that can't be split fails at once.
func (l *loop) spawn(c *child) {
	if c.postponed = l.leave; c.postponed {
		return
	}
	l.starts++
	c.excused = false
	own, err := l.checks.environ(c)
	if err != nil {
		l.apply(c, c.machine.SpawnFailed(l.now, err.Error()))
		return
	}
	spec, err := l.launcher.Prepare(launch.Order{
		Row: l.starts, Process: c.config, Group: c.group.config.Name, ServerURL: l.groups.config.ServerURL, Logs: c.logs, Environ: own,
	})
	if err != nil {
		l.apply(c, c.machine.SpawnFailed(l.now, err.Error()))
		l.launcher.Release(l.starts)
		return
	}
	spec.Extra, spec.Witnessed = c.config.Checks.Ready.FD, true
	if c.plugin.native {
		l.plans.stand(l, c, spec)
	}
	c.forking, c.asked = l.starts, l.now
	l.trail.touch(c)
	l.byRow[c.forking] = c
	if l.trail == nil {
		l.kernel.Start(spec)
		return
	}
	l.begun = append(l.begun, spec)
}

// started handles the outcome of a start.
func (l *loop) started(s spawn.Started) {
	if l.checks.started(s) {
		return
	}
	c := l.byRow[s.ID]
	c.forking = 0
	l.trail.touch(c)
	l.trail.answered(s)
	if c.postpone(l, s) {
		return
	}
	if s.Err != nil {
		delete(l.byRow, s.ID)
		l.trail.unmade(s.ID)
		if c.missing(s.Err) {
			l.launcher.Release(s.ID)
			l.plans.takeOver(l, c, s.Err.Error())
			l.spawn(c)
			return
		}
		l.apply(c, c.notStarted(l.now, s.Err))
		l.launcher.Release(s.ID)
		l.mark(c)
		l.jobs.advance(c)
		return
	}
	c.row = s.ID
	l.streams.attach(c, s)
	l.trail.known(c.row)
	born(l, c, s.Pid)
}

// born tells everything about the new child of c, whose output is attached.
func born(l *loop, c *child, pid int) {
	l.trail.touch(c)
	l.byPid[pid] = c
	c.heard, c.sent, c.doubt = 0, 0, time.Time{}
	if c.listener != nil {
		c.listener.Started(c.row)
	}
	l.readers.changed(c)
	if c.check != nil {
		l.heed(c, l.checks.begin(c, l.now, pid))
	}
	l.apply(c, c.machine.Spawned(l.now, pid))
	// With startsecs=0 any time at all makes the process RUNNING, and a caller gets its
	// answer at once (facts 144 and 243: startsecs=0, order of results).
	l.now = time.Now()
	l.refresh(c)
	l.jobs.advance(c)
	l.tell(c)
}

// notStarted reports to the machine why there is no child.
func (c *child) notStarted(now time.Time, err error) []process.Effect {
	if e, ok := errors.AsType[*spawn.StartError](err); ok {
		switch e.Kind {
		case spawn.Shortage:
			return c.machine.SpawnShort(now, e.Reason)
		case spawn.Revoked:
			return c.machine.Revoked(now)
		}
	}
	return c.machine.SpawnFailed(now, err.Error())
}

// stuck handles the report that a start hangs.
func stuck(l *loop, s spawn.Stuck) {
	if c := l.byRow[s.ID]; c != nil && c.forking == s.ID {
		l.apply(c, c.machine.Hangs(s.Where))
	}
}

// exited holds an exit until the child's output is drained, so that its last output is
// published before its end (fact 175).
func (l *loop) exited(e spawn.Exit) {
	c := l.byPid[e.Pid]
	if c == nil && l.checks.prober.Exited(e.Pid, e.Status) {
		return
	}
	if c == nil {
		l.log(process.Info, fmt.Sprintf("reaped unknown pid %d (%s)", e.Pid, e.Status))
		l.log(process.Debug, childQuit)
		return
	}
	l.reaped = e
	delete(l.byPid, e.Pid)
	l.trail.noted(e.Pid)
	c.exit = &e.Status
	c.listens()
	l.schedule(c)
	l.trail.touch(c)
	drain(l, c)
}

// drain publishes the exit that c has once its output is read.
func drain(l *loop, c *child) {
	l.streams.drain(c)
	if c.ended == c.attached {
		l.finish(c)
	}
}

// finish publishes a held exit.
func (l *loop) finish(c *child) {
	e := *c.exit
	l.reaped = spawn.Exit{Pid: c.machine.Pid, Status: e}
	c.exit = nil
	delete(l.byRow, c.row)
	l.streams.release(c)
	if c.check != nil {
		l.heed(c, l.checks.end(c, l.now))
	}
	l.apply(c, l.plans.exited(l, c, e))
	l.launcher.Release(c.row)
	l.log(process.Debug, childQuit)
	if c.listener != nil {
		l.events.carry(c.listener.Died())
	}
	l.readers.changed(c)
	l.mark(c)
	l.jobs.advance(c)
}

// childQuit is the line about SIGCHLD, which upstream writes when the child is already
// reaped (facts 121 and 122: CHLD is logged, signals are queued).
const childQuit = "received SIGCHLD indicating a child quit"

// kill sends a signal that the machine asked for, and reports to the machine if it could
// not be sent.
func (l *loop) kill(c *child, k process.Kill) {
	err := l.kernel.Signal(k.Pid, k.Signal, k.Group)
	if err == nil {
		return
	}
	effects := c.machine.SignalFailed(l.now, k.Signal, err.Error(), errors.Is(err, syscall.ESRCH))
	for _, e := range effects {
		if line, ok := e.(process.Log); ok {
			c.refused = line.Text
		}
	}
	l.apply(c, effects)
}

// stopChild asks a process to stop that is stoppable.
func (l *loop) stopChild(c *child) error {
	c.reported = time.Time{}
	l.readers.changed(c) // a start after start_delay may be called off without a transition
	l.apply(c, c.machine.Stop(l.now))
	return c.failure()
}

// failure returns the error for a caller if the signal just sent made the process
// UNKNOWN: the line of the log.
func (c *child) failure() error {
	if c.machine.State == unknown {
		return &FailedError{c.refused}
	}
	return nil
}
