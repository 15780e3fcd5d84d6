package supervisor

import (
	"context"
	"syscall"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// The states of process.State under the short names that the loop's rules use.
const (
	starting = process.Starting
	running  = process.Running
	backoff  = process.Backoff
	stopping = process.Stopping
	unknown  = process.Unknown
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
	SetStripANSI(on bool)
	Answer(id capture.ID) (data []byte, ok bool)
	Return(id capture.ID)
	Close() error
}

// ports are what a loop uses and can't save as data. They belong to the operating
// system's process and outlive a handoff.
type ports struct {
	kernel   spawn.Kernel
	table    table
	launcher *launch.Launcher
	replies  map[uint64]reply[[]Result] // by number of the job
}

// loop owns every process, group, pool and timer. All of its methods run on the one
// goroutine that is in run.
type loop struct {
	ports
	handle *Supervisor
	opt    *Options

	config *config.Config // the one read last
	// The number of the reread that config came from. A reread that is under way does not
	// survive a handoff.
	reread uint64

	groups    []*group // active, in the order of activation
	parked    map[*config.Group]*launch.GroupLogs
	byName    map[string]*group
	roster    roster
	byPid     map[int]*child
	byRow     map[uint64]*child // by number of the start that its descriptors belong to
	unstopped int               // children of all groups outside the stopped set
	jobs      map[uint64]*job
	born      uint64 // children made so far
	starts    uint64 // starts asked for so far
	asked     uint64 // jobs asked for so far

	state   State
	ending  *ending
	timers  deadlines
	refused string   // the log line about the last signal that could not be sent
	dirty   []*child // to be refreshed before the loop waits again
	singles int      // requests for one process since the last change
	frame   []byte   // buffer to write events into
	talk    talk
	talks   bool // polling is worth while
	bus     delivery.Bus

	now     time.Time // the time of this turn
	resumed bool      // it continues the work of another loop
	leave   bool      // run returns, and another loop continues the work
}

// run is the loop: it waits for one thing, does it, then does everything that follows
// from it.
func (l *loop) run(ctx context.Context, early []syscall.Signal) {
	timer := time.NewTimer(0)
	timer.Stop()
	done := ctx.Done()
	l.now = time.Now()
	if !l.resumed {
		l.publish(supervisorRunning())
	}
	for _, sig := range early {
		l.signal(sig)
	}
	for !l.settle() && !l.leave {
		due := l.due(timer)
		select {
		case r := <-l.handle.requests:
			l.now = time.Now()
			r.serve(l)
		case s := <-l.kernel.Started():
			l.now = time.Now()
			l.started(s)
		case s := <-l.kernel.Stuck():
			l.now = time.Now()
			l.stuck(s)
		case e := <-l.kernel.Exited():
			l.now = time.Now()
			l.exited(e)
		case o := <-l.table.Outputs():
			l.now = time.Now()
			l.output(o)
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
	l.hangUp()
}

// due returns the channel that fires when the loop has something to do of its own accord.
// It sets the one timer for the earliest instant at which anything is due; if nothing is,
// the timer stays off and the loop sleeps.
func (l *loop) due(timer *time.Timer) <-chan time.Time {
	if l.talk.with != 0 {
		return atOnce
	}
	at, ok := l.timers.next()
	for _, other := range [...]func() (time.Time, bool){func() (time.Time, bool) { return l.bus.Next(l.now) }, l.nextReport} {
		if t, has := other(); has && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
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
		for c := l.timers.expired(l.now); c != nil; c = l.timers.expired(l.now) {
			l.touch(c)
		}
		for i := 0; i < len(l.dirty); i++ { // evaluate may mark more
			l.evaluate(l.dirty[i])
		}
		l.dirty = l.dirty[:0]
		l.carry(l.bus.Tick(l.now))
		l.dispatch()
		if l.end() {
			return true
		}
		if len(l.dirty) == 0 {
			return false
		}
	}
}

// touch marks c, so that it is refreshed before the loop waits again.
func (l *loop) touch(c *child) {
	if !c.dirty && !c.removed {
		c.dirty = true
		l.dirty = append(l.dirty, c)
	}
}

// evaluate refreshes c: it does everything that is due for c, and schedules its next
// deadline.
func (l *loop) evaluate(c *child) {
	c.dirty = false
	if c.removed {
		return
	}
	// A child that is already dead waits for its output to be drained; the rest follows
	// then.
	if c.exit == nil {
		l.apply(c, c.machine.Elapsed(l.now, l.state != Running))
		l.reportStopping(c)
	}
	l.arm(c)
}

// arm schedules c at the instant at which it next has something to do.
func (l *loop) arm(c *child) {
	if c.exit != nil {
		l.timers.set(c, time.Time{}, false)
		return
	}
	at, ok := c.machine.Deadline(l.state != Running)
	if c.awaited() && c.machine.State == stopping {
		if report := c.reported.Add(stopReportEvery + 1); !ok || report.Before(at) {
			at, ok = report, true
		}
	}
	l.timers.set(c, at, ok)
}

// altered marks what readers know of c as outdated.
func (l *loop) altered(c *child) {
	c.seen = nil
	l.invalidate()
}

// invalidate discards the published snapshot and notifies the watchers.
func (l *loop) invalidate() {
	l.singles = 0
	if l.handle.snapshot.Swap(nil) != nil {
		l.handle.watchers.notify()
	}
}

// debugs reports whether lines of level DEBG are kept. If not, the lines that come with
// every event need not be formatted.
func (l *loop) debugs() bool { return l.opt.Log.DebugEnabled() }

func (l *loop) log(level process.Level, text string) { l.opt.Log.Log(level, text) }
