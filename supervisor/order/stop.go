package order

import "reeve/supervisor/process"

// Stop asks for stops. Each process is stopped when those have stopped that need it and
// are to stop as well; what has no relation is stopped at once, in the order of ids. A
// process that is not asked for but has on_dependency=stop and needs one of them goes
// first. A start that waits is over.
func (m *Machine) Stop(ids []ID, reason string) []Effect {
	m.sweep++
	for _, id := range ids {
		if n := m.nodes[id]; n != nil {
			m.cancel(n)
		}
	}
	for _, id := range ids {
		if n := m.nodes[id]; n != nil {
			m.dismiss(n, want{Asked: reason})
		} else {
			m.out = append(m.out, Stop{ID: id, Reason: reason})
		}
	}
	return m.settle()
}

// Restart asks for stops, each followed by a start; a process that does not run is only
// started. The stops are in the order of Stop, and a start waits for what it needs to be
// there again. A Machine that is not Active has no memory for what follows a stop: there
// the owner does a restart itself.
func (m *Machine) Restart(ids []ID, r Request) []Effect {
	m.sweep++
	for _, id := range ids {
		switch n := m.nodes[id]; {
		case n == nil:
			m.out = append(m.out, Over{id})
		case n.running() && !m.ending:
			retry := n.want // of one in BACKOFF
			m.lower(n, want{})
			m.dismiss(n, want{Asked: r.want().reason()})
			n.again = n.again.and(retry).and(r.want())
		default:
			m.ask(n, r.want())
		}
	}
	for _, id := range ids {
		if n := m.nodes[id]; n != nil {
			m.pull(n)
		}
	}
	return m.settle()
}

// End begins the daemon's end: no start that waits takes place, none is asked for any
// more, and what is stopped from now on takes everything that needs it along. The owner
// then calls Stop for one process after the other or for several.
func (m *Machine) End() []Effect {
	m.ending = true
	for _, n := range m.byID() {
		m.cancel(n)
		n.owes = false
	}
	return m.settle()
}

// running reports whether there is something to stop.
func (n *node) running() bool { return n.flying || n.facts.State.IsRunning() }

// dismiss marks n as to be stopped, after the dependants that follow it.
func (m *Machine) dismiss(n *node, why want) {
	if n.leave != staying || !n.running() {
		return
	}
	if n.want.set() { // in BACKOFF
		m.cancel(n)
	}
	n.leave, n.stop, n.owes = pending, why, false
	m.dismissUsers(n)
	m.seq++
	n.seq = m.seq
	m.refresh(n)
	m.calm = append(m.calm, n)
}

// dismissUsers marks those as to be stopped that run, need n and follow it.
func (m *Machine) dismissUsers(n *node) {
	for _, in := range n.in {
		g := in.gate
		if g.swept == m.sweep || !m.ending && (n.oneshot || !g.Condition.up()) {
			continue
		}
		g.swept = m.sweep
		for _, u := range g.users {
			if m.ending || u.on == StopToo {
				m.dismiss(u, want{Asked: reasonDependency, By: n.id})
			}
		}
	}
}

// fell handles that something that was up is not any more: it stopped or died.
func (m *Machine) fell(n *node) {
	for _, in := range n.in {
		if in.met || n.oneshot || !in.gate.Condition.up() {
			continue
		}
		for _, u := range in.gate.users {
			switch {
			case !u.running() || u.leave != staying:
			case u.on == StopToo:
				m.dismiss(u, want{Asked: reasonDependency, By: n.id})
			case u.on == RestartAfter && u.facts.State != process.Backoff:
				m.seq++
				u.owed, u.owes, u.seq = n.id, true, m.seq
			}
		}
	}
}

// repay restarts a process that owes a restart, now that everything that it needs holds
// again.
func (m *Machine) repay(n *node) {
	n.owes = false
	m.sweep++
	m.dismiss(n, want{Asked: reasonDependency, By: n.owed})
	n.again = n.again.and(want{Auto: reasonDependency, By: n.owed})
}
