package capture

import (
	"errors"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// While events wait for a listener its answer is all that is waited for, and nearly all of that time is taken by waking sleepers:
// the Table, then the loop. So the loop may borrow the row and look for the answer itself. The poller does not watch a row that
// is borrowed. Whoever holds row.mu may read, and what the Table reads it sends before it lets go: so the order is kept.

// Answer reads a Raw row, without waiting, for the loop and on its goroutine: nil if there is nothing. Output that is in Outputs
// came before; as long as there is any, Answer gives nothing. It borrows the row, up to Return. ok: there is such a row.
func (t *Table) Answer(id ID) (data []byte, ok bool) {
	t.mu.Lock()
	r := t.raws[id]
	t.mu.Unlock()
	if r == nil {
		return nil, false
	}
	if !r.mu.TryLock() {
		return nil, true
	}
	defer r.mu.Unlock()
	if r.fd < 0 || r.paused || len(t.outputs) > 0 {
		return nil, true
	}
	if !r.borrowed {
		t.poll.forget(r.fd, false)
		r.borrowed = true
	}
	b := logfile.NewBlock(plainPipe)
	defer b.Release()
	n, err := unix.Read(r.fd, b.Space()[:plainPipe])
	if err != nil || n <= 0 {
		return nil, true // an end is for the Table to see
	}
	r.text(b.Space()[:n], func(o Output) { data = o.(Chunk).Data })
	return data, true
}

// Return gives a row back that Answer borrowed. It does nothing if the Table has it.
func (t *Table) Return(id ID) { t.post(giveBack{id}) }

// giveBack: the loop has had enough of a row.
type giveBack struct{ id ID }

func (c giveBack) do(t *Table) {
	if r := t.rows[c.id]; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		t.takeBack(r)
	}
}

func (giveBack) refuse() {}

// takeBack has the poller watch a row again that was borrowed.
func (t *Table) takeBack(r *row) {
	if !r.borrowed {
		return
	}
	r.borrowed = false
	if r.paused {
		t.unwatchRow(r)
	}
	if !r.watched {
		return
	}
	if err := t.poll.watch(r.fd, false); err != nil && !errors.Is(err, unix.EEXIST) {
		t.giveUp(r)
	}
}
