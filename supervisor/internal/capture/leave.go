package capture

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// If another process goes on when this one dies (Marks), the log of a row that goes nowhere
// else always reads the pipe itself. It looks at what is there, writes it, and only then
// takes it from the pipe. What it is about to write is marked, so that the other process
// knows whether it was written.

// SetMarks says where to mark what is being written.
func (t *Table) SetMarks(m *Marks) { t.post(setMarks{m}) }

type setMarks struct{ marks *Marks }

func (c setMarks) do(t *Table) { t.marks = c.marks }
func (setMarks) refuse()       {}

// feedCarefully gives a row to its log if that loses less when this process dies, and
// reports whether it did.
func (t *Table) feedCarefully(r *row) bool {
	if t.marks == nil || r.lingers || !r.plain() {
		return false
	}
	t.feed(r)
	return r.feed != nil
}

// leaves is what a feed leaves in its pipe until it is written.
type leaves struct {
	mu    sync.Mutex
	marks *Marks // nil: it leaves nothing
	slot  int
	n     int // bytes in the pipe that were read already
}

// begin reports whether there is room for a mark.
func (l *leaves) begin(m *Marks) bool {
	slot, ok := m.take()
	if ok {
		l.marks, l.slot = m, slot
	}
	return ok
}

// finish takes from the pipe what is being written.
func (l *leaves) finish(fd int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.marks != nil {
		l.clear(fd)
		l.marks.give(l.slot)
		l.marks = nil
	}
}

// clear takes from the pipe what was read. The caller holds mu.
func (l *leaves) clear(fd int) {
	if l.n > 0 {
		discard(fd, l.n)
		l.n = 0
		l.marks.clear(l.slot)
	}
}

// take reads.
func (l *leaves) take(fd int, p []byte) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.marks == nil {
		return read(fd, p)
	}
	n, err = peek(fd, p)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		return read(fd, p) // for example for lack of descriptors
	}
	l.n = n
	return n, err
}

// careful is a feed that leaves what it reads.
type careful struct{ *feed }

// Writing implements logfile.Careful. In what is no file nobody can look whether it was
// written.
func (c careful) Writing(at logfile.Place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.marks == nil: // the Table has taken it meanwhile
	case at.Offset < 0:
		c.clear(c.fd)
	default:
		c.marks.set(c.slot, Mark{c.id, c.n, at})
	}
}

// Written implements logfile.Careful.
func (c careful) Written() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.marks != nil {
		c.clear(c.fd)
	}
}
