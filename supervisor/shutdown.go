package supervisor

import (
	"cmp"
	"slices"
	"strings"
	"syscall"
	"time"

	"reeve/supervisor/process"
)

// ending is the progress of a shutdown or restart; plain data.
type ending struct {
	queue    []*group  // to be stopped, the last one first
	asked    bool      // the processes of the last group were asked to stop
	reported time.Time // last "waiting for … to die"
}

// The shortest time between two lines about what is waited for.
const (
	reportEvery     = 3 * time.Second // at the daemon's end (fact 129)
	stopReportEvery = 2 * time.Second // while a caller waits for a stop (fact 245)
)

// signal handles a signal to the daemon itself (facts 118-121: what TERM, HUP, USR2 and
// CHLD do).
func (l *loop) signal(sig syscall.Signal) {
	name := process.SignalName(sig)
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT:
		l.log(process.Warn, "received "+name+" indicating exit request")
		l.setState(Shutdown)
	case syscall.SIGHUP:
		if l.state == Shutdown {
			l.log(process.Warn, "ignored "+name+" indicating restart request (shutdown in progress)")
			return
		}
		l.log(process.Warn, "received "+name+" indicating restart request")
		l.setState(Restarting)
	case syscall.SIGUSR2:
		l.log(process.Info, "received "+name+" indicating log reopen request")
		l.opt.Log.Reopen()
		for _, g := range l.groups {
			for _, c := range g.children {
				l.reopenLogs(c)
			}
		}
	}
}

func (l *loop) setState(s State) {
	l.state = s
	l.handle.state.Store(int32(s))
}

// end does what can be done now for a shutdown or restart, and reports whether everything
// is over (facts 125-130: order of a shutdown). Groups are stopped strictly one at a
// time, the highest priority number first.
func (l *loop) end() bool {
	if l.state == Running {
		return false
	}
	if l.ending == nil {
		l.ending = &ending{queue: slices.Clone(l.groups)}
		slices.SortStableFunc(l.ending.queue, func(a, b *group) int {
			return cmp.Compare(a.config.Priority, b.config.Priority)
		})
		l.publish(supervisorStopping())
		// What waits to be started again no longer has a deadline.
		for _, g := range l.groups {
			for _, c := range g.children {
				l.arm(c)
			}
		}
	}
	for n := len(l.ending.queue); n > 0; n-- {
		g := l.ending.queue[n-1]
		if !l.ending.asked {
			l.ending.asked = true
			l.stopGroup(g)
		}
		if g.unstopped > 0 {
			break
		}
		l.ending.queue, l.ending.asked = l.ending.queue[:n-1], false
	}
	return !l.reportUnstopped()
}

// stopGroup asks every process of g that was not asked yet to stop: by descending
// priority, the last one first (fact 127).
func (l *loop) stopGroup(g *group) {
	children := ordered(g)
	for _, c := range slices.Backward(children) {
		switch c.machine.State {
		case running, starting:
			l.stopChild(c)
		case backoff:
			l.apply(c, c.machine.GiveUp(l.now))
		}
	}
}

// reportUnstopped reports whether anything is still unstopped, and says so in the log
// every reportEvery (fact 129).
func (l *loop) reportUnstopped() bool {
	if l.unstopped == 0 {
		return false
	}
	if !l.ending.reported.IsZero() && l.now.Sub(l.ending.reported) <= reportEvery {
		return true
	}
	l.ending.reported = l.now
	var names, states []string
	for _, g := range l.groups {
		for _, c := range g.children {
			if s := c.machine.State; !s.IsStopped() {
				names = append(names, c.config.Name)
				states = append(states, c.config.Name+" state: "+s.String())
			}
		}
	}
	l.log(process.Info, "waiting for "+strings.Join(names, ", ")+" to die")
	for _, s := range states {
		l.log(process.Blather, s)
	}
	return true
}

// nextReport returns when the next line about what is waited for is due.
func (l *loop) nextReport() (time.Time, bool) {
	if l.ending == nil {
		return time.Time{}, false
	}
	return l.ending.reported.Add(reportEvery + 1), true
}
