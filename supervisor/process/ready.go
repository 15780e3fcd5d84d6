package process

import "time"

// The methods for what checks of a process find out. A policy with Ready keeps a process
// in STARTING until it is.

// Then says what follows a stop that is under way.
type Then int

// What may follow a stop.
const (
	Rest     Then = iota // STOPPED
	Fail                 // BACKOFF, as after a failed start
	StartNow             // a start, for the reason in Machine.Why
)

// Ready reports that the process can do its work. It becomes RUNNING, at the earliest
// when startsecs are over.
func (m *Machine) Ready(now time.Time) []Effect {
	if m.State != Starting || m.Pid == 0 || !m.unready() {
		return nil
	}
	m.IsReady = true
	return m.Elapsed(now, true)
}

// NotReady reports that a process in STARTING is not ready in time. It is stopped, and
// that start counts as failed.
func (m *Machine) NotReady(now time.Time, reason string) []Effect {
	if m.State != Starting || m.Pid == 0 || !m.unready() {
		return nil
	}
	m.SpawnErr = reason
	return m.end(now, Fail)
}

// Extend postpones the SIGKILL of a stop under way.
func (m *Machine) Extend(until time.Time) {
	if m.State == Stopping && m.Pid != 0 && until.After(m.Due) {
		m.Due = until
	}
}

// Restart stops a process, and starts it again when it has ended. Neither its end nor the
// start count as failures.
func (m *Machine) Restart(now time.Time, why Reason) []Effect {
	switch m.State {
	case Starting, Running:
	case Stopped, Backoff, Stopping, Exited, Fatal, Unknown:
		return nil
	}
	m.Why = why
	return m.end(now, StartNow)
}

// Connection starts a process that does not run, because somebody has connected to its
// socket. After an exit it keeps the pace of automatic restarts: a program may end again
// and again without accepting the connection.
func (m *Machine) Connection(now time.Time) []Effect {
	switch m.State {
	case Stopped, Exited:
		m.Then, m.Why = StartNow, WhyConnection
		return m.Elapsed(now, false)
	case Starting, Running, Backoff, Stopping, Fatal, Unknown:
	}
	return nil
}

// end stops a process that has a child, or soon will.
func (m *Machine) end(now time.Time, then Then) []Effect {
	effects := m.Stop(now)
	m.Then = then
	return effects
}
