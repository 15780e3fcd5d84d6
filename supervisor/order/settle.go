package order

import (
	"cmp"
	"slices"

	"reeve/supervisor/process"
)

// Changed tells the Machine what is known of a process now. The owner calls it after each
// transition and whenever another fact changes, and after it has carried out a Start or
// Stop, even if nothing came of it. For a process that is not known it does nothing.
func (m *Machine) Changed(id ID, f Facts) []Effect {
	n := m.nodes[id]
	if n == nil || f == n.facts && !n.flying && n.leave == staying {
		return nil
	}
	m.sweep++
	was := n.facts.up()
	n.facts, n.flying = f, false
	n.reached |= f.Reached | StatesOf(f.State)
	switch f.State {
	case process.Starting, process.Running:
		n.barred = false
		if n.want.set() { // it was started without being asked for here
			m.over(n)
			m.lower(n, want{})
		}
	case process.Stopped, process.Exited, process.Fatal:
		n.owes = false
		m.ended(n)
	case process.Unknown: // nothing more can be done about it
		n.owes = false
		m.ended(n)
		m.cancel(n)
	case process.Backoff, process.Stopping:
		n.owes = false
	}
	m.refresh(n)
	if was && !f.up() && !m.ending {
		m.fell(n)
	}
	if n.hopeless() {
		m.sunk = append(m.sunk, sinking{node: n})
	}
	if n.want.set() {
		m.free = append(m.free, n)
	}
	return m.settle()
}

// ended does what follows when n has no child any more.
func (m *Machine) ended(n *node) {
	stopped, again := n.leave != staying, n.again
	n.leave, n.stop, n.again = staying, want{}, want{}
	switch {
	case again.set():
		m.refresh(n)
		m.ask(n, again)
		m.pull(n)
	case stopped && n.facts.Restarts:
		n.barred = true // it was quicker than the stop
	}
}

// hopeless reports whether n stays where it is unless somebody asks for a start.
func (n *node) hopeless() bool {
	if n.flying || n.leave != staying || n.want.set() || n.again.set() {
		return false
	}
	switch n.facts.State {
	case process.Stopped, process.Fatal, process.Unknown:
		return true
	case process.Exited:
		return !n.facts.Restarts || n.barred
	case process.Starting, process.Running, process.Backoff, process.Stopping:
	}
	return false
}

// sinking is a process, or a gate without any, that will not get where others wait for
// it. If the cause lies behind it, root and text say what it is.
type sinking struct {
	node *node
	gate *gate
	root ID
	text string
}

// settle does everything that follows from what has changed, and returns what is to be
// done. Failures come first, so that nothing is started for a start that can't succeed.
func (m *Machine) settle() []Effect {
	for {
		switch {
		case len(m.sunk) > 0:
			s := m.sunk[len(m.sunk)-1]
			m.sunk = m.sunk[:len(m.sunk)-1]
			m.sink(s)
		case len(m.calm) > 0:
			m.each(&m.calm, m.release)
		case len(m.free) > 0:
			m.each(&m.free, m.launch)
		case len(m.queue) > 0 && m.busy < m.MaxStarting:
			n := m.queue[0]
			m.queue = slices.Delete(m.queue, 0, 1)
			n.queued = false
			if n.eligible() {
				m.start(n)
			}
		case len(m.news) > 0:
			m.each(&m.news, m.tell)
		default:
			out := m.out
			m.out = nil
			return out
		}
	}
}

// each empties a list and calls f for what was on it, in the order in which starts and
// stops were asked for.
func (m *Machine) each(list *[]*node, f func(*node)) {
	nodes := *list
	*list, m.used = m.used, nil
	if len(nodes) > 1 {
		slices.SortStableFunc(nodes, func(a, b *node) int { return cmp.Compare(a.seq, b.seq) })
	}
	for _, n := range nodes {
		f(n)
	}
	clear(nodes)
	m.used = nodes[:0]
}

// forget discards what is left to do.
func (m *Machine) forget() { m.out, m.free, m.calm, m.sunk, m.news = nil, nil, nil, nil, nil }

// release stops n if it is to be stopped and nothing has to stop before. What needs it may
// have been started since the stop was asked for.
func (m *Machine) release(n *node) {
	if n.leave != pending {
		return
	}
	if m.dismissUsers(n); n.block > 0 {
		return
	}
	n.leave = sent
	m.out = append(m.out, Stop{n.id, n.stop.Asked, n.stop.By})
}

// eligible reports whether n waits for a start and nothing is in the way.
func (n *node) eligible() bool {
	return n.want.set() && n.leave == staying && !n.flying && n.facts.startable() && (n.shut == 0 || n.want.alone())
}

// launch starts n if it is eligible, or restarts it if it owes that.
func (m *Machine) launch(n *node) {
	switch {
	case n.owes && n.shut == 0 && n.leave == staying && n.facts.State != process.Stopping:
		m.repay(n)
	case !n.eligible() || n.queued:
	case m.MaxStarting == 0 || n.name == "":
		m.start(n)
	default:
		n.queued = true
		at, _ := slices.BinarySearchFunc(m.queue, n, func(a, b *node) int { return cmp.Compare(a.seq, b.seq) })
		m.queue = slices.Insert(m.queue, at, n)
	}
}

func (m *Machine) start(n *node) {
	w := n.want
	n.flying, n.said = true, ""
	m.lower(n, want{})
	m.out = append(m.out, Start{n.id, w.reason(), w.By})
}

// sink makes the explicit starts fail that wait for what will not get there.
func (m *Machine) sink(s sinking) {
	if s.gate != nil {
		if len(s.gate.place.members) == 0 {
			m.failUsers(s.gate, 0, s.gate.Need.String()+" (not active)", "")
		}
		return
	}
	if s.root == 0 && s.text == "" && !s.node.hopeless() {
		return // it was asked for meanwhile
	}
	for _, in := range s.node.in {
		if in.met || in.gate.askers == 0 {
			continue
		}
		own := s.node.described(in.gate.Condition)
		if s.text == "" {
			m.failUsers(in.gate, s.node.id, own, "")
		} else {
			m.failUsers(in.gate, s.root, s.text, s.node.name+suffix(in.gate.Condition))
		}
	}
}

// failUsers makes the explicit starts of a gate's users fail. root is what the cause is;
// via, if not empty, is what lies between.
func (m *Machine) failUsers(g *gate, root ID, text, via string) {
	for _, u := range g.users {
		if !u.want.Deps {
			continue
		}
		reason := "needs " + text
		if via != "" {
			reason = "needs " + via + ", which waits for " + text
		}
		m.out = append(m.out, Fail{u.id, root, reason})
		m.lower(u, want{Auto: u.want.Auto})
		m.sunk = append(m.sunk, sinking{node: u, root: root, text: text})
	}
}
