package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// until accepts the first data that has an x.
func until(data []byte) bool { return bytes.IndexByte(data, 'x') >= 0 }

// Everything that is said of a row stays true: what is captured, searched, sent and
// stripped.
func TestHandOverKeepsRowsAsTheyAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var before, after lines
	r := newRelay(t)
	r.with.Syslog = &after
	r.with.Until = func(id ID) func([]byte) bool {
		if id != stdout {
			t.Errorf("Until is asked for %v", id)
		}
		return until
	}
	child, fd := childPipe(t)
	r.table.Attach(stdout, fd, Options{
		Log: openLog(t, logfile.Options{Path: path}), Syslog: &before, Name: "web", StripANSI: true, CaptureMax: 100,
		Events: true, Until: until,
	})
	chunk := func(o Output) bool { _, ok := o.(Chunk); return ok }
	say(t, child, "a\x1b[1mb "+beginToken+"cap"+endToken[:5])
	r.receive(chunk)
	r.receive(chunk)
	r.upgrade(t.Context())
	say(t, child, endToken[5:]+"c\x1b[1md"+beginToken[:3])
	r.receive(chunk)
	r.upgrade(t.Context())
	say(t, child, "not x")
	r.receive(chunk)
	child.Close()
	r.receive(func(o Output) bool { _, ok := o.(Ended); return ok })
	r.upgrade(t.Context()) // an ended row waits for Drain
	r.table.Drain(stdout)
	r.receive(func(o Output) bool { return o == Drained{stdout} })
	want := []Output{
		Chunk{stdout, []byte("ab ")},
		Chunk{stdout, []byte("cap")},
		Comm{stdout, []byte("cap")},
		Chunk{stdout, []byte("cd")},
		Matched{stdout},
		Chunk{stdout, []byte(beginToken[:3] + "not x")},
		Ended{stdout, fd},
		Drained{stdout},
	}
	if !slices.EqualFunc(r.outs, want, equal) {
		t.Errorf("Outputs %v, want %v", r.outs, want)
	}
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLog(t, path, "ab cd"+beginToken[:3]+"not x")
	if got := strings.Join(before.got, "|") + "||" + strings.Join(after.got, "|"); got != "web ab ||web cd|web "+beginToken[:3]+"not x" {
		t.Errorf("syslog got %q", got)
	}
}

func equal(a, b Output) bool {
	switch a := a.(type) {
	case Chunk:
		b, ok := b.(Chunk)
		return ok && a.ID == b.ID && bytes.Equal(a.Data, b.Data)
	case Comm:
		b, ok := b.(Comm)
		return ok && a.ID == b.ID && bytes.Equal(a.Data, b.Data)
	}
	return a == b
}

// A matched row searches no more.
func TestHandOverDoesNotSearchAgain(t *testing.T) {
	r := newRelay(t)
	child, fd := childPipe(t)
	r.table.Attach(stdout, fd, Options{Until: until})
	say(t, child, "x")
	r.receive(func(o Output) bool { return o == Matched{stdout} })
	r.upgrade(t.Context())
	say(t, child, "x")
	r.table.Drain(stdout)
	r.receive(func(o Output) bool { return o == Drained{stdout} })
	if len(r.outs) > 3 {
		t.Errorf("Outputs %v", r.outs)
	}
}

// What waits for a stdin is written by the next Table, before what is sent to that.
func TestHandOverOfInput(t *testing.T) {
	r := newRelay(t)
	child, fd := inputPipe(t)
	r.table.AttachInput(stdin, fd)
	want := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	if err := r.table.Send(stdin, want); err != nil {
		t.Fatal(err)
	}
	old := r.table
	r.upgrade(t.Context())
	if err := old.Send(stdin, want); !errors.Is(err, ErrClosed) {
		t.Errorf("Send after HandOver: %v", err)
	}
	old.CloseInput(stdin)
	r.upgrade(t.Context())
	if err := r.table.Send(stdin, want); err != nil {
		t.Fatal(err)
	}
	r.table.CloseInput(ID{2, Stdin})
	want = append(want, want...)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(child, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, or what was read differs", err)
	}
	r.table.CloseInput(stdin)
	if rest, err := io.ReadAll(child); err != nil || len(rest) > 0 {
		t.Errorf("after CloseInput: %q, %v", rest, err)
	}
}

// A drained row is read for the rest of its time.
func TestHandOverOfLingeringRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r := newRelay(t)
	r.table.lingerFor = time.Hour
	child, fd := childPipe(t)
	r.table.Attach(stdout, fd, Options{Log: openLog(t, logfile.Options{Path: path}), Events: true, CaptureMax: 10})
	r.table.Drain(stdout)
	r.receive(func(o Output) bool { return o == Drained{stdout} })
	h := r.handOver()
	if row := h.Rows[0]; !row.Lingers || row.Left <= 0 || row.Left > time.Hour {
		t.Errorf("the row is handed over as %+v", row)
	}
	h.Rows[0].Left = 0
	say(t, child, "late "+beginToken)
	r.take(h)
	logfile.CloseUnclaimed(r.with.Outage)
	ended := []unix.PollFd{{Fd: int32(child.Fd())}} // an error: nobody reads it any more
	for n := 0; n == 0; {
		n, _ = unix.Poll(ended, -1)
	}
	r.sync() // by then its log is being closed, too
	if len(r.table.Outputs()) > 0 {
		t.Errorf("%v was sent", <-r.table.Outputs())
	}
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLog(t, path, "late "+beginToken)
}

// A row whose log is full is not read before there is room.
func TestHandOverOfRowWithFullLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	r := newRelay(t)
	log := openLog(t, logfile.Options{Path: path})
	want := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	if log.Write(want) {
		t.Fatal("the log is not full")
	}
	child, fd := childPipe(t)
	r.table.Attach(stdout, fd, Options{Log: log})
	r.take(r.handOver())
	say(t, child, "unread")
	other, otherFD := childPipe(t)
	say(t, other, "x")
	r.table.Attach(ID{2, Stdout}, otherFD, Options{Events: true})
	r.receive(func(o Output) bool { _, ok := o.(Chunk); return ok }) // so "unread" was ready, too
	h := r.handOver()
	got := make([]byte, 10)
	n, err := unix.Read(h.Rows[0].FD, got)
	if err != nil || string(got[:n]) != "unread" {
		t.Errorf("%q is left in the pipe, %v", got[:max(n, 0)], err)
	}
	r.take(h)
	say(t, child, "read")
	logfile.CloseUnclaimed(r.with.Outage)
	want = append(want, "read"...)
	got = make([]byte, len(want))
	if _, err := io.ReadFull(reader, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, or what was read differs", err)
	}
	for _, id := range []ID{stdout, {2, Stdout}} {
		r.table.Drain(id)
		r.receive(func(o Output) bool { return o == Drained{id} })
	}
}

// What the loop has borrowed counts as returned, and what is in the pipe is not lost.
func TestHandOverOfBorrowedRow(t *testing.T) {
	a := newAnswers(t)
	r := newRelay(t)
	r.table.Close()
	r.table = a.Table
	for range 3 {
		a.Table = r.table
		a.borrow()
		say(t, a.child, "more")
		old := r.table
		r.upgrade(t.Context())
		if _, ok := old.Answer(stdout); ok {
			t.Error("the old Table answers")
		}
		old.Return(stdout)
		if fd := old.rows[stdout].fd; fd >= 0 {
			t.Errorf("the old row still has descriptor %d", fd) // Answer may have just found it
		}
		if len(r.outs) > 0 { // the old Table may have read it
			t.Errorf("Outputs %v", r.outs)
		}
		r.receive(func(o Output) bool { return text([]Output{o}) == "more" })
		r.outs = nil
	}
}

// What was posted before HandOver is carried out, what comes later is refused.
func TestHandOverOfCommands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r := newRelay(t)
	child, fd := childPipe(t)
	say(t, child, "something")
	done := make(chan error, 2)
	r.table.Attach(stdout, fd, Options{Log: openLog(t, logfile.Options{Path: path})})
	r.table.Sync(stdout, func(err error) { done <- err })
	old := r.table
	r.upgrade(t.Context())
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantLog(t, path, "something")
	old.Sync(stdout, func(err error) { done <- err })
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Errorf("Sync after HandOver: %v", err)
	}
	_, fd = childPipe(t)
	old.Attach(ID{2, Stdout}, fd, Options{})
	if err := unix.Close(fd); err == nil {
		t.Error("Attach after HandOver did not close the descriptor")
	}
	old.SetStripANSI(true)
	if err := old.Close(); err != nil {
		t.Error(err)
	}
	if h := <-old.HandOver(); len(h.Rows) > 0 {
		t.Errorf("handed over twice: %v", h.Rows)
	}
}

// If the logs can't be handed over, the Table goes on in this process, with the same
// files.
func TestTakeWithoutHandOverOfLogs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r := newRelay(t)
	child, fd := childPipe(t)
	r.table.Attach(stdout, fd, Options{Log: openLog(t, logfile.Options{Path: path})})
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	say(t, child, "1")
	r.take(r.handOver())
	logfile.CloseUnclaimed(r.with.Outage)
	say(t, child, "2")
	child.Close()
	r.receive(func(o Output) bool { _, ok := o.(Ended); return ok })
	r.table.Drain(stdout)
	r.receive(func(o Output) bool { return o == Drained{stdout} })
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLog(t, path+".moved", "12")
}

// Many rows: no descriptor is leaked, none is closed that is not ours any more.
func TestHandOverKeepsDescriptors(t *testing.T) {
	const rows = 200
	dir := t.TempDir()
	r := newRelay(t)
	r.upgrade(t.Context()) // closes what other tests have left open
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	open := descriptors(t)
	var children []*os.File
	for i := range rows {
		child, fd := childPipe(t)
		children = append(children, child)
		log := openLog(t, logfile.Options{Path: filepath.Join(dir, string(rune('a'+i%26)))})
		r.table.Attach(ID{uint64(i), Stdout}, fd, Options{Log: log, Events: true})
		their, in := inputPipe(t)
		children = append(children, their)
		r.table.AttachInput(ID{uint64(i), Stdin}, in)
	}
	stop := make(chan struct{})
	var canary sync.WaitGroup
	canary.Go(func() { // a descriptor that is closed twice is one of these, sooner or later
		for {
			select {
			case <-stop:
				return
			default:
			}
			var p [2]int
			if err := unix.Pipe(p[:]); err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(unix.Close(p[0]), unix.Close(p[1])); err != nil {
				t.Errorf("somebody else closed a descriptor: %v", err)
			}
		}
	})
	for range 20 {
		r.upgrade(t.Context())
	}
	close(stop)
	canary.Wait()
	for i := range rows {
		say(t, children[2*i], "x")
		r.receive(func(o Output) bool { c, ok := o.(Chunk); return ok && c.ID.Proc == uint64(i) })
		children[2*i].Close()
		children[2*i+1].Close()
		r.table.Drain(ID{uint64(i), Stdout})
		r.receive(func(o Output) bool { return o == Drained{ID{uint64(i), Stdout}} })
		r.table.CloseInput(ID{uint64(i), Stdin})
	}
	// Not a command of any row: when it is done, those before it are.
	r.sync()
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := descriptors(t); now != open {
		t.Errorf("%d descriptors are open, %d were before", now, open)
	}
}

// descriptors returns how many descriptors are open.
func descriptors(t *testing.T) (n int) {
	t.Helper()
	for fd := range 2000 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n
}
