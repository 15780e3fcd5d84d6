package process

import "time"

// The methods for starts that do not simply succeed or fail.

// Hangs reports that the start under way takes long, and where it hangs. A stop that was
// asked for does not wait for it any more.
func (m *Machine) Hangs(where string) []Effect {
	if !m.Forking || m.Stuck {
		return nil // the start is over, or known to hang
	}
	m.Stuck = true
	effects := []Effect{hangs(m.Name, where)}
	if m.State == Stopping {
		effects = append(effects, Revoke{})
	}
	return effects
}

// Revoked reports that the start was given up: a child that it may still produce is not
// ours.
func (m *Machine) Revoked(now time.Time) []Effect {
	if !m.Forking {
		return nil // nothing was asked for
	}
	if m.State != Stopping {
		return m.SpawnFailed(now, "start given up") // no stop was asked for
	}
	m.Forking, m.Stuck, m.Short = false, false, false
	m.Stopped = now
	return []Effect{m.become(Stopped, 0, 0, false), revoked(m.Name)}
}

// SpawnShort reports that there is no child because the daemon itself lacks something:
// descriptors, processes, memory. That says nothing about the program, so it is not
// counted as a failure, and the start is tried again for as long as the shortage lasts.
func (m *Machine) SpawnShort(now time.Time, reason string) []Effect {
	if !m.Forking || m.State != Starting {
		return m.SpawnFailed(now, reason)
	}
	m.Forking, m.Stuck = false, false
	m.SpawnErr = reason
	m.Due = now.Add(shortagePause)
	changed := m.become(Backoff, m.Failures, 0, false)
	if m.Short {
		return []Effect{changed}
	}
	m.Short = true
	return []Effect{spawnErr(reason), shortage(m.Name), changed}
}

// Again reports that the child of a start is gone, and that the owner has something else to
// start in its place. Whoever watches sees one start.
func (m *Machine) Again(now time.Time) []Effect {
	if m.State != Starting || m.Pid == 0 {
		return nil
	}
	m.Pid, m.Forking, m.Started = 0, true, now
	return []Effect{Spawn{m.Why}}
}

// shortagePause is the time between two tries during a shortage.
const shortagePause = time.Second
