package capture

import (
	"bytes"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
	"reeve/supervisor/rescue"
)

// A Table that has panicked reads no more. What was posted to it is carried out, and the
// Table that takes over loses nothing.
func TestPanicOfTheTable(t *testing.T) {
	panics := make(chan *rescue.Panic, 10)
	defer rescue.Listen(func(p *rescue.Panic) { panics <- p })()
	r := newRelay(t)
	path := filepath.Join(t.TempDir(), "log")
	child, fd := childPipe(t)
	other, fd2 := childPipe(t)
	r.table.Attach(stdout, fd, Options{Log: openLog(t, logfile.Options{Path: path}), Until: func(data []byte) bool {
		if bytes.Contains(data, []byte("poison")) {
			panic("poison")
		}
		return false
	}})
	say(t, child, "poison\n")
	if p := <-panics; !p.Vital || p.Where != capturing {
		t.Errorf("%+v", p)
	}
	say(t, child, "unread\n")
	r.table.Attach(ID{2, Stdout}, fd2, Options{Events: true})
	say(t, other, "unread")
	r.with.Until = func(ID) func([]byte) bool { return func([]byte) bool { return false } }
	r.upgrade(t.Context())
	r.receive(func(o Output) bool { c, ok := o.(Chunk); return ok && string(c.Data) == "unread" && c.ID.Proc == 2 })
	other.Close()
	child.Close()
	r.receive(func(o Output) bool { _, ok := o.(Ended); return ok })
	r.receive(func(o Output) bool { _, ok := o.(Ended); return ok })
	for _, id := range []ID{stdout, {2, Stdout}} {
		r.table.Drain(id)
		r.receive(func(o Output) bool { return o == Drained{id} })
	}
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLog(t, path, "poison\nunread\n")
}

// What is posted behind a command that panics is carried out.
func TestPanicOfACommand(t *testing.T) {
	panics := make(chan *rescue.Panic, 10)
	defer rescue.Listen(func(p *rescue.Panic) { panics <- p })()
	r := newRelay(t)
	r.table.mu.Lock()
	r.table.commands = append(r.table.commands, poison{}, drain{stdout})
	r.table.mu.Unlock()
	r.table.post(drain{ID{2, Stdout}})
	r.table.poll.Wake()
	r.receive(func(o Output) bool { return o == Drained{stdout} })
	r.receive(func(o Output) bool { return o == Drained{ID{2, Stdout}} })
	<-panics
	h := r.handOver()
	r.take(h)
}

type poison struct{}

func (poison) do(*Table) { panic("poison") }
func (poison) refuse()   {}

func TestDisown(t *testing.T) {
	fds := make([]int, 3)
	for i := range fds {
		_, fds[i] = childPipe(t)
	}
	h := Handed{
		Rows: []HandedRow{
			{ID: ID{1, Stdout}, FD: fds[0], Log: &logfile.Options{}, Events: true},
			{ID: ID{2, Stdout}, FD: fds[1], Log: &logfile.Options{}, Events: true},
			{ID: ID{2, Stderr}, FD: -1, Log: &logfile.Options{}},
			{ID: ID{2, Extra}, FD: fds[2]},
			{ID: ID{3, Stdout}, FD: 99, Log: &logfile.Options{}, Lingers: true, Left: 1},
		},
		Inputs: []HandedInput{{ID{1, Stdin}, 98, nil}, {ID{2, Stdin}, -1, nil}},
	}
	h.Disown(func(proc uint64) bool { return proc == 1 })
	if len(h.Rows) != 3 || h.Rows[0].Lingers || !h.Rows[0].Events {
		t.Fatalf("%+v", h.Rows)
	}
	if r := h.Rows[1]; r.FD != fds[1] || !r.Lingers || r.Left != lingerFor || r.Events {
		t.Errorf("the orphan: %+v", r)
	}
	if r := h.Rows[2]; r.ID.Proc != 3 || r.Left != 1 {
		t.Errorf("what lingers: %+v", r)
	}
	if len(h.Inputs) != 1 || h.Inputs[0].ID.Proc != 1 {
		t.Errorf("inputs: %+v", h.Inputs)
	}
	if _, err := unix.FcntlInt(uintptr(fds[2]), unix.F_GETFD, 0); err == nil {
		t.Error("a pipe that nobody reads is open")
	}
}
