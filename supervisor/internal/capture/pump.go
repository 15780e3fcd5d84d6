package capture

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/rescue"
)

// capturing is where the panics of a Table happen, in reports.
const capturing = "capture"

// run is the goroutine of the Table.
func (t *Table) run() {
	defer close(t.ended)
	rescue.KeepVital(capturing, func() {
		defer func() { t.fallen = true }() // or it ends
		t.turns()
	})
	if t.handing != nil {
		h := Handed{}
		rescue.Vital("the end of capture", func() { t.handOver(&h) })
		t.handing <- h
		return
	}
	rescue.Vital("the end of capture", t.finishLingering)
	t.closeAll()
}

// turns is what the Table does until it ends. After a panic it only carries out what is
// posted: what is in the pipes is left to the Table that follows, which knows nothing of
// what this one has half done.
func (t *Table) turns() {
	for t.takeCommands() {
		t.release()
		if t.fallen {
			t.poll.Wait(-1, t.ignore)
			continue
		}
		t.poll.Wait(t.patience(), t.ready)
		t.now = time.Now()
		t.lookAtFeeds()
		t.lookAtLingering()
	}
}

// ignore ends the watch of a descriptor that nobody is to serve.
func (t *Table) ignore(fd int, _ bool) {
	t.poll.Forget(fd, false)
	t.poll.Forget(fd, true)
}

// release returns the buffer to its pool: an idle Table holds none.
func (t *Table) release() {
	if t.block != nil {
		t.block.Release()
		t.block = nil
	}
}

// closeAll closes all descriptors at the end of the Table.
func (t *Table) closeAll() {
	t.release()
	for _, r := range t.rows {
		r.mu.Lock()
		t.unfeed(r)
		if r.fd >= 0 {
			r.pipe.forget()
			unix.Close(r.fd)
			r.fd = -1
		}
		r.mu.Unlock()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, in := range t.inputs {
		if in.fd >= 0 {
			unix.Close(in.fd)
		}
		in.closed, in.pending = true, nil
	}
	t.poll.Close()
}

// ready serves one ready descriptor. ended: the pipe is empty and has no writer left.
func (t *Table) ready(fd int, ended bool) {
	t.now = time.Now()
	if r := t.readers[fd]; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if t.takeBack(r); r.fd < 0 {
			return
		}
		t.readSibling(r)
		if ended {
			t.endOfFile(r)
		} else if !r.paused && !t.feedCarefully(r) {
			n := t.read(r, plainPipe)
			switch {
			case r.paused:
				t.unwatchRow(r)
			case r.floods(n, t.now):
				t.feed(r)
			}
		}
		return
	}
	if in := t.writers[fd]; in != nil {
		t.write(in)
	}
}

// watch adds a row to the poller and reports whether that succeeded.
func (t *Table) watch(r *row) bool {
	if r.watched {
		return true
	}
	if t.poll.Watch(r.fd, false) != nil {
		return false
	}
	t.readers[r.fd], r.watched = r, true
	return true
}

// rewatch adds a row that its log gave back to the poller again.
func (t *Table) rewatch(r *row) {
	if r.fd >= 0 && !t.watch(r) {
		t.giveUp(r)
	}
}

// unwatchRow removes a row from the poller. If that is because its log is full, its child
// waits until there is room.
func (t *Table) unwatchRow(r *row) {
	if r.watched {
		t.poll.Forget(r.fd, false)
		delete(t.readers, r.fd)
		r.watched = false
	}
}

// read reads once, at most limit bytes, and returns how many it got; 0 if there is
// nothing now or the pipe has ended.
func (t *Table) read(r *row, limit int) int {
	b := t.buffer()
	n, err := r.take(b.Space()[:limit])
	switch {
	case errors.Is(err, unix.EAGAIN):
		return 0
	case err != nil || n <= 0:
		t.endOfFile(r)
		return 0
	}
	r.pass(b.Space()[:n], t.send)
	return n
}

// readRest reads what is in the pipe now, at most the pipe's capacity: a grandchild may
// write for ever.
func (t *Table) readRest(r *row) {
	if r.fd < 0 {
		return
	}
	left := pipeSize(r.fd)
	t.unfeed(r)
	for left > 0 && r.fd >= 0 {
		n := t.read(r, min(left, plainPipe))
		if n == 0 {
			break
		}
		left -= n
	}
	if r.paused {
		t.unwatchRow(r)
	}
	if r.fd >= 0 {
		r.pipe.shrink(r.fd) // it is empty now
	}
}

// readNow is readRest for a row that stays in use.
func (t *Table) readNow(r *row) {
	t.readRest(r)
	if !r.paused {
		t.rewatch(r)
	}
}

// readSibling reads the other pipe of r's process first, if both go to one log and the
// log itself reads that pipe: alternate writes to the two stay in order.
func (t *Table) readSibling(r *row) {
	if len(t.fed) == 0 || r.opt.Log == nil {
		return
	}
	for _, channel := range [...]Channel{Stdout, Stderr} {
		other := t.rows[ID{r.id.Proc, channel}]
		if other != nil && other != r && other.feed != nil && r.opt.Log.Shares(other.opt.Log) {
			t.readNow(other)
		}
	}
}

// endOfFile closes a pipe that has no other holder.
func (t *Table) endOfFile(r *row) {
	if r.lingers {
		t.end(r)
		return
	}
	fd := r.fd
	t.close(r)
	t.send(Ended{r.id, fd})
}

// giveUp closes a pipe that others may still hold.
func (t *Table) giveUp(r *row) {
	if r.lingers {
		t.end(r)
		return
	}
	t.close(r)
	t.send(Ended{r.id, -1})
}

// close closes a pipe. The row stays until it is drained.
func (t *Table) close(r *row) {
	t.unfeed(r)
	r.flush(t.send)
	t.unwatchRow(r)
	r.pipe.forget()
	unix.Close(r.fd)
	r.fd = -1
}
