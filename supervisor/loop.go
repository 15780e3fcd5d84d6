package supervisor

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/deadline"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// The states of process.State under the short names that the loop's rules use.
const (
	starting = process.Starting
	running  = process.Running
	backoff  = process.Backoff
	stopping = process.Stopping
	unknown  = process.Unknown
)

// ports are what a loop uses and can't save as data. They belong to the operating
// system's process and outlive a handoff.
type ports struct {
	kernel   spawn.Kernel
	table    table
	launcher *launch.Launcher
	checks   *checks                    // of readiness and health
	sockets  *sockets                   // that programs listen at
	replies  map[uint64]reply[[]Result] // by number of the job
	callers  *callers                   // of updates
	mono     func() time.Duration       // reads the clock of process.Instant
	kept     stateFile                  // the desired state
}

// loop receives what happens, tells it to the machine of the process that it is about, and
// carries out the effects. All methods of it and of the types that it is made of run on the
// one goroutine that is in run.
type loop struct {
	ports
	handle *Supervisor
	opt    *Options

	groups  groups   // and the configuration
	events  events   // to listeners
	streams streams  // of the children
	jobs    jobs     // what callers wait for
	readers *readers // what callers were told

	ordering ordering // of starts and stops
	plans    plans    // of plug-ins
	updates  updates
	rolls    rolls
	desires  desires // what is to hold over the end
	boot     boot

	state  State
	status int // for the end of the daemon
	ending *ending
	byPid  map[int]*child
	byRow  map[uint64]*child // by number of the start that its descriptors belong to

	watches map[uint64]*child // of sockets
	starts  uint64            // starts asked for so far
	begun   []*spawn.Spec     // with a trail: those that release passes on
	marked  []*child          // to be refreshed before the loop waits again

	queue     deadline.Queue[timed]
	busDue    deadline.Entry[timed] // ticks, and pauses of pools
	reportDue deadline.Entry[timed] // of what the end waits for

	trail *trail // nil: there is no keeper

	talk  talk
	talks bool // polling is worth while

	now     time.Time     // the time of this turn
	resumed bool          // it continues the work of another loop
	leave   bool          // run returns, and another loop continues the work
	handing bool          // to which the kernel's part is handed over too
	left    chan struct{} // closed when run is over
	taken   *Handed       // of a predecessor, until resume

	fell    *rescue.Panic // why another loop has to continue the work
	serving any           // the reply of the request that this turn serves
	reaped  spawn.Exit    // handled last
}

// timed is what can be in the loop's queue.
type timed interface {
	// expire is called when its instant has come.
	expire(l *loop)
}

func (c *child) expire(l *loop) { l.mark(c) }

// wake only ends the wait: settle looks at every turn whether there is something to do.
type wake struct{}

func (wake) expire(*loop) {}

// run is the loop: it waits for one thing, does it, then does everything that follows
// from it.
func (l *loop) run(ctx context.Context, early []syscall.Signal) {
	defer close(l.left)
	timer := time.NewTimer(0)
	timer.Stop()
	done := ctx.Done()
	l.now = time.Now()
	begun(l)
	resume(l)
	for _, sig := range early {
		l.signal(sig)
	}
	for !l.settle() && !l.leave {
		release(l)
		due := l.due(timer)
		l.serving = nil
		select {
		case r := <-l.handle.requests:
			l.now = time.Now()
			l.serving = r.reply
			r.serve(l)
		case l.fell = <-l.handle.falls:
			l.leave = true
		case s := <-l.kernel.Started():
			l.now = time.Now()
			l.started(s)
		case s := <-l.kernel.Stuck():
			l.now = time.Now()
			stuck(l, s)
		case e := <-l.kernel.Exited():
			l.now = time.Now()
			l.exited(e)
		case o := <-l.table.Outputs():
			l.now = time.Now()
			l.output(o)
		case r := <-l.checks.prober.Reports():
			l.now = time.Now()
			l.probed(r)
		case m := <-l.checks.messages:
			l.now = time.Now()
			if m.Run != 0 {
				l.told(m.Run, func(c *check.Machine) []check.Effect { return c.Notified(l.now, m.Notice) })
			}
		case e := <-l.sockets.events:
			l.now = time.Now()
			watched(l, e)
		case <-due:
			l.reapFirst()
			l.now = time.Now()
			l.hear()
		case <-done:
			done = nil
			l.now = time.Now()
			l.setState(Shutdown)
		}
	}
	release(l)
	l.hangUp()
}

// begun begins a run that does not continue another one.
func begun(l *loop) {
	if !l.resumed {
		l.boot = boot{l.now, l.groups.born}
		l.events.publish(supervisorRunning())
		l.trail.turn(l) // before anything is started that another process would have to go on with
	}
}

// release writes a turn down and then passes on the starts that were asked for in it: of
// others a process that goes on from there would not know.
func release(l *loop) {
	l.trail.turn(l)
	for _, spec := range l.begun {
		l.kernel.Start(spec)
	}
	clear(l.begun)
	l.begun = l.begun[:0]
}

// revoke gives up a start.
func revoke(l *loop, row uint64) {
	release(l)
	l.trail.revoking(row)
	l.kernel.Revoke(row)
}

// due returns the channel that fires when the loop has something to do of its own accord.
// It sets the one timer for the earliest instant at which anything is due; if nothing is,
// the timer stays off and the loop sleeps.
func (l *loop) due(timer *time.Timer) <-chan time.Time {
	if l.talk.with != 0 {
		return atOnce
	}
	at, ok := l.queue.Next()
	if !ok {
		timer.Stop()
		return nil
	}
	timer.Reset(time.Until(at))
	return timer.C
}

// reapFirst handles the exits that are already known: a child that ended before startsecs
// must be seen dead before the timer says that it lived long enough (fact 313: the race
// of a quick death). Output that arrives faster than it is handled does not hold up the
// rest.
func (l *loop) reapFirst() {
	for outputs := 0; outputs < 64; {
		select {
		case e := <-l.kernel.Exited():
			l.now = time.Now()
			l.exited(e)
		case o := <-l.table.Outputs():
			outputs++
			l.now = time.Now()
			l.output(o)
		default:
			return
		}
	}
}

// settle refreshes what is due or marked until nothing is left, and reports whether the
// daemon's end is reached.
func (l *loop) settle() bool {
	for {
		for due, ok := l.queue.Due(l.now); ok; due, ok = l.queue.Due(l.now) {
			due.expire(l)
		}
		for i := 0; i < len(l.marked); i++ { // refresh may mark more
			l.refresh(l.marked[i])
		}
		l.marked = l.marked[:0]
		l.updates.turn(l)
		l.rolls.turn(l)
		l.events.carry(l.events.bus.Tick(l.now))
		l.dispatch()
		if l.end() {
			return true
		}
		if len(l.marked) == 0 {
			at, ok := l.events.bus.Next(l.now)
			l.queue.Set(&l.busDue, at, ok)
			return false
		}
	}
}

// mark has c refreshed before the loop waits again.
func (l *loop) mark(c *child) {
	if !c.marked && !c.removed {
		c.marked = true
		l.marked = append(l.marked, c)
	}
}

// refresh does everything that is due for c, and schedules its next deadline.
func (l *loop) refresh(c *child) {
	c.marked = false
	l.trail.touch(c)
	if c.removed || depart(l, c) {
		return
	}
	// A child that is already dead waits for its output to be drained; the rest follows
	// then.
	if c.exit == nil {
		l.apply(c, c.machine.Elapsed(l.now, l.state != Running))
		if c.check != nil {
			if effects := c.check.Elapsed(l.now); len(effects) > 0 {
				l.heed(c, effects)
			}
		}
		if !c.doubt.IsZero() {
			resolve(l, c)
		}
		if c.reportsStop(l.now) {
			l.log(process.Info, "waiting for "+c.config.Name+" to stop")
		}
		attend(l, c)
	}
	if status, ended := c.essentialEnd(); ended && l.state == Running {
		l.status = status
		l.log(process.Critical, fmt.Sprintf("essential program %s is %s; shutting down, the exit status will be %d",
			c.config.Name, c.machine.State, status))
		l.setState(Shutdown)
	}
	l.schedule(c)
}

// schedule puts c into the queue for the instant at which it next has something to do.
func (l *loop) schedule(c *child) {
	at, ok := c.deadline(l.state != Running)
	l.queue.Set(&c.next, at, ok)
}

// dispatch sends the buffered events to the listeners that are free.
func (l *loop) dispatch() {
	for s, ok := l.events.bus.Offer(l.now); ok; s, ok = l.events.bus.Offer(l.now) {
		c := l.byRow[s.To.Row]
		if deliver(l, s, c) {
			l.addressed(c)
		}
	}
}

// deliver writes an event to a listener. Before, it is written down that the listener is
// busy with it, and then that it was written: after a crash it is written again if that
// is not known. So it comes at least once.
func deliver(l *loop, s delivery.Send, c *child) bool {
	c.sent = 0
	l.trail.touch(c)
	l.trail.turn(l)
	ok := l.events.send(s, c)
	if ok {
		c.sent = s.Event.Serial
		l.trail.sent(c)
	}
	l.trail.touch(c)
	return ok
}

func (l *loop) log(level process.Level, text string) { l.opt.Log.Log(level, text) }
