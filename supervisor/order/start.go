package order

import "reeve/supervisor/process"

// Mode says how a start treats dependencies.
type Mode int

const (
	// Automatic starts are those that nobody waits for: at boot, after an exit, a retry,
	// by schedule. They wait for as long as it takes, and start nothing else.
	Automatic Mode = iota
	// WithDependencies starts what is needed and does not run, too, and then waits.
	WithDependencies
	// Alone starts at once, whatever is needed.
	Alone
)

// Request is how a start or restart is asked for.
type Request struct {
	Mode Mode
	// Wait ends a start WithDependencies when it is clear that what it needs will not get
	// there: somebody waits for the outcome. Without it the start goes on waiting.
	Wait   bool
	Reason string // empty: "request"
}

// want is a start that was asked for. It can have been asked for twice: automatically and
// explicitly; what fails is only the latter.
type want struct {
	Auto  string `json:",omitempty"` // reason of the automatic start; empty: none
	Asked string `json:",omitempty"` // reason of the explicit start; empty: none
	By    ID     `json:",omitempty"` // whose consequence it is
	Deps  bool   `json:",omitempty"` // the explicit start pulls in what it needs, and can fail
}

func (r Request) want() want {
	reason := r.Reason
	if reason == "" {
		reason = reasonRequest
	}
	switch {
	case r.Mode == Automatic:
		return want{Auto: reason}
	case r.Mode == Alone:
		return want{Asked: reason}
	case r.Wait:
		return want{Asked: reason, Deps: true}
	}
	return want{Auto: reason, Asked: reason, Deps: true}
}

func (w want) set() bool { return w.Auto != "" || w.Asked != "" }

// alone reports whether the start does not wait for what it needs.
func (w want) alone() bool { return w.Asked != "" && !w.Deps }

// reason returns what to say about a start.
func (w want) reason() string {
	if w.Asked != "" {
		return w.Asked
	}
	return w.Auto
}

// and adds another request for the same start. A start alone wins over one with
// dependencies, and what a caller asked for over a consequence.
func (w want) and(o want) want {
	if o.Auto != "" && w.Auto == "" {
		w.Auto = o.Auto
		if w.Asked == "" {
			w.By = o.By
		}
	}
	if o.Asked == "" {
		return w
	}
	if w.Asked == "" || o.By == 0 {
		w.By = o.By
		w.Deps, w.Asked = o.Deps && (w.Asked == "" || w.Deps), o.Asked
	}
	return w
}

// Start asks for starts. What can start at the same time starts in the order of ids, which
// is the caller's. Each start ends in one Start, Over or Fail, in this call or a later
// one.
func (m *Machine) Start(ids []ID, r Request) []Effect {
	for _, id := range ids {
		switch n := m.nodes[id]; {
		case n != nil:
			m.ask(n, r.want())
		case m.ending:
			m.out = append(m.out, Over{id})
		default:
			m.out = append(m.out, Start{ID: id, Reason: r.want().reason()})
		}
	}
	if r.Mode == WithDependencies {
		for _, id := range ids {
			if n := m.nodes[id]; n != nil {
				m.pull(n)
			}
		}
	}
	return m.settle()
}

// ask notes a start that was asked for, if it makes sense.
func (m *Machine) ask(n *node, w want) {
	running := n.flying || n.facts.State == process.Starting || n.facts.State == process.Running
	leaving := n.leaving()
	switch {
	case m.ending, n.facts.State == process.Unknown:
		m.over(n)
	case leaving && (w.Asked != "" || n.again.set()):
		n.again = n.again.and(w) // the last request counts
	case leaving, running, w.Asked == "" && n.barred:
		m.over(n)
	case w.Asked != "" && n.facts.State == process.Backoff && !(w.alone() && n.want.set()):
		m.over(n) // its next try comes by itself, unless that waits
	default:
		m.wish(n, w)
		if by := n.asker(); w.Asked == "" && by != 0 {
			// Somebody waits for the outcome: what it needs in turn must be started, or the
			// failure be known.
			m.wish(n, want{Asked: w.Auto, By: by, Deps: true})
			m.pull(n)
		}
	}
}

// wish sets or extends the start that n waits for.
func (m *Machine) wish(n *node, w want) {
	before := n.want
	n.want = before.and(w)
	if !before.set() {
		m.seq++
		n.seq, n.at = m.seq, 0
	}
	if w.Asked != "" {
		n.barred = false
	}
	m.countAsker(n, before)
	m.refresh(n)
	m.free = append(m.free, n)
	m.news = append(m.news, n)
}

// countAsker keeps the number of starts that pull in a gate's members up to date.
func (m *Machine) countAsker(n *node, before want) {
	delta := 0
	if n.want.Deps {
		delta++
	}
	if before.Deps {
		delta--
	}
	if delta == 0 {
		return
	}
	for _, g := range n.needs {
		g.askers += delta
	}
}

// asker returns a process whose explicit start waits for n, or 0.
func (n *node) asker() ID {
	for _, in := range n.in {
		if in.met || in.gate.askers == 0 {
			continue
		}
		for _, u := range in.gate.users {
			if u.want.Deps {
				return u.id
			}
		}
	}
	return 0
}

// pull asks for what an explicit start of n needs and what does not run, and for what
// that needs in turn.
func (m *Machine) pull(n *node) {
	if !n.want.Deps {
		return
	}
	w := want{Asked: reasonDependency, By: n.id, Deps: true}
	for _, g := range n.needs {
		if g.open {
			continue
		}
		if len(g.place.members) == 0 {
			m.sunk = append(m.sunk, sinking{gate: g})
		}
		for _, d := range g.place.members {
			// What has Deps was asked for, and so was what it needs.
			if !d.fulfils(g.Condition) && !d.flying && !d.want.Deps {
				m.pullOne(d, w)
			}
		}
	}
}

func (m *Machine) pullOne(d *node, w want) {
	switch d.facts.State {
	case process.Stopped, process.Fatal:
		m.ask(d, w)
	case process.Exited:
		if d.leave != staying || !d.facts.Restarts || d.barred || d.want.set() {
			m.ask(d, w) // else it is started again anyway
		}
	case process.Stopping:
		m.ask(d, w)
	case process.Backoff:
		if d.want.set() {
			m.wish(d, w) // its next try waits
		}
	case process.Unknown:
		m.sunk = append(m.sunk, sinking{node: d})
	case process.Starting, process.Running:
		if d.leave != staying {
			m.ask(d, w)
		}
	}
	if d.want.Deps {
		m.pull(d)
	}
}

// over ends a start that was asked for without a start.
func (m *Machine) over(n *node) { m.out = append(m.out, Over{n.id}) }

// cancel ends the starts of n that wait.
func (m *Machine) cancel(n *node) {
	if !n.want.set() && !n.again.set() {
		return
	}
	m.over(n)
	n.again = want{}
	m.lower(n, want{})
	m.sunk = append(m.sunk, sinking{node: n})
}

// lower leaves of the start that n waits for only what is given. What was asked for
// because of it, waits still and is needed by no other explicit start, ends with it.
func (m *Machine) lower(n *node, to want) {
	before := n.want
	n.want = to
	if n.queued && !to.set() {
		n.queued = false
		m.queue = remove(m.queue, n)
	}
	m.countAsker(n, before)
	m.refresh(n)
	m.news = append(m.news, n)
	if !before.Deps {
		return
	}
	for _, g := range n.needs {
		if g.open {
			continue
		}
		for _, d := range g.place.members {
			if d.want.Asked != "" && d.want.By != 0 && d.asker() == 0 {
				m.lower(d, want{Auto: d.want.Auto})
				if !d.want.set() {
					m.over(d)
				}
			}
		}
	}
}
