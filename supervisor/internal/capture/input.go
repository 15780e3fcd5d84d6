package capture

import (
	"errors"

	"golang.org/x/sys/unix"
)

// input is the parent's end of a stdin. Its fields are guarded by Table.mu; only the
// Table's goroutine closes fd, so it never watches a reused descriptor.
type input struct {
	id      ID
	fd      int
	pending []byte
	watched bool // the poller waits for room, or is about to
	closed  bool // no more data is accepted
}

// AttachInput takes ownership of fd, the parent's end of stdin. If it can't be used it is
// closed.
func (t *Table) AttachInput(id ID, fd int) {
	err := unix.SetNonblock(fd, true)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || err != nil {
		unix.Close(fd)
		return
	}
	t.inputs[id] = &input{id: id, fd: fd}
}

// Send writes data to the child's stdin, now or as soon as the child reads; it copies
// what it queues. If it returns ErrFull or ErrClosed, data is not queued; after ErrClosed
// earlier data may be lost with the pipe.
func (t *Table) Send(id ID, data []byte) error {
	t.mu.Lock()
	in := t.inputs[id]
	if in == nil || in.closed {
		t.mu.Unlock()
		return ErrClosed
	}
	if len(in.pending)+len(data) > MaxInput {
		t.mu.Unlock()
		return ErrFull
	}
	if len(in.pending) == 0 {
		n, err := writeSome(in.fd, data)
		if err != nil {
			in.closed = true
			t.mu.Unlock()
			t.post(closeInput{id})
			return ErrClosed
		}
		data = data[n:]
	}
	in.pending = append(in.pending, data...)
	watch := len(in.pending) > 0 && !in.watched
	in.watched = in.watched || watch
	t.mu.Unlock()
	if watch {
		t.post(watchInput{id})
	}
	return nil
}

// CloseInput closes the parent's end of stdin and drops what is queued.
func (t *Table) CloseInput(id ID) {
	t.mu.Lock()
	if in := t.inputs[id]; in != nil {
		in.closed, in.pending = true, nil
	}
	t.mu.Unlock()
	t.post(closeInput{id})
}

// writeSome writes what it can without waiting, and returns how much.
func writeSome(fd int, data []byte) (n int, err error) {
	for len(data) > 0 {
		m, err := unix.Write(fd, data)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return n, nil
		case err != nil:
			return n, err
		}
		n += m
		data = data[m:]
	}
	return n, nil
}

// watchInput has the poller wait for room in a stdin, for which data is queued.
type watchInput struct{ id ID }

func (c watchInput) do(t *Table) {
	t.mu.Lock()
	in := t.inputs[c.id]
	t.mu.Unlock()
	if in == nil || t.writers[in.fd] == in {
		return
	}
	if err := t.poll.Watch(in.fd, true); err != nil {
		t.broken(in, err)
		return
	}
	t.writers[in.fd] = in
}

func (watchInput) refuse() {}

type closeInput struct{ id ID }

func (c closeInput) do(t *Table) {
	t.mu.Lock()
	in := t.inputs[c.id]
	delete(t.inputs, c.id)
	t.mu.Unlock()
	if in == nil {
		return
	}
	t.unwatch(in)
	unix.Close(in.fd)
}

func (closeInput) refuse() {}

// write writes to a stdin that has room.
func (t *Table) write(in *input) {
	t.mu.Lock()
	n, err := writeSome(in.fd, in.pending)
	if err == nil {
		in.pending = in.pending[n:]
		if len(in.pending) == 0 {
			in.pending, in.watched = nil, false
		}
	}
	watched := in.watched
	t.mu.Unlock()
	switch {
	case err != nil:
		t.broken(in, err)
	case !watched:
		t.unwatch(in)
	}
}

// unwatch removes a stdin from the poller.
func (t *Table) unwatch(in *input) {
	if t.writers[in.fd] == in {
		delete(t.writers, in.fd)
		t.poll.Forget(in.fd, true)
	}
}

// broken closes a stdin that can't be written, and sends InputClosed unless it was closed
// by us.
func (t *Table) broken(in *input, err error) {
	t.mu.Lock()
	told := in.closed // we closed it, so there is nothing to report
	in.closed, in.pending = true, nil
	delete(t.inputs, in.id)
	t.mu.Unlock()
	t.unwatch(in)
	unix.Close(in.fd)
	if !told {
		t.send(InputClosed{in.id, err})
	}
}
