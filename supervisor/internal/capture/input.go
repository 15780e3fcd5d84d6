package capture

import (
	"errors"

	"golang.org/x/sys/unix"
)

// input is the parent's end of a stdin. Its fields are guarded by Table.mu; only the Table's goroutine closes fd, so that it
// never watches a number that has become something else.
type input struct {
	id      ID
	fd      int
	pending []byte
	watched bool // the poller looks for room, or is about to
	closed  bool // no more is taken
}

// AttachInput takes over fd, the parent's end of stdin.
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

// Send writes data to the child's stdin, now or as soon as the child reads; it copies what it queues. Nothing is queued if it
// returns ErrFull or ErrClosed, but in the case of ErrClosed earlier data may be lost with the pipe.
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

// writeSome writes what goes in without waiting.
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

// watchInput: data waits for room in the pipe.
type watchInput struct{ id ID }

func (c watchInput) do(t *Table) {
	t.mu.Lock()
	in := t.inputs[c.id]
	t.mu.Unlock()
	if in == nil || t.writers[in.fd] == in {
		return
	}
	if err := t.poll.watch(in.fd, true); err != nil {
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

// unwatch takes a stdin out of the poller.
func (t *Table) unwatch(in *input) {
	if t.writers[in.fd] == in {
		delete(t.writers, in.fd)
		t.poll.forget(in.fd, true)
	}
}

// broken gives up a stdin that nobody reads.
func (t *Table) broken(in *input, err error) {
	t.mu.Lock()
	told := in.closed // it was closed from our side, nobody wants to know
	in.closed, in.pending = true, nil
	delete(t.inputs, in.id)
	t.mu.Unlock()
	t.unwatch(in)
	unix.Close(in.fd)
	if !told {
		t.send(InputClosed{in.id, err})
	}
}
