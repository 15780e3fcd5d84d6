package order

import (
	"cmp"
	"maps"
	"slices"
)

// ID is how the owner of a Machine names a process: a number that is not used again for
// another one.
type ID uint64

// Process is what a Machine has to know of a process. One without a name is no process but
// a task: something else that is to be done when its needs hold. Its Start says so; it is
// found by no need, and its facts do not matter.
type Process struct {
	ID                   ID
	Group, Program, Name string
	Oneshot              bool
	Needs                []Need
	OnDependency         OnDependency
	Facts                Facts
}

// Machine decides who waits for whom. The zero value knows no dependency, passes each
// start and stop on as it is asked for, and allocates nothing else.
type Machine struct {
	// MaxStarting is how many processes may be between their start and RUNNING at once; 0:
	// any number. It is set before the first Add.
	MaxStarting int

	nodes  map[ID]*node
	places map[Target]*place
	seq    uint64 // of the last start or stop that was asked for
	sweep  uint64 // of the last call that stops something
	ending bool
	busy   int     // processes between their start and RUNNING, or the end of that try
	queue  []*node // that could start but for MaxStarting, by seq; some may not any more

	// What is left to do in this call (settle.go).
	out  []Effect
	free []*node   // may have become startable
	calm []*node   // may have become stoppable
	sunk []sinking // will not get where others wait for it
	news []*node   // may wait for something else than was said
	used []*node   // an empty list whose memory is used again
}

// node is a process.
type node struct {
	id      ID
	name    string   // as shown
	targets []Target // that mean it
	oneshot bool
	on      OnDependency

	needs  []*gate      // in the order of depends_on
	in     []membership // the gates that it keeps shut or open
	shut   int          // how many of needs are shut
	at     int          // the need that it is said to wait for
	itself bool         // said is about n itself, not about a need
	said   string       // the last text of a Wait; empty: it does not wait
	block  int          // gates of in with dependants that are to stop before it

	facts   Facts
	reached States // since it was added
	flying  bool   // Start was returned, and Changed not called since
	barred  bool   // it ended while a stop was pending: no automatic start
	want    want   // the start that waits
	again   want   // the start that follows when it has stopped
	owes    bool   // a restart, when everything that it needs holds again
	owed    ID     // because of that process, which stopped or died
	leave   leave
	stop    want   // reason of the stop that is pending
	seq     uint64 // of the last request, for the order of effects
	counted bool   // as leaving, in its needs
	busy    bool   // it counts as such
	queued  bool   // it is in the queue
}

// leave says how far a stop has come that was asked of the Machine.
type leave uint8

const (
	staying leave = iota
	pending       // dependants have to stop before
	sent          // Stop was returned
)

// Active reports whether any process has dependencies, or MaxStarting is set. If not, the
// owner may skip the Machine.
func (m *Machine) Active() bool { return m.nodes != nil }

// Add makes processes known. Of those before, active returns all, as they are now; it is
// called when the first process with a dependency comes, and may be nil if there is
// nothing before. The error is a *CircleError; then nothing has changed.
func (m *Machine) Add(batch []Process, active func() []Process) ([]Effect, error) {
	if m.nodes == nil {
		if m.MaxStarting == 0 && !slices.ContainsFunc(batch, func(p Process) bool { return len(p.Needs) > 0 }) {
			return nil, nil
		}
		if active != nil {
			batch = slices.Concat(active(), batch)
		}
		m.nodes, m.places = map[ID]*node{}, map[Target]*place{}
	}
	added := make([]*node, 0, len(batch))
	for i := range batch {
		added = append(added, m.join(&batch[i]))
	}
	for i := range batch {
		m.link(added[i], batch[i].Needs)
	}
	if circle := findCircle(added); circle != nil {
		for _, n := range added {
			m.part(n)
		}
		m.forget()
		if len(m.nodes) == 0 {
			*m = Machine{MaxStarting: m.MaxStarting, ending: m.ending}
		}
		return nil, newCircleError(circle)
	}
	return m.settle(), nil
}

// join adds a process to the gates of others.
func (m *Machine) join(p *Process) *node {
	n := &node{
		id: p.ID, name: display(p.Group, p.Name), oneshot: p.Oneshot, on: p.OnDependency, facts: p.Facts,
		reached: p.Facts.Reached | StatesOf(p.Facts.State),
	}
	if p.Name != "" {
		n.targets = []Target{{Program: p.Program}, {Group: p.Group}, {Group: p.Group, Process: p.Name}}
	}
	m.nodes[n.id] = n
	for _, t := range n.targets {
		at := m.place(t)
		at.members = append(at.members, n)
		for _, g := range at.gates {
			m.enter(n, g)
		}
	}
	return n
}

// link adds the needs of a process.
func (m *Machine) link(n *node, needs []Need) {
	for _, need := range needs {
		g := m.gate(need)
		if slices.Contains(n.needs, g) {
			continue
		}
		g.users = append(g.users, n)
		n.needs = append(n.needs, g)
		if !g.open {
			n.shut++
		}
	}
	m.refresh(n)
}

// Remove forgets processes, which must have stopped. Those that need them wait until
// others of the same name are added.
func (m *Machine) Remove(ids ...ID) []Effect {
	for _, id := range ids {
		n := m.nodes[id]
		if n == nil {
			continue
		}
		m.cancel(n)
		m.part(n)
	}
	return m.settle()
}

// part takes a process out of everything.
func (m *Machine) part(n *node) {
	n.leave, n.flying, n.facts = staying, false, Facts{}
	m.refresh(n)
	delete(m.nodes, n.id)
	for _, g := range n.needs {
		g.users = remove(g.users, n)
		if len(g.users) == 0 {
			m.drop(g)
		}
	}
	for _, t := range n.targets {
		at := m.places[t]
		at.members = remove(at.members, n)
		m.tidy(t, at)
	}
	for _, in := range n.in {
		if !in.met {
			in.gate.unmet--
		}
		in.gate.hint = 0
		m.swing(in.gate)
		if len(in.gate.place.members) == 0 {
			m.sunk = append(m.sunk, sinking{gate: in.gate})
		}
	}
	n.in, n.needs = nil, nil
}

func remove(nodes []*node, n *node) []*node {
	return slices.DeleteFunc(nodes, func(o *node) bool { return o == n })
}

// byID returns all processes in the order of their numbers.
func (m *Machine) byID() []*node {
	return slices.SortedFunc(maps.Values(m.nodes), func(a, b *node) int { return cmp.Compare(a.id, b.id) })
}
