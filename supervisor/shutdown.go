package supervisor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"reeve/supervisor/process"
)

// ending is the progress of a shutdown or restart (facts 125-130: order of a shutdown);
// plain data. Groups are stopped strictly one at a time, the highest priority number
// first.
type ending struct {
	queue    []*group  // to be stopped, the last one first
	asked    bool      // the processes of the last group were asked to stop
	reported time.Time // last "waiting for … to die"
	checks   time.Time // when commands of checks that have not ended are left behind
}

func newEnding(active []*group) *ending {
	e := &ending{queue: slices.Clone(active)}
	slices.SortStableFunc(e.queue, func(a, b *group) int {
		return cmp.Compare(a.config.Priority, b.config.Priority)
	})
	return e
}

// next returns the group whose processes are to be asked to stop now; nil: one that was
// asked has not stopped yet, or none is left.
func (e *ending) next() *group {
	for n := len(e.queue); n > 0; n-- {
		g := e.queue[n-1]
		if !e.asked {
			e.asked = true
			return g
		}
		if g.unstopped > 0 {
			break
		}
		e.queue, e.asked = e.queue[:n-1], false
	}
	return nil
}

// The shortest time between two lines about what is waited for.
const (
	reportEvery     = 3 * time.Second // at the daemon's end (fact 129)
	stopReportEvery = 2 * time.Second // while a caller waits for a stop (fact 245)
)

// nextReport returns when the next line about what is waited for is due.
func (e *ending) nextReport() time.Time { return e.reported.Add(reportEvery + 1) }

// unstoppedLines are the lines of the log about what has not stopped yet (fact 129).
func (gs *groups) unstoppedLines() []process.Log {
	var names []string
	lines := make([]process.Log, 1)
	for c := range gs.each() {
		if s := c.machine.State; !s.IsStopped() {
			names = append(names, c.config.Name)
			lines = append(lines, process.Log{Level: process.Blather, Text: c.config.Name + " state: " + s.String()})
		}
	}
	lines[0] = process.Log{Level: process.Info, Text: "waiting for " + strings.Join(names, ", ") + " to die"}
	return lines
}

// signal handles a signal to the daemon itself (facts 118-121: what TERM, HUP, USR2 and
// CHLD do).
func (l *loop) signal(sig syscall.Signal) {
	name := process.SignalName(sig)
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT:
		l.setState(Shutdown) // first of all, so that it outlives a panic
		l.log(process.Warn, "received "+name+" indicating exit request")
	case syscall.SIGHUP:
		if l.state == Shutdown {
			l.log(process.Warn, "ignored "+name+" indicating restart request (shutdown in progress)")
			return
		}
		l.setState(Restarting)
		l.log(process.Warn, "received "+name+" indicating restart request")
	case syscall.SIGUSR2:
		l.log(process.Info, "received "+name+" indicating log reopen request")
		l.opt.Log.Reopen()
		for c := range l.groups.each() {
			l.streams.reopen(c)
		}
	}
}

func (l *loop) setState(s State) {
	l.state = s
	l.handle.state.Store(int32(s))
}

// end does what can be done now for a shutdown or restart, and reports whether everything
// is over.
func (l *loop) end() bool {
	if l.state == Running {
		return false
	}
	if l.ending == nil {
		l.ending = newEnding(l.groups.active)
		l.follow(l.ordering.machine.End())
		l.events.publish(supervisorStopping())
		// What waits to be started again no longer has a deadline, nor does who waits for
		// it.
		for c := range l.groups.each() {
			l.schedule(c)
			if c.machine.State == process.Exited {
				l.jobs.fail(c, ErrAbnormalTermination, true)
			}
		}
	}
	for g := l.ending.next(); g != nil; g = l.ending.next() {
		l.stopGroup(g)
	}
	if l.groups.unstopped == 0 {
		return l.ending.checksEnded(l)
	}
	if e := l.ending; e.reported.IsZero() || l.now.Sub(e.reported) > reportEvery {
		e.reported = l.now
		l.queue.Set(&l.reportDue, e.nextReport(), true)
		for _, line := range l.groups.unstoppedLines() {
			l.log(line.Level, line.Text)
		}
	}
	return false
}

// commandsDie is how long the end of the daemon waits for the commands of checks, which
// are killed: one that hangs in the kernel does not die of that.
const commandsDie = time.Second

// checksEnded reports whether the daemon can leave: nothing that checks have started is
// left, or it does not die.
func (e *ending) checksEnded(l *loop) bool {
	left := l.checks.left()
	switch {
	case left == 0:
		return true
	case e.checks.IsZero():
		e.checks = l.now.Add(commandsDie)
		l.queue.Set(&l.reportDue, e.checks, true)
	case !l.now.Before(e.checks):
		l.log(process.Warn, fmt.Sprintf("%d commands of checks were killed and have not ended", left))
		return true
	}
	return false
}

// stopGroup asks every process of g that was not asked yet to stop: by descending
// priority, the last one first (fact 127).
func (l *loop) stopGroup(g *group) {
	children := ordered(g)
	for _, c := range slices.Backward(children) {
		switch c.machine.State {
		case running, starting:
			l.dismiss("shutdown", c)
		case stopping: // perhaps only to be started again
			l.apply(c, c.machine.Stop(l.now))
		case backoff:
			l.apply(c, c.machine.GiveUp(l.now))
		}
	}
}
