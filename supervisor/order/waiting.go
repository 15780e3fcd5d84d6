package order

import "reeve/supervisor/process"

// Waiting returns what a start of the process waits for, with the state as it is now:
// "db (STARTING)". It is empty if none waits.
func (m *Machine) Waiting(id ID) string {
	n := m.nodes[id]
	if n == nil || !n.want.set() {
		return ""
	}
	return m.waits(n)
}

// Obstacle is a process that keeps another one waiting.
type Obstacle struct {
	ID        ID // 0: nothing of that name is active
	Name      string
	Condition Condition
	State     process.State
}

// Obstacles returns what keeps a start of the process waiting, in the order of its needs,
// at most that many. It looks at all processes that are needed.
func (m *Machine) Obstacles(id ID, most int) []Obstacle {
	n := m.nodes[id]
	if n == nil || !n.want.set() {
		return nil
	}
	var all []Obstacle
	for _, g := range n.needs {
		if len(g.place.members) == 0 {
			all = append(all, Obstacle{Name: g.Target.String(), Condition: g.Condition})
		}
		for _, d := range g.place.members {
			if len(all) >= most {
				return all[:most]
			}
			if !d.fulfils(g.Condition) {
				all = append(all, Obstacle{d.id, d.name, g.Condition, d.state()})
			}
		}
	}
	return all
}

// tell returns a Wait if n waits for something else than was said last.
func (m *Machine) tell(n *node) {
	if !n.want.set() {
		n.said = ""
		return
	}
	if n.said != "" && !n.itself && n.at < len(n.needs) && !n.needs[n.at].open && !n.want.alone() {
		return // still the same
	}
	for i := range n.needs { // the next one that is shut
		if at := (n.at + i) % len(n.needs); !n.needs[at].open {
			n.at = at
			break
		}
	}
	n.itself = !n.blocked()
	if text := m.waits(n); text != n.said {
		n.said = text
		m.out = append(m.out, Wait{n.id, text})
	}
}

// waits describes what n waits for.
func (m *Machine) waits(n *node) string {
	if !n.blocked() {
		return "its turn (max_starting)"
	}
	g := n.needs[n.at]
	for ; g.hint < len(g.place.members); g.hint++ {
		if d := g.place.members[g.hint]; !d.fulfils(g.Condition) {
			return d.described(g.Condition)
		}
	}
	return g.Need.String() + " (not active)"
}

// blocked reports whether n waits for something that it needs.
func (n *node) blocked() bool { return n.shut > 0 && !n.want.alone() }

// state returns the state of n as it will be when everything that was returned is carried
// out.
func (n *node) state() process.State {
	if n.flying {
		return process.Starting
	}
	return n.facts.State
}

// described names n as something to wait for.
func (n *node) described(c Condition) string {
	return n.name + suffix(c) + " (" + n.state().String() + ")"
}
