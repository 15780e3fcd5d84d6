package check

import (
	"time"

	"reeve/config/health"
)

// Notice is a message of the sd_notify protocol, decoded. The zero value says nothing.
type Notice struct {
	Ready     bool
	Stopping  bool
	Reloading bool
	Monotonic time.Duration // MONOTONIC_USEC, with Reloading
	Status    *string
	MainPid   int // 0: not said
	Errno     *int
	Alive     bool           // WATCHDOG=1
	Trigger   bool           // WATCHDOG=trigger
	Period    *time.Duration // WATCHDOG_USEC
	Extend    time.Duration  // EXTEND_TIMEOUT_USEC
}

// Told is what the program has said about itself in this run.
type Told struct {
	Status     string
	MainPid    int
	Errno      int
	Stopping   bool
	Reloading  bool
	ReloadedAt time.Duration // its MONOTONIC_USEC of the last RELOADING=1
}

// take notes what a message says. Of several states in one, STOPPING counts before READY
// and READY before RELOADING, as with systemd.
func (t *Told) take(n Notice) {
	if n.Status != nil {
		t.Status = *n.Status
	}
	if n.MainPid != 0 {
		t.MainPid = n.MainPid
	}
	if n.Errno != nil {
		t.Errno = *n.Errno
	}
	switch {
	case n.Stopping:
		t.Stopping, t.Reloading = true, false
	case n.Ready:
		t.Stopping, t.Reloading = false, false
	case n.Reloading:
		t.Reloading, t.ReloadedAt = true, n.Monotonic
	}
}

// Notified reports a message of the program.
func (m *Machine) Notified(now time.Time, n Notice) []Effect {
	if m.Phase == Idle {
		return nil
	}
	before := m.Told
	m.Told.take(n)
	var effects []Effect
	if m.Told != before {
		effects = append(effects, Noted{})
	}
	if n.Period != nil && m.Policy.Watchdog != 0 {
		m.Period = *n.Period
	}
	switch m.Phase {
	case Waiting, Answered:
		effects = append(effects, m.notifiedEarly(now, n)...)
	case Watching:
		effects = append(effects, m.notifiedRunning(now, n, before.Stopping)...)
	case GaveUp, Ending:
		if n.Extend > 0 {
			effects = append(effects, ExtendStop{now.Add(n.Extend)})
		}
	case Idle:
	}
	return effects
}

// notifiedEarly handles a message of a program that is not RUNNING yet. That it is alive
// counts from READY=1 on: both may come in one message, or in two before the process is
// RUNNING.
func (m *Machine) notifiedEarly(now time.Time, n Notice) (effects []Effect) {
	switch {
	case n.Trigger && m.Policy.Watchdog != 0:
		return m.giveUp("", "it sent WATCHDOG=trigger")
	case n.Ready && !n.Stopping && m.awaits(health.Notify):
		effects = m.answer(now)
	default:
		extend(&m.ReadyDue, now, n.Extend)
	}
	if n.Alive && m.Phase == Answered {
		m.Fed = Good
	}
	return effects
}

// notifiedRunning handles a message of a RUNNING program.
func (m *Machine) notifiedRunning(now time.Time, n Notice, stopped bool) []Effect {
	was := m.Health()
	switch {
	case m.Told.Stopping && !stopped:
		return m.quits(now)
	case m.Told.Stopping:
		extend(&m.QuitDue, now, n.Extend)
		return nil
	case stopped: // it has changed its mind
		m.QuitDue, m.Overdue = time.Time{}, false
		m.schedule(now)
		m.feed(now)
	}
	if n.Trigger && m.Period > 0 {
		if m.Fed == Bad {
			return nil // that is known
		}
		return m.starved("it sent WATCHDOG=trigger")
	}
	if n.Period != nil {
		m.feed(now)
	}
	if n.Alive && m.Period > 0 {
		m.Fed = Good
		m.feed(now)
	}
	extend(&m.AliveDue, now, n.Extend)
	if m.Health() == Unknown && was != Unknown {
		return []Effect{Noted{}} // what was known came from a watchdog that is off now
	}
	return m.recovered(was)
}

// quits handles STOPPING=1. A program that is about to end answers nothing, and must not
// be restarted for that; but an end that does not come is no end.
func (m *Machine) quits(now time.Time) []Effect {
	m.Next, m.AliveDue = time.Time{}, time.Time{}
	if m.Policy.Judged() {
		m.QuitDue = now.Add(m.Policy.StopWait)
	}
	return m.cancel()
}

// extend moves a deadline that is set, never to an earlier time.
func extend(due *time.Time, now time.Time, by time.Duration) {
	if at := now.Add(by); by > 0 && !due.IsZero() && at.After(*due) {
		*due = at
	}
}
