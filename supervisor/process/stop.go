package process

import (
	"slices"
	"syscall"
	"time"
)

// The methods for requests to stop, and for signals.

// Stop asks the process to stop. A process that waits for its next start is STOPPED at
// once; its count of failures stays (fact 143).
func (m *Machine) Stop(now time.Time) []Effect {
	switch m.Then = Rest; m.State {
	case Backoff:
		m.Short = false
		return []Effect{killedInBackoff(m.Name), m.become(Stopped, 0, 0, false)}
	case Starting, Running:
		m.Due = now.Add(m.Policy.waitAfter(1))
		changed := m.become(Stopping, 0, m.Pid, false)
		switch {
		case m.Stuck:
			return []Effect{changed, Revoke{}}
		case m.Pid == 0:
			return []Effect{changed} // Spawned will send the signal
		}
		kill := m.firstSignal()
		// The log line comes first, the signal last.
		return slices.Insert(kill, len(kill)-1, changed)
	case Exited:
		if m.Stoppable() {
			return []Effect{m.become(Stopped, 0, 0, false)}
		}
	case Stopped:
		if m.Stoppable() {
			m.Waived, m.Pending = true, false
		}
	case Stopping, Fatal, Unknown:
	}
	return nil
}

// CallOff ends the wait of a process that has no child for its next start, as Stop does. A
// process with a child is left alone.
func (m *Machine) CallOff() []Effect {
	switch m.State {
	case Stopped, Exited:
		return m.Stop(time.Time{})
	case Starting, Running, Backoff, Stopping, Fatal, Unknown:
	}
	return nil
}

// Stoppable reports whether there is something to stop: a child, or a start that waits. A
// wait in EXITED for the pace of Limiter does not count: it is too short to be seen (fact
// 141: sets of states).
func (m *Machine) Stoppable() bool {
	switch m.State {
	case Starting, Running, Backoff:
		return true
	case Exited:
		return m.Pending || m.Policy.Delays.Delay > 0 && m.Policy.restarts(m.ExitStatus)
	case Stopped:
		return m.Pending || m.first() && m.Policy.StartDelay > 0
	case Stopping:
		return m.Then != Rest
	case Fatal, Unknown:
	}
	return false
}

// first reports whether the first start of a process with autostart is to come.
func (m *Machine) first() bool { return m.Policy.Autostart && m.Started.IsZero() && !m.Waived }

// firstSignal sends the first signal of a stop.
func (m *Machine) firstSignal() []Effect {
	m.Signals = 1
	return m.kill(m.Policy.StopSignal.First(), m.Policy.StopAsGroup)
}

// nextSignal sends the signal that follows when the time of the one before is over.
func (m *Machine) nextSignal(now time.Time) []Effect {
	if sent := max(m.Signals, 1); sent < m.Policy.StopSignal.signals() {
		next := m.Policy.StopSignal[sent].Signal
		m.Signals = sent + 1
		m.Due = now.Add(m.Policy.waitAfter(m.Signals))
		return m.kill(next, m.Policy.StopAsGroup)
	}
	m.Due = now.Add(max(m.Policy.StopWait, minKillInterval))
	return append([]Effect{sigkill(m.Name, m.Pid)}, m.kill(syscall.SIGKILL, m.Policy.KillAsGroup)...)
}

// kill sends a signal that is meant to end the child.
func (m *Machine) kill(sig syscall.Signal, group bool) []Effect {
	m.Asked = false
	return []Effect{killing(m.Name, m.Pid, sig, group), Kill{m.Pid, sig, group}}
}

// Signal sends a signal that a caller asked for, never to the process group (fact 146).
func (m *Machine) Signal(_ time.Time, sig syscall.Signal) []Effect {
	if m.Pid == 0 {
		return []Effect{notRunning(m.Name, sig)}
	}
	switch m.State {
	case Starting, Running, Stopping:
		m.Asked = true
		return []Effect{sending(m.Name, m.Pid, sig), Kill{m.Pid, sig, false}}
	case Stopped, Backoff, Exited, Fatal, Unknown:
	}
	return nil
}

// SignalFailed reports that the last Kill could not be carried out. If gone is set there
// is no such process any more, and its exit will be reported. Any other failure makes the
// state UNKNOWN.
func (m *Machine) SignalFailed(_ time.Time, _ syscall.Signal, reason string, gone bool) []Effect {
	if m.Pid == 0 {
		return nil // its end is already known
	}
	if gone {
		return []Effect{justGone(m.Name, m.Pid, m.Asked)}
	}
	effects := []Effect{killProblem(m.Name, m.Pid, reason, m.Asked)}
	if m.State == Unknown {
		return effects
	}
	return append(effects, m.become(Unknown, 0, 0, false))
}
