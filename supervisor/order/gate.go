package order

import (
	"cmp"
	"slices"

	"reeve/supervisor/process"
)

// place is what processes have in common that match a target.
type place struct {
	members []*node
	gates   []*gate
}

// gate stands for a need, for all that have it: it is open while all processes that
// match its target fulfil its condition. One without any process is shut.
type gate struct {
	Need
	place   *place
	users   []*node // the dependants
	open    bool
	unmet   int    // members that do not fulfil the condition
	hint    int    // the members before it fulfil it
	askers  int    // users with a start that pulls in what it needs
	leaving int    // users that are to stop or stopping
	swept   uint64 // the call that looked at its users last
}

// membership is a process's place in a gate.
type membership struct {
	gate *gate
	met  bool // it fulfils the condition
}

func (m *Machine) place(t Target) *place {
	at := m.places[t]
	if at == nil {
		at = &place{}
		m.places[t] = at
	}
	return at
}

// enter makes n a member of g.
func (m *Machine) enter(n *node, g *gate) {
	met := n.fulfils(g.Condition)
	at, _ := slices.BinarySearchFunc(n.in, g, func(in membership, g *gate) int { return in.gate.compare(g) })
	n.in = slices.Insert(n.in, at, membership{g, met})
	if !met {
		g.unmet++
	}
	if g.leaving > 0 {
		n.block++
	}
	m.swing(g)
}

// compare gives the gates of a process an order that does not depend on how they came
// about, so that a Machine that was restored does everything in the same order.
func (g *gate) compare(o *gate) int {
	return cmp.Or(
		cmp.Compare(g.Target.Program, o.Target.Program), cmp.Compare(g.Target.Process, o.Target.Process),
		cmp.Compare(g.Condition, o.Condition),
	)
}

// gate returns the gate of a need, a new one if it is the first that needs that.
func (m *Machine) gate(need Need) *gate {
	at := m.place(need.Target)
	for _, g := range at.gates {
		if g.Condition == need.Condition {
			return g
		}
	}
	g := &gate{Need: need, place: at}
	at.gates = append(at.gates, g)
	for _, n := range at.members {
		m.enter(n, g)
	}
	return g
}

// drop removes a gate that nobody needs.
func (m *Machine) drop(g *gate) {
	for _, n := range g.place.members {
		n.in = slices.DeleteFunc(n.in, func(in membership) bool { return in.gate == g })
	}
	g.place.gates = slices.DeleteFunc(g.place.gates, func(o *gate) bool { return o == g })
	m.tidy(g.Target, g.place)
}

func (m *Machine) tidy(t Target, at *place) {
	if len(at.members) == 0 && len(at.gates) == 0 {
		delete(m.places, t)
	}
}

// fulfils reports whether n is what c asks for, and will be. What is to be stopped or
// started again is not.
func (n *node) fulfils(c Condition) bool {
	if c&since != 0 {
		return n.reached&States(c&^since) != 0
	}
	if n.flying || n.leave != staying || n.want.set() {
		return false
	}
	return n.facts.Holds(c, n.oneshot)
}

// leaving reports whether what it needs must not be stopped before it has stopped.
func (n *node) leaving() bool { return n.leave != staying || n.facts.State == process.Stopping }

// refresh brings what others know of n up to date. It follows every change of n.
func (m *Machine) refresh(n *node) {
	for i := range n.in {
		in := &n.in[i]
		if met := n.fulfils(in.gate.Condition); met != in.met {
			in.met = met
			if met {
				in.gate.unmet--
			} else {
				in.gate.unmet++
				in.gate.hint = 0
			}
			m.swing(in.gate)
		}
	}
	if busy := n.name != "" && (n.flying || n.facts.State == process.Starting); busy != n.busy {
		n.busy = busy
		if busy {
			m.busy++
		} else {
			m.busy--
		}
	}
	if leaving := n.leaving(); leaving != n.counted {
		n.counted = leaving
		for _, g := range n.needs {
			m.count(g, leaving)
		}
	}
}

// swing opens or shuts a gate, as its members ask for.
func (m *Machine) swing(g *gate) {
	open := g.unmet == 0 && len(g.place.members) > 0
	if open == g.open {
		return
	}
	g.open = open
	for _, n := range g.users {
		if open {
			n.shut--
			if n.shut == 0 {
				m.free = append(m.free, n)
			}
		} else {
			n.shut++
		}
		if n.want.set() {
			m.news = append(m.news, n)
		}
	}
}

// count notes that one more or one less of the users of g is to stop.
func (m *Machine) count(g *gate, more bool) {
	before := g.leaving > 0
	if more {
		g.leaving++
	} else {
		g.leaving--
	}
	if now := g.leaving > 0; now != before {
		for _, n := range g.place.members {
			if now {
				n.block++
			} else if n.block--; n.block == 0 && n.leave == pending {
				m.calm = append(m.calm, n)
			}
		}
	}
}
