package order

// Change gives processes other needs, another on_dependency, or makes one a oneshot or not.
// What runs goes on, whatever it needs now; a start that waits, waits for what it needs
// now. The owner has made sure that the needs of all processes form no circle (Circle).
func (m *Machine) Change(batch []Process) []Effect {
	for i := range batch {
		if n := m.nodes[batch[i].ID]; n != nil {
			m.unlink(n)
			n.on, n.oneshot = batch[i].OnDependency, batch[i].Oneshot
		}
	}
	for i := range batch {
		n := m.nodes[batch[i].ID]
		if n == nil {
			continue
		}
		m.link(n, batch[i].Needs)
		for _, g := range n.needs {
			if n.counted {
				m.count(g, true)
			}
			if n.want.Deps {
				g.askers++
			}
		}
		if n.want.set() {
			n.at = 0
			m.free, m.news = append(m.free, n), append(m.news, n)
			m.pull(n)
		}
	}
	return m.settle()
}

// Again asks for starts of what was stopped for a change, as automatic ones: they wait for
// what they need, and start nothing else. That a process was about to be started when the
// stop came is no reason to leave it off.
func (m *Machine) Again(ids []ID, r Request) []Effect {
	for _, id := range ids {
		if n := m.nodes[id]; n != nil {
			n.barred = false
		}
	}
	r.Mode = Automatic
	return m.Start(ids, r)
}

// Owes reports whether a process that runs is restarted when all that it needs is there
// again, because something of it stopped or died.
func (m *Machine) Owes(id ID) bool {
	n := m.nodes[id]
	return n != nil && n.owes
}

// unlink takes the needs of a process away.
func (m *Machine) unlink(n *node) {
	for _, g := range n.needs {
		if n.counted {
			m.count(g, false)
		}
		if n.want.Deps {
			g.askers--
		}
		g.users = remove(g.users, n)
		if len(g.users) == 0 {
			m.drop(g)
		}
	}
	n.needs, n.shut, n.said, n.itself = nil, 0, "", false
	m.refresh(n)
}

// Circle returns the error that Add would return for processes that are alone; nil: they
// form no circle.
func Circle(all []Process) error {
	if _, err := new(Machine).Add(all, nil); err != nil {
		return err
	}
	return nil
}
