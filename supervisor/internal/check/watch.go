package check

import (
	"time"

	"reeve/config/health"
)

// startInterval is the pause between two checks in the start period, if health_interval
// is not shorter (Docker's start-interval): a program that others wait for is found
// healthy soon.
const startInterval = 5 * time.Second

// Running reports that the process is RUNNING.
func (m *Machine) Running(now time.Time) []Effect {
	switch m.Phase {
	case Answered:
		effects := m.become(Watching)
		m.Begun = now
		if m.Told.Stopping {
			return append(effects, m.quits(now)...)
		}
		m.schedule(now)
		m.feed(now)
		return append(effects, m.recovered(Unknown)...)
	case Idle, Waiting, Watching, GaveUp, Ending:
	}
	return nil
}

// schedule sets the next check.
func (m *Machine) schedule(now time.Time) {
	if m.Policy.Health.Kind == health.None {
		return
	}
	pause := m.Policy.Interval
	if m.starting(now) {
		pause = min(pause, startInterval)
	}
	m.Next = now.Add(pause)
}

// starting reports whether a check that began at that time is in the start period, which
// the first success ends.
func (m *Machine) starting(at time.Time) bool {
	return !m.Proven && at.Before(m.Begun.Add(m.Policy.StartPeriod))
}

// check asks whether the program is healthy.
func (m *Machine) check(now time.Time) Effect {
	return m.probe(now, m.Policy.Health, m.Policy.Timeout)
}

// checked handles the outcome of a check.
func (m *Machine) checked(now time.Time, r Result) []Effect {
	was, unableBefore := m.Health(), m.Unable
	m.Unable = r.Outcome == Inconclusive
	m.Proven = m.Proven || r.Outcome == Success
	m.schedule(now)
	switch r.Outcome {
	case Success:
		m.Probes, m.Failures = Good, 0
		return m.recovered(was)
	case Inconclusive:
		if !unableBefore {
			return []Effect{unable(m.Name, m.Policy.Health.Text, r.Detail)}
		}
		return nil
	case Failure:
	}
	m.failed(now, m.Policy.Health, r)
	if m.starting(m.Asked) {
		return nil
	}
	m.Failures++
	if m.Failures < m.Policy.Retries || m.Probes == Bad {
		return nil
	}
	m.Probes = Bad
	return m.unhealthy(inARow(m.Failures, m.Last.Detail), false)
}

// recovered returns the effects of something good, if it has made the program healthy.
func (m *Machine) recovered(was Verdict) []Effect {
	if was == Good || m.Health() != Good {
		return nil
	}
	return []Effect{healthy(m.Name), Healthy{}}
}

// unhealthy returns the effects of a verdict that has become Bad.
func (m *Machine) unhealthy(reason string, watchdog bool) []Effect {
	action := m.Policy.Action
	sig := action.Signal
	// The watchdog's signal comes first, so that the program leaves a core behind. Where
	// the action does not end the program, the watchdog does not either.
	if watchdog && (action.Do == health.Restart || action.Do == health.Stop) {
		sig = m.Policy.WatchdogSignal
	}
	effects := []Effect{unhealthy(m.Name, reason, action.Do, sig)}
	if sig != 0 {
		effects = append(effects, Signal{sig})
	}
	return append(effects, Unhealthy{reason, action.Do})
}

// feed restarts the watchdog's time.
func (m *Machine) feed(now time.Time) {
	m.AliveDue = time.Time{}
	if m.Period > 0 {
		m.AliveDue = now.Add(m.Period)
	}
}

// starved handles a watchdog that was not fed. The next WATCHDOG=1 starts it again.
func (m *Machine) starved(reason string) []Effect {
	m.AliveDue, m.Fed = time.Time{}, Bad
	return m.unhealthy(reason, true)
}

// stuck handles a program that said that it stops, and does not.
func (m *Machine) stuck() []Effect {
	m.QuitDue, m.Overdue = time.Time{}, true
	return m.unhealthy("it said STOPPING=1 and did not end", false)
}

// Changed gives the machine other settings. What is asked of a start holds from the next
// one on; checks begin again if they are different.
func (m *Machine) Changed(now time.Time, p Policy) []Effect {
	before := m.Policy
	m.Policy = p
	switch m.Phase {
	case Watching:
		if before.Health.Text == p.Health.Text && before.Interval == p.Interval && before.Retries == p.Retries {
			return nil
		}
		effects := m.cancel()
		m.Begun, m.Next, m.Probes, m.Failures, m.Proven = now, time.Time{}, Unknown, 0, false
		if !m.Told.Stopping {
			m.schedule(now)
		}
		return append(effects, Noted{})
	case Waiting:
		if before.ReadyInterval != p.ReadyInterval {
			m.hasten(now)
		}
	case Idle, Answered, GaveUp, Ending:
	}
	return nil
}
