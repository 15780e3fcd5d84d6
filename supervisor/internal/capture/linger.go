package capture

import (
	"slices"
	"time"
)

// When a child has ended there is often more output to come: a program behind pidproxy or
// a shell writes its last lines when its parent, which we started, is gone. Supervisor
// gets them because it checks for ended children about once a second and reads until
// then. Here the exit is published at once, and the pipe is read for as long afterwards
// if another process still holds it. This output goes only to the log and to syslog:
// events are about a process, and that has ended.

const (
	lingerFor  = time.Second
	lingerMost = 256 // rows at a time; one more ends the oldest early
)

// linger keeps reading a drained row if that makes sense, and reports whether it does.
func (t *Table) linger(r *row) bool {
	if r.fd < 0 || r.opt.Log == nil && r.opt.Syslog == nil {
		return false
	}
	if !r.paused && !t.watch(r) {
		return false
	}
	r.flush(t.send)
	r.capture = nil
	r.opt.Events, r.opt.Echo, r.opt.Raw = false, false, false
	r.lingers, r.until = true, t.now.Add(t.lingerFor)
	t.lingering = append(t.lingering, r)
	if len(t.lingering) > lingerMost {
		t.lingerNoMore(t.lingering[0])
	}
	return true
}

// lookAtLingering ends the rows whose time is over.
func (t *Table) lookAtLingering() {
	for len(t.lingering) > 0 && !t.lingering[0].until.After(t.now) {
		t.lingerNoMore(t.lingering[0])
	}
}

// lingerNoMore reads what is in the pipe, and ends the row.
func (t *Table) lingerNoMore(r *row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.readRest(r); r.fd >= 0 {
		t.end(r)
	}
}

// finishLingering waits for the lingering rows at the end of the Table: the last output
// of a program matters as much when the daemon ends.
func (t *Table) finishLingering() {
	for len(t.lingering) > 0 {
		t.poll.Wait(t.patience(), t.ready)
		t.now = time.Now()
		t.lookAtLingering()
	}
}

// end closes a row and its log, and removes the row.
func (t *Table) end(r *row) {
	if r.fd >= 0 {
		t.close(r)
	}
	if r.opt.Log != nil {
		r.opt.Log.OnRoom(nil)
		r.opt.Log.Close()
	}
	delete(t.rows, r.id)
	if r.lingers {
		t.lingering = slices.DeleteFunc(t.lingering, func(l *row) bool { return l == r })
	}
}
