package process

import "slices"

// Changed gives the machine another policy. It holds at once, but for what was settled
// when the run under way began: how long a start takes, how it is known to have succeeded,
// whether it is a oneshot. That follows with the next start, and so does what would make a
// start follow an end that is over: nothing is started because of a change.
func (m *Machine) Changed(p Policy) {
	now := p
	switch m.State {
	case Starting, Running, Stopping, Unknown:
		now.StartFor, now.Ready, now.Oneshot = m.Policy.StartFor, m.Policy.Ready, m.Policy.Oneshot
	case Exited:
		now.Oneshot = m.Policy.Oneshot
		if !m.Restarts() && p.restarts(m.ExitStatus) {
			now.Autorestart, now.ExitCodes = m.Policy.Autorestart, m.Policy.ExitCodes
		}
	case Stopped, Backoff, Fatal:
	}
	m.Policy, m.Coming = now, nil
	if now.StartFor != p.StartFor || now.Ready != p.Ready || now.Oneshot != p.Oneshot || now.Autorestart != p.Autorestart ||
		!slices.Equal(now.ExitCodes, p.ExitCodes) {
		m.Coming = &p
	}
}

// renew puts the policy in force that was waiting for a start.
func (m *Machine) renew() {
	if m.Coming != nil {
		m.Policy, m.Coming = *m.Coming, nil
	}
}

// Fresh reports whether the first start of a process, by autostart, is to come or would be
// if the policy had that.
func (m *Machine) Fresh() bool { return m.State == Stopped && m.Started.IsZero() && !m.Waived }
