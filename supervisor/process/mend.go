package process

// Mend makes the machine possible again after a panic, which may have interrupted its
// owner or itself between two steps. child reports whether there is one with its pid.
// wrong says what was wrong, in a few words; empty: nothing. start: a start has to be made
// (again) and answered; if none is, and Forking is set, Revoked has to be called.
func (m *Machine) Mend(child bool) (wrong string, start bool) {
	if !child {
		m.Pid = 0
	}
	if m.Pid != 0 {
		m.Forking, m.Stuck = false, false
		switch m.State {
		case Starting, Running, Stopping, Unknown:
			return wrong, false
		case Stopped, Backoff, Exited, Fatal:
			wrong = "it was " + m.State.String() + " with a child"
		default:
			wrong = noState
		}
		m.State = Running
		return wrong, false
	}
	switch m.State {
	case Starting:
		if !m.Forking {
			wrong = "it was STARTING without a start"
		}
		m.Forking, m.Stuck = true, false
		return wrong, true
	case Running:
		wrong = "it was RUNNING without a child"
		m.State, m.Forking, m.Stuck = Starting, true, false
		return wrong, true
	case Stopping: // there is nothing to wait for
		if m.Forking {
			return wrong, false // Revoked follows
		}
		m.State, wrong = Stopped, "it was STOPPING without a child"
	case Stopped, Backoff, Exited, Fatal, Unknown:
		m.Forking, m.Stuck = false, false
	default:
		m.State, m.Forking, m.Stuck, wrong = Stopped, false, false, noState
	}
	return wrong, false
}

const noState = "it had no state"
