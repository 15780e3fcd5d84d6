package process

import "time"

// What a start that does not simply succeed or fail is told.

// Hangs says that the start under way takes long, and where. A stop that was asked for
// does not wait for it any more.
func (m *Machine) Hangs(where string) []Effect {
	if !m.Forking || m.Stuck {
		return nil // it is over, or known
	}
	m.Stuck = true
	effects := []Effect{hangs(m.Name, where)}
	if m.State == Stopping {
		effects = append(effects, Revoke{})
	}
	return effects
}

// Revoked is the kernel's word that a start was given up: a child that still comes of it
// is not ours.
func (m *Machine) Revoked(now time.Time) []Effect {
	if !m.Forking {
		return nil // nothing was asked for
	}
	if m.State != Stopping {
		return m.SpawnFailed(now, "start given up") // nobody asked for that
	}
	m.Forking, m.Stuck, m.Short = false, false, false
	m.Stopped = now
	return []Effect{m.become(Stopped, 0, 0, false), revoked(m.Name)}
}

// SpawnShort is the kernel's word that there is no child because the daemon itself lacks
// something: descriptors, processes, memory. It says nothing about the program, so it is
// not counted, and tried again for as long as it lasts.
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

// shortagePause is the time between two tries during a shortage.
const shortagePause = time.Second
