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

// The states of process.State by the short names that the loop's rules read best with.
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

// ports are what a loop uses and can't write down. They belong to the operating system's process and outlive a handoff.
type ports struct {
	kernel   spawn.Kernel
	table    table
	launcher *launch.Launcher
	replies  map[uint64]reply[[]Result] // by number of the job
}

// loop owns every process, group, pool and timer. All of its methods run on the one goroutine that is in run.
type loop struct {
	ports
	handle *Supervisor
	opt    *Options

	config *config.Config // the one read last
	reread uint64         // it came of this reread; of one that is under way nothing survives a handoff

	groups    []*group // active, in the order of activation
	parked    map[*config.Group]*launch.GroupLogs
	byName    map[string]*group
	roster    roster
	byPid     map[int]*child
	byRow     map[uint64]*child // by the number of the start that its descriptors belong to
	unstopped int               // children of all groups outside the stopped set
	jobs      map[uint64]*job
	born      uint64 // children made so far
	starts    uint64 // starts asked so far
	asked     uint64 // jobs asked so far

	state   State
	ending  *ending
	timers  deadlines
	refused string   // what was said about the last signal that could not be sent
	dirty   []*child // to be evaluated before the loop waits again
	singles int      // questions about one process since the last change
	frame   []byte   // to write events into
	talk    talk
	talks   bool // where it pays
	bus     delivery.Bus

	now     time.Time // of this turn
	resumed bool      // another loop's work is carried on
	leave   bool      // it is left to another loop
}

// run is the loop: wait for one thing, do it, then do all that follows from it.
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

// due is what fires when the loop has something to do without being told. It sets the one timer for the earliest instant at which
// anything is due; without one it stays off and the loop sleeps.
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

// reapFirst takes in the exits that are known already: a child that ended before startsecs must be seen dead before the timer
// says that it lived long enough (checklist 313). Output that comes faster than it is taken in does not hold up the rest.
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

// settle evaluates what is due or was touched until nothing is left, and tells whether the daemon's end is reached.
func (l *loop) settle() bool {
	for {
		for c := l.timers.expired(l.now); c != nil; c = l.timers.expired(l.now) {
			l.touch(c)
		}
		for i := 0; i < len(l.dirty); i++ { // evaluating may touch more
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

// touch notes that c must be evaluated before the loop waits again.
func (l *loop) touch(c *child) {
	if !c.dirty && !c.removed {
		c.dirty = true
		l.dirty = append(l.dirty, c)
	}
}

// evaluate lets c do all that is due, and files its next deadline.
func (l *loop) evaluate(c *child) {
	c.dirty = false
	if c.removed {
		return
	}
	if c.exit == nil { // else it is dead already; what follows from that comes when its output is drained
		l.apply(c, c.machine.Elapsed(l.now, l.state != Running))
		l.reportStopping(c)
	}
	l.arm(c)
}

// arm files c under the instant at which it next has something to do.
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

// altered says that what readers know of c is not so any more.
func (l *loop) altered(c *child) {
	c.seen = nil
	l.invalidate()
}

// invalidate throws the published snapshot away and tells those who watch.
func (l *loop) invalidate() {
	l.singles = 0
	if l.handle.snapshot.Swap(nil) != nil {
		l.handle.watchers.notify()
	}
}

// debugs tells whether lines of level DEBG are kept: those for every event are not put together in vain.
func (l *loop) debugs() bool { return l.opt.Log.DebugEnabled() }

func (l *loop) log(level process.Level, text string) { l.opt.Log.Log(level, text) }
