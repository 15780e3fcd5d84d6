package check

import (
	"time"

	"reeve/config/health"
)

// The pauses between two looks while the program is not ready: short at first, because
// most programs are ready soon, and others wait for them.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
)

// look asks whether the program is ready.
func (m *Machine) look(now time.Time) Effect {
	return m.probe(now, m.Await, max(min(m.Policy.Timeout, m.ReadyDue.Sub(now)), firstPause))
}

// waited handles the outcome of a look. While the program is not ready it makes no
// difference whether it did not answer or could not be asked.
func (m *Machine) waited(now time.Time, r Result) []Effect {
	if r.Outcome == Success {
		return m.answer(now)
	}
	m.failed(now, m.Await, r)
	switch {
	case m.Policy.ReadyInterval > 0:
		m.Pause = m.Policy.ReadyInterval
	default:
		m.Pause = min(max(2*m.Pause, firstPause), lastPause)
	}
	m.Next = now.Add(m.Pause)
	return nil
}

// hasten has the next look as soon as ready_interval says now, if that is earlier than it
// was said to be.
func (m *Machine) hasten(now time.Time) {
	pause := m.Policy.ReadyInterval
	if pause == 0 {
		pause = firstPause
	}
	if at := now.Add(pause); at.Before(m.Next) {
		m.Pause, m.Next = pause, at
	}
}

// failed records a probe that did not succeed.
func (m *Machine) failed(now time.Time, t health.Target, r Result) {
	m.Last = Last{now.Round(0), t.Text + ": " + r.Detail, r.Output}
}

// answer notes that the program is ready.
func (m *Machine) answer(now time.Time) []Effect {
	effects := m.become(Answered)
	return append(effects, ready(m.Name, now.Sub(m.Since), m.Await.Text), Ready{})
}

// giveUp ends the wait: the start has failed.
func (m *Machine) giveUp(when, why string) []Effect {
	effects := m.become(GaveUp)
	return append(effects, notReady(m.Name, when, why), NotReady{notReadyText(when, why)})
}

// missing says what the program did not do.
func (m *Machine) missing() string {
	switch m.Await.Kind {
	case health.Notify:
		return "no READY=1"
	case health.Descriptor:
		return "no newline on descriptor " + decimal(m.Await.FD)
	case health.Line:
		return "no line matched " + m.Await.Pattern
	case health.TCP, health.Unix, health.HTTP, health.Exec, health.File:
		if m.Pause != 0 {
			return m.Last.Detail
		}
	case health.None:
	}
	return m.Await.Text + ": no answer"
}

// awaits reports whether a program that is not ready yet is so by a word of that kind.
func (m *Machine) awaits(k health.Kind) bool { return m.Phase == Waiting && m.Await.Kind == k }

// Matched reports that a line of the program's output matched the pattern of `ready`.
func (m *Machine) Matched(now time.Time) []Effect {
	if !m.awaits(health.Line) {
		return nil
	}
	return m.answer(now)
}

// Newline reports that the program wrote a newline to the descriptor of `ready`.
func (m *Machine) Newline(now time.Time) []Effect {
	if !m.awaits(health.Descriptor) {
		return nil
	}
	return m.answer(now)
}

// Closed reports that nobody holds the descriptor of `ready` any more: no newline can
// come.
func (m *Machine) Closed(time.Time) []Effect {
	if !m.awaits(health.Descriptor) {
		return nil
	}
	return m.giveUp("", "descriptor "+decimal(m.Await.FD)+" was closed without a newline")
}
