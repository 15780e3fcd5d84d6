package capture

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// bed is a Table whose Outputs are collected.
type bed struct {
	*Table
	t    *testing.T
	mu   sync.Mutex
	cond *sync.Cond
	outs []Output
}

func newBed(t *testing.T) *bed {
	t.Helper()
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{Table: table, t: t}
	b.cond = sync.NewCond(&b.mu)
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case o := <-table.Outputs():
				b.mu.Lock()
				b.outs = append(b.outs, o)
				b.cond.Broadcast()
				b.mu.Unlock()
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
		close(stop)
		reader.Wait()
	})
	return b
}

// wait waits until an Output satisfies is.
func (b *bed) wait(is func(Output) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if slices.ContainsFunc(b.outs, is) {
			return
		}
		b.cond.Wait()
	}
}

// drain drains a row and returns all its Outputs.
func (b *bed) drain(id ID) []Output {
	b.Drain(id)
	b.wait(func(o Output) bool { d, ok := o.(Drained); return ok && d.ID == id })
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.outs
}

// text joins the Chunks among outs.
func text(outs []Output) string {
	var s strings.Builder
	for _, o := range outs {
		if c, ok := o.(Chunk); ok {
			s.Write(c.Data)
		}
	}
	return s.String()
}

// childPipe returns the child's end of an output pipe as a file and the parent's as a
// descriptor.
func childPipe(t *testing.T) (child *os.File, parent int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	child = os.NewFile(uintptr(p[1]), "child")
	t.Cleanup(func() { child.Close() })
	return child, p[0]
}

func say(t *testing.T, f *os.File, s string) {
	t.Helper()
	if _, err := f.WriteString(s); err != nil {
		t.Fatal(err)
	}
}

func openLog(t *testing.T, opt logfile.Options) *logfile.Queue {
	t.Helper()
	q, err := logfile.OpenQueue(opt, func(o logfile.Outage) { t.Error(o) })
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// closeLog closes a log and waits until all of it is written.
func closeLog(t *testing.T, q *logfile.Queue) {
	t.Helper()
	q.Close()
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wantLog(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v, want %q", filepath.Base(path), got, err, want)
	}
}

var stdout = ID{1, Stdout}

func Test170ByteExact(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, logfile.Options{Path: path})
	child, fd := childPipe(t)
	b.Attach(stdout, fd, Options{Log: log})
	say(t, child, "no newline\x00\xff")
	done := make(chan error)
	b.Sync(stdout, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantLog(t, path, "no newline\x00\xff") // at once, not only at the end
	say(t, child, "more")
	child.Close()
	if outs := b.drain(stdout); fmt.Sprint(outs) != fmt.Sprint([]Output{Ended{stdout, fd}, Drained{stdout}}) {
		t.Errorf("outputs %v, want Ended and Drained only", outs)
	}
	closeLog(t, log)
	wantLog(t, path, "no newline\x00\xffmore")
}

// TestGivenUp: a pipe that is drained while a process still holds it does not count as
// ended.
func TestGivenUp(t *testing.T) {
	b := newBed(t)
	child, fd := childPipe(t)
	defer child.Close()
	b.Attach(stdout, fd, Options{})
	if outs := b.drain(stdout); fmt.Sprint(outs) != fmt.Sprint([]Output{Ended{stdout, -1}, Drained{stdout}}) {
		t.Errorf("outputs %v, want Ended without a descriptor and Drained", outs)
	}
}

func Test175OutputBeforeDrained(t *testing.T) {
	b := newBed(t)
	child, fd := childPipe(t)
	b.Attach(stdout, fd, Options{Events: true})
	say(t, child, strings.Repeat("x", 60_000)+"last words")
	outs := b.drain(stdout) // the pipe is still open here: a grandchild holds it
	if s := text(outs); !strings.HasSuffix(s, "last words") || len(s) != 60_010 {
		t.Errorf("%d bytes", len(s))
	}
	if _, ok := outs[len(outs)-1].(Drained); !ok {
		t.Errorf("the last is %T", outs[len(outs)-1])
	}
	// The parent's end is closed.
	if _, err := child.WriteString("x"); err == nil {
		t.Error("a grandchild can still write")
	}
}

func TestDrainUnknown(t *testing.T) {
	b := newBed(t)
	if outs := b.drain(stdout); len(outs) != 1 {
		t.Errorf("outputs %v", outs)
	}
}

func TestDrainWhileGrandchildWritesForEver(t *testing.T) {
	b := newBed(t)
	child, fd := childPipe(t)
	var writer sync.WaitGroup
	writer.Go(func() {
		line := bytes.Repeat([]byte("y"), 4096)
		for {
			if _, err := child.Write(line); err != nil {
				return // EPIPE: drained
			}
		}
	})
	b.Attach(stdout, fd, Options{})
	b.drain(stdout)
	writer.Wait()
}

// A FIFO without a reader stands in for a disk that hangs.
func TestDrainWhileDiskHangs(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	log := openLog(t, logfile.Options{Path: path})
	child, fd := childPipe(t)
	if err := unix.SetNonblock(int(child.Fd()), true); err != nil {
		t.Fatal(err)
	}
	b.Attach(stdout, fd, Options{Log: log})
	other := ID{2, Stdout}
	chatty, otherFD := childPipe(t)
	b.Attach(other, otherFD, Options{Events: true})

	// Write until even the queue is full and the child has to wait; others are still
	// served then. (It has to wait once before that, until it turns out that the disk
	// hangs.)
	sent := 0
	chunk := bytes.Repeat([]byte("z"), 64<<10)
	for full := 0; full < 3 || sent < 2<<20; {
		n, _ := unix.Write(int(child.Fd()), chunk)
		if n > 0 {
			sent += n
			full = 0
			continue
		}
		full++
		done := make(chan error)
		say(t, chatty, "!")
		b.Sync(other, func(err error) { done <- err }) // one round of the Table
		<-done
	}
	b.drain(stdout)
	log.Close()

	// The disk works again: everything is there.
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := make([]byte, 1<<20)
	for got := 0; got < sent; {
		n, err := r.Read(buf)
		if err != nil {
			t.Fatalf("after %d of %d bytes: %v", got, sent, err)
		}
		got += n
	}
}

func Test185CaptureToLog(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, logfile.Options{Path: path})
	child, fd := childPipe(t)
	b.Attach(stdout, fd, Options{Log: log, CaptureMax: 100, Events: true, StripANSI: true})
	say(t, child, "a"+beginToken+"\x1b[1mb\x1b[0m"+endToken+"c<!--X")
	outs := b.drain(stdout)
	closeLog(t, log)
	wantLog(t, path, "ac<!--X")
	var comms []string
	for _, o := range outs {
		if c, ok := o.(Comm); ok {
			comms = append(comms, string(c.Data))
		}
	}
	if fmt.Sprintf("%q", comms) != `["b"]` {
		t.Errorf("comms %q", comms)
	}
	if s := text(outs); s != "abc<!--X" { // fact 188: events for captured data too
		t.Errorf("chunks %q", s)
	}
}

func Test183ClearDropsCapture(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, logfile.Options{Path: path})
	child, fd := childPipe(t)
	b.Attach(stdout, fd, Options{Log: log, CaptureMax: 100})
	say(t, child, "old"+beginToken+"dropped")
	done := make(chan error)
	b.Clear(stdout, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantLog(t, path, "")
	say(t, child, "kept"+endToken+"new")
	outs := b.drain(stdout)
	if c, ok := outs[0].(Comm); !ok || string(c.Data) != "kept" {
		t.Errorf("outputs %v", outs)
	}
	closeLog(t, log)
	wantLog(t, path, "new")
}

// lines is a Sink that records what it gets.
type lines struct{ got []string }

func (l *lines) SendLines(prefix string, text []byte) {
	for line := range strings.SplitSeq(strings.TrimRight(string(text), "\n"), "\n") {
		l.got = append(l.got, prefix+line)
	}
}

func Test172SyslogCopy(t *testing.T) {
	b := newBed(t)
	var plain, raw lines
	for i, o := range []Options{{Syslog: &plain, Name: "web"}, {Syslog: &raw, Name: "listener", Raw: true}} {
		id := ID{uint64(i), Stdout}
		child, fd := childPipe(t)
		b.Attach(id, fd, o)
		say(t, child, "one\ntwo\n")
		b.drain(id)
	}
	if fmt.Sprintf("%q", plain.got) != `["web one" "web two"]` || len(raw.got) != 0 {
		t.Errorf("syslog got %q and %q", plain.got, raw.got)
	}
}

func Test189RawIsStrippedInLogOnly(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, logfile.Options{Path: path})
	child, fd := childPipe(t)
	b.Attach(stdout, fd, Options{Log: log, Raw: true, CaptureMax: 100})
	b.SetStripANSI(true)
	say(t, child, "READY\x1b[m\n"+beginToken)
	outs := b.drain(stdout)
	if s := text(outs); s != "READY\x1b[m\n"+beginToken {
		t.Errorf("chunks %q", s)
	}
	closeLog(t, log)
	wantLog(t, path, "READY\n"+beginToken)
}

func TestReopenInOrder(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, logfile.Options{Path: path})
	child, fd := childPipe(t)
	b.Attach(stdout, fd, Options{Log: log})
	say(t, child, "a")
	done := make(chan error)
	b.Sync(stdout, func(err error) { done <- err })
	<-done
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	b.Reopen(stdout, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Error(err)
	}
	say(t, child, "b")
	b.drain(stdout)
	closeLog(t, log)
	wantLog(t, path+".old", "a")
	wantLog(t, path, "b")
}
