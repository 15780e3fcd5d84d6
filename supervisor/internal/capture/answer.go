package capture

import (
	"errors"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// While events wait for a listener, everything waits for its answer, and nearly all of
// that time goes into waking goroutines: the Table's, then the loop's. So the loop may
// borrow the row and poll for the answer itself. The poller does not watch a borrowed
// row. The holder of row.mu may read, and the Table sends what it reads before it
// unlocks: so the order is kept.

// Answer reads a Raw row without waiting; data is nil if there is nothing. Only the loop
// may call it. What is in Outputs came before; while there is any, Answer returns
// nothing. It borrows the row until Return. ok: there is such a row.
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
		t.poll.Forget(r.fd, false)
		r.borrowed = true
	}
	b := logfile.NewBlock(plainPipe)
	defer b.Release()
	n, err := r.take(b.Space()[:plainPipe])
	if err != nil || n <= 0 {
		return nil, true // the Table handles the end
	}
	r.text(b.Space()[:n], func(o Output) { data = o.(Chunk).Data })
	return data, true
}

// Return returns a row that Answer borrowed. It does nothing if the row is not borrowed.
func (t *Table) Return(id ID) { t.post(giveBack{id}) }

// giveBack returns a borrowed row to the Table.
type giveBack struct{ id ID }

func (c giveBack) do(t *Table) {
	if r := t.rows[c.id]; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		t.takeBack(r)
	}
}

func (giveBack) refuse() {}

// takeBack has the poller watch a borrowed row again.
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
	if err := t.poll.Watch(r.fd, false); err != nil && !errors.Is(err, unix.EEXIST) {
		t.giveUp(r)
	}
}
