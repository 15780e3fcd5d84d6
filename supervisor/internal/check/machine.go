package check

import (
	"time"

	"reeve/config/health"
)

// Policy is what the configuration says about one program.
type Policy struct {
	health.Settings
	// StopWait is stopwaitsecs: how long a program that has said that it stops may take.
	StopWait time.Duration
}

// Phase is how far a run is.
type Phase uint8

// The phases. Answered is left for Watching when the process is RUNNING, which may be
// later: startsecs holds as well.
const (
	Idle     Phase = iota // no child
	Waiting               // for the program to be ready
	Answered              // it is ready, or that is not asked of it
	Watching              // RUNNING
	GaveUp                // it did not become ready; the loop is about to stop it
	Ending                // it is being stopped
)

func (p Phase) String() string {
	return [...]string{"idle", "waiting", "answered", "watching", "gave up", "ending"}[p]
}

// Verdict is what is known of a program's health.
type Verdict uint8

// The verdicts. Before the first result the health is unknown.
const (
	Unknown Verdict = iota
	Good
	Bad
)

func (v Verdict) String() string { return [...]string{"unknown", "healthy", "unhealthy"}[v] }

// Machine decides about one process. The fields are plain data; only the methods change
// them.
type Machine struct {
	Name   string
	Policy Policy

	Phase Phase
	Run   uint64        // number of the start that the rest is about
	Since time.Time     // when that start was asked for
	Begun time.Time     // of Waiting, then of Watching
	Await health.Target // what this run is ready by: a changed `ready` is for the next one

	ReadyDue time.Time
	Pause    time.Duration // between the last two looks while Waiting

	Number  uint64 // of the last probe
	Pending bool   // it was not answered yet
	Asked   time.Time
	Late    bool      // the last one answered took all its time
	Next    time.Time // when to ask again, unless Pending

	Probes   Verdict
	Failures int  // checks that failed in a row and count
	Proven   bool // one succeeded since Begun: the start period is over
	Unable   bool // the last one was inconclusive

	Period   time.Duration // of the watchdog in this run; 0: none
	Fed      Verdict       // what the watchdog says
	AliveDue time.Time     // of the next WATCHDOG=1; zero: none is waited for
	QuitDue  time.Time     // of the end that STOPPING=1 promised
	Overdue  bool          // it did not come

	Notifies bool // it was given the address to send notifications to

	Told Told // by the program
	Last Last // failed probe, of any run
}

// Last is the last probe that failed.
type Last struct {
	At     time.Time // wall time
	Detail string
	Output []byte
}

// New returns a machine for a process without a child.
func New(name string, p Policy) *Machine { return &Machine{Name: name, Policy: p} }

// Ready reports whether the program was found ready in this run. Without `ready` it is
// when it is RUNNING.
func (m *Machine) Ready() bool {
	switch m.Phase {
	case Watching:
		return true
	case Answered:
		return m.Await.Kind != health.None
	case Idle, Waiting, GaveUp, Ending:
	}
	return false
}

// Health returns what all checks together say: Bad if one does, Good if all do.
func (m *Machine) Health() Verdict {
	probed, fed := m.Policy.Health.Kind != health.None, m.Period != 0
	switch {
	case m.Phase != Watching:
		return Unknown
	case m.Overdue || probed && m.Probes == Bad || fed && m.Fed == Bad:
		return Bad
	case !probed && !fed || probed && m.Probes == Unknown || fed && m.Fed == Unknown:
		return Unknown
	}
	return Good
}

// become is the only place that changes the phase. What waits in one phase does not in
// the next.
func (m *Machine) become(p Phase) []Effect {
	m.Phase = p
	m.Next, m.ReadyDue, m.AliveDue, m.QuitDue = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return m.cancel()
}

// cancel withdraws the probe under way.
func (m *Machine) cancel() []Effect {
	if !m.Pending {
		return nil
	}
	m.Pending = false
	return []Effect{Cancel{ID{m.Run, m.Number}}}
}

func (m *Machine) probe(now time.Time, t health.Target, timeout time.Duration) Effect {
	m.Number++
	m.Pending, m.Asked, m.Next = true, now, time.Time{}
	return Probe{ID{m.Run, m.Number}, t, timeout, m.Since, m.Late}
}

// Started reports a new child: run is the number of its start, since the time when that
// was asked for. What was left of a run before is forgotten.
func (m *Machine) Started(now time.Time, run uint64, since time.Time) []Effect {
	effects := m.cancel()
	*m = Machine{Name: m.Name, Policy: m.Policy, Number: m.Number, Last: m.Last}
	m.Run, m.Since, m.Begun = run, since, now
	m.Await, m.Period, m.Notifies = m.Policy.Ready, m.Policy.Watchdog, m.Policy.Notified()
	if m.Await.Kind == health.None {
		return append(effects, m.become(Answered)...)
	}
	effects = append(effects, m.become(Waiting)...)
	m.ReadyDue = now.Add(m.Policy.ReadyTimeout)
	if m.Await.Probed() {
		effects = append(effects, m.look(now))
	}
	return effects
}

// Stopping reports that the process is being stopped: no check counts any more.
func (m *Machine) Stopping(time.Time) []Effect {
	switch m.Phase {
	case Waiting, Answered, Watching, GaveUp:
		return m.become(Ending)
	case Idle, Ending:
	}
	return nil
}

// Exited reports that the child is gone. What it told and its last failed check remain
// for readers until the next start.
func (m *Machine) Exited(time.Time) []Effect {
	switch m.Phase {
	case Waiting, Answered, Watching, GaveUp, Ending:
		return m.become(Idle)
	case Idle:
	}
	return nil
}

// Result reports the outcome of a probe. It is ignored unless it answers the one under
// way.
func (m *Machine) Result(now time.Time, r Result) []Effect {
	if !m.Pending || r.ID != (ID{m.Run, m.Number}) {
		return nil
	}
	m.Pending, m.Late = false, r.Late
	switch m.Phase {
	case Waiting:
		return m.waited(now, r)
	case Watching:
		return m.checked(now, r)
	case Idle, Answered, GaveUp, Ending: // nothing is asked in these
	}
	return nil
}

// Lost reports that the probe under way will not be answered, because the daemon has
// replaced itself: it is asked for again.
func (m *Machine) Lost(now time.Time) []Effect {
	if !m.Pending {
		return nil
	}
	switch m.Phase {
	case Waiting:
		return []Effect{m.look(now)}
	case Watching:
		return []Effect{m.check(now)}
	case Idle, Answered, GaveUp, Ending: // nothing is asked in these
	}
	return nil
}

// standstill is how late a deadline may be noticed before it proves that the daemon stood
// still.
const standstill = time.Second

// Elapsed does what is due at now.
func (m *Machine) Elapsed(now time.Time) []Effect {
	var effects []Effect
	for {
		due, ok := m.Deadline()
		if !ok || now.Before(due) {
			return effects
		}
		effects = append(effects, m.due(now)...)
	}
}

// due does one thing that is due, and takes its deadline away.
func (m *Machine) due(now time.Time) []Effect {
	past := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	late := func(t time.Time) bool { return now.Sub(t) > standstill }
	switch m.Phase {
	case Waiting:
		switch {
		case past(m.ReadyDue) && late(m.ReadyDue):
			m.ReadyDue = now.Add(m.Policy.ReadyTimeout)
		case past(m.ReadyDue):
			return m.giveUp(" within "+span(now.Sub(m.Begun)), m.missing())
		default:
			return []Effect{m.look(now)}
		}
	case Watching:
		switch {
		case past(m.QuitDue) && late(m.QuitDue):
			m.QuitDue = now.Add(m.Policy.StopWait)
		case past(m.QuitDue):
			return m.stuck()
		case past(m.AliveDue) && late(m.AliveDue):
			m.AliveDue = now.Add(m.Period)
		case past(m.AliveDue):
			return m.starved("no WATCHDOG=1 for " + span(m.Period))
		default:
			return []Effect{m.check(now)}
		}
	case Idle, Answered, GaveUp, Ending: // nothing is due
	}
	return nil
}

// Deadline returns the earliest instant at which Elapsed does something, and whether
// there is one.
func (m *Machine) Deadline() (at time.Time, ok bool) {
	for _, t := range [...]time.Time{m.ReadyDue, m.Next, m.AliveDue, m.QuitDue} {
		if !t.IsZero() && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	return at, ok
}
