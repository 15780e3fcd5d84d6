package delivery

// Changes are what has become of a Buffer: the oldest Dropped events are gone, then others
// came in front and at the end. Who writes a buffer down writes these: it may be long, and
// changes with every event.
type Changes struct {
	Dropped int      `json:",omitempty"`
	Front   []Queued `json:",omitempty"`
	Back    []Queued `json:",omitempty"`
}

// mark counts what has changed since Mark or Changes was last called.
type mark struct {
	old                  int // events that were there
	dropped, front, back int
}

// pop notes that the oldest event is taken.
func (m *mark) pop() {
	switch {
	case m.front > 0:
		m.front--
	case m.dropped < m.old:
		m.dropped++
	default:
		m.back--
	}
}

// Mark begins to count what changes.
func (p *Pool) Mark() { p.marked = mark{old: len(p.Buffer)} }

// Changes returns what has changed since the last call of Mark or Changes. Its slices are
// those of the Buffer.
func (p *Pool) Changes() Changes {
	m := p.marked
	p.Mark()
	return Changes{Dropped: m.dropped, Front: p.Buffer[:m.front], Back: p.Buffer[len(p.Buffer)-m.back:]}
}

// Apply makes the changes to a buffer, and returns it.
func (c Changes) Apply(buffer []Queued) []Queued {
	buffer = buffer[min(max(c.Dropped, 0), len(buffer)):]
	if len(c.Front) > 0 {
		buffer = append(append([]Queued(nil), c.Front...), buffer...)
	}
	return append(buffer, c.Back...)
}
