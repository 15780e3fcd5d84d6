package order

import "slices"

// Saved is what a Machine remembers beside the processes themselves. It is taken when no
// effect is left to carry out.
type Saved struct {
	Active    bool           `json:",omitempty"`
	Ending    bool           `json:",omitempty"`
	Processes []SavedProcess `json:",omitempty"` // those with something to remember, by ID
}

// SavedProcess is what is under way for one process.
type SavedProcess struct {
	ID      ID
	Want    want   `json:",omitzero"` // the start that waits
	Again   want   `json:",omitzero"` // the start that follows the stop under way
	Leave   leave  `json:",omitempty"`
	Stop    want   `json:",omitzero"`
	Seq     uint64 `json:",omitempty"`
	At      int    `json:",omitempty"` // the need that it is said to wait for
	Owes    bool   `json:",omitempty"`
	Owed    ID     `json:",omitempty"`
	Barred  bool   `json:",omitempty"`
	Reached States `json:",omitempty"`
}

// Save returns what Load needs.
func (m *Machine) Save() Saved {
	s := Saved{Active: m.Active(), Ending: m.ending}
	for _, n := range m.byID() {
		p := SavedProcess{
			ID: n.id, Want: n.want, Again: n.again, Leave: n.leave, Stop: n.stop, Owes: n.owes, Owed: n.owed, Barred: n.barred,
		}
		if slices.ContainsFunc(n.in, func(in membership) bool { return in.gate.Condition&since != 0 }) {
			p.Reached = n.reached
		}
		if n.want.set() || n.leave != staying || n.owes {
			p.Seq, p.At = n.seq, n.at
		}
		if p != (SavedProcess{ID: n.id}) {
			s.Processes = append(s.Processes, p)
		}
	}
	return s
}

// Load puts a Machine that is zero, but for MaxStarting, into the state that was saved.
// all are the processes and tasks, with their present facts. The error is a *CircleError;
// it can't happen if they are those of the Machine that was saved.
func (m *Machine) Load(s Saved, all []Process) error {
	m.ending = s.Ending
	if s.Active {
		m.nodes, m.places = map[ID]*node{}, map[Target]*place{}
	}
	if _, err := m.Add(all, nil); err != nil {
		return err
	}
	for _, p := range s.Processes {
		if n := m.nodes[p.ID]; n != nil {
			m.load(n, &p)
		}
	}
	for _, n := range m.news {
		m.launch(n) // what is eligible was in the queue
	}
	m.each(&m.news, m.tell)
	m.forget() // it was said before
	return nil
}

func (m *Machine) load(n *node, p *SavedProcess) {
	n.want, n.again, n.leave, n.stop = p.Want, p.Again, p.Leave, p.Stop
	n.owes, n.owed, n.barred, n.seq, n.at = p.Owes, p.Owed, p.Barred, p.Seq, p.At
	n.reached |= p.Reached
	m.seq = max(m.seq, n.seq)
	m.countAsker(n, want{})
	m.refresh(n)
	m.news = append(m.news, n)
}
