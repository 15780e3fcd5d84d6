package logfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// handOver hands over all logs, with no time to write what is queued, and passes them
// through JSON.
func handOver(t *testing.T) (h Handed) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h, err := HandOver(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(h)
	if err == nil {
		h = Handed{}
		err = json.Unmarshal(b, &h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// quiet waits until all logs that were closed are.
func quiet(t *testing.T) {
	t.Helper()
	if err := Quiesce(t.Context()); err != nil {
		t.Error(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// said collects Outages.
type said struct {
	mu    sync.Mutex
	lines []string
}

func (s *said) report(o Outage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, o.String())
}

func (s *said) want(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if fmt.Sprintf("%q", s.lines) != fmt.Sprintf("%q", want) {
		t.Errorf("said %q, want %q", s.lines, want)
	}
	s.lines = nil
}

func noOutage(t *testing.T) func(Outage) { return func(o Outage) { t.Error(o) } }

// A log that was moved away goes on in the moved file; nothing is opened by name, for
// none of its paths.
func TestHandedLogGoesOnInItsFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	opt := Options{path, 1000, 3}
	a, b := openQueue(t, opt, nil), openQueue(t, opt, nil)
	a.Write([]byte("1\n"))
	synced(t, a)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	a.Write([]byte("2\n"))
	synced(t, a)
	Take(handOver(t))
	if a.Write([]byte("dead\n")); !b.closed {
		t.Error("a Queue lives on after Take")
	}
	c, d := openQueue(t, opt, noOutage(t)), openQueue(t, opt, noOutage(t))
	if !c.Shares(d) {
		t.Error("two Queues of one handed log do not share it")
	}
	c.Write([]byte("3\n"))
	d.Write([]byte("4\n"))
	synced(t, d)
	CloseUnclaimed(nil)
	if got := content(t, path+".moved"); got != "1\n2\n3\n4\n" {
		t.Errorf("the moved file has %q", got)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the file was created again")
	}
	openQueue(t, opt, noOutage(t)).Write([]byte("5\n"))
	synced(t, c)
	if got := content(t, path); got != "5\n" {
		t.Errorf("opened after CloseUnclaimed, the file has %q", got)
	}
}

// fullPipe opens a log on a FIFO and writes more than that takes. It returns the FIFO's
// other end and what was written.
func fullPipe(t *testing.T, opt Options, report func(Outage)) (q *Queue, r *os.File, want *bytes.Buffer) {
	t.Helper()
	r, err := os.OpenFile(opt.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	q, want = openQueue(t, opt, report), &bytes.Buffer{}
	for i := range 9000 {
		line := fmt.Appendf(nil, "line %d\n", i)
		q.Write(line)
		want.Write(line)
	}
	return q, r, want
}

func wantRead(t *testing.T, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
		i := 0
		for ; i < len(want) && got[i] == want[i]; i++ {
		}
		t.Errorf("%v; differs at byte %d of %d: %.40q, want %.40q", err, i, len(want), got[i:], want[i:])
	}
}

// What a full pipe has not taken goes along, with the operations behind it, and comes
// first when the log has a user again.
func TestHandedDataComesFirst(t *testing.T) {
	for _, small := range []bool{false, true} {
		opt := Options{Path: fifo(t)}
		if small {
			opt.MaxBytes, opt.Backups = 100, 1 // each write is a piece of its own
		}
		q, r, want := fullPipe(t, opt, noOutage(t))
		q.Reopen(func(error) { t.Error("the callback of a handed operation was called") })
		for range 3 {
			h := handOver(t)
			l := h.Logs[slices.IndexFunc(h.Logs, func(l HandedLog) bool { return l.Paths[0] == opt.Path })]
			if last := l.Pending[len(l.Pending)-1]; last.Kind != reopen || len(last.Data) > 0 {
				t.Errorf("the last pending item is %v", last)
			}
			Take(h)
			q = openQueue(t, opt, noOutage(t))
			CloseUnclaimed(nil)
			q.Write([]byte("more"))
			q.Reopen(nil)
			want.WriteString("more")
		}
		wantRead(t, r, want.Bytes())
		synced(t, q)
		q.Close()
		quiet(t)
		if q.sink.held != 0 || q.sink.asked != 0 {
			t.Errorf("%d bytes and %d operations are still counted", q.sink.held, q.sink.asked)
		}
	}
	if n := queued.Load(); n != 0 {
		t.Errorf("%d bytes are still counted as queued", n)
	}
}

// A log that nobody opens again is closed after its data is written, also if it was about
// to be closed before.
func TestUnclaimedLogIsWrittenAndClosed(t *testing.T) {
	for _, closed := range []bool{false, true} {
		opt := Options{Path: fifo(t)}
		q, r, want := fullPipe(t, opt, nil)
		if closed {
			q.Close()
		}
		Take(handOver(t))
		CloseUnclaimed(noOutage(t))
		wantRead(t, r, want.Bytes())
		quiet(t)
		if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %d bytes, %v, want the FIFO closed", n, err)
		}
	}
}

// Thaw undoes HandOver for all Queues.
func TestThaw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	q := openQueue(t, Options{Path: path}, noOutage(t))
	q.Write([]byte("before\n"))
	handOver(t)
	q.Write([]byte("between\n"))
	done := make(chan error, 1)
	q.Sync(func(err error) { done <- err })
	other := openQueue(t, Options{Path: path + "2"}, noOutage(t))
	other.Write([]byte("new\n"))
	if q.Feed(nil) {
		t.Error("a frozen log accepts a source")
	}
	for _, l := range handOver(t).Logs { // again: now with what was written since
		if l.Paths[0] == path+"2" && (len(l.Pending) != 1 || string(l.Pending[0].Data) != "new\n") {
			t.Errorf("written while frozen: %q", content(t, path+"2"))
		}
	}
	Thaw()
	if err := <-done; err != nil {
		t.Error(err)
	}
	synced(t, other)
	if got := content(t, path); got != "before\nbetween\n" {
		t.Errorf("%q", got)
	}
	if got := content(t, path+"2"); got != "new\n" {
		t.Errorf("opened while frozen: %q", got)
	}
	q.Close()
	other.Close()
	quiet(t)
}

// A write to a full pipe that HandOver ended goes on after Thaw, and so does one of what
// was read from a source.
func TestThawOfFullPipe(t *testing.T) {
	opt := Options{Path: fifo(t)}
	q, r, want := fullPipe(t, opt, noOutage(t))
	handOver(t)
	Thaw()
	wantRead(t, r, want.Bytes())
	synced(t, q)
	for range 10 { // HandOver may also come between two writes
		src := &endless{}
		if !q.Feed(src) {
			t.Fatal("the source was not accepted")
		}
		wantRead(t, r, bytes.Repeat([]byte("0123456789"), 10_000)) // it is being read
		handOver(t)
		q.Unfeed()
		q.Write([]byte("end"))
		Thaw()
		want = bytes.NewBuffer(bytes.Repeat([]byte("0123456789"), src.n/10)[100_000:])
		want.WriteString("end")
		wantRead(t, r, want.Bytes())
		synced(t, q)
	}
	q.Close()
	quiet(t)
}

// endless is a Source of digits.
type endless struct{ n int }

func (e *endless) Read(p []byte) int {
	p = p[:len(p)/10*10]
	copy(p, bytes.Repeat([]byte("0123456789"), len(p)/10))
	e.n += len(p)
	return len(p)
}
func (e *endless) Rest() (time.Duration, bool) { return 0, true }
func (e *endless) Done()                       {}

// A frozen writer stops after one piece; one that would begin later does not.
func TestFreezeBetweenPieces(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		q := b.sink.join(Options{Path: "/log", MaxBytes: 100}, b.reported)
		for range 3 {
			q.Write([]byte("piece"))
		}
		synctest.Wait() // the first is being written
		ceased := b.sink.freeze()
		b.disk.turn <- nil
		<-ceased
		b.sink.thaw()
		b.work()
		if got := b.disk.got.String(); got != "piecepiecepiece" {
			t.Errorf("%q was written", got)
		}
		b.Write([]byte("gathered"))
		<-b.sink.freeze()
		b.sink.thaw()
		b.work()
		if got := b.disk.got.String(); got != "piecepiecepiecegathered" {
			t.Errorf("%q was written", got)
		}
		b.Close()
		q.Close()
		b.work()
	})
}

// A Queue that was handed over by its owner keeps its log for the next one, whether or
// not the logs are handed over, too.
func TestQueueHandOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	q := openQueue(t, Options{Path: path}, nil)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	q.Write([]byte("1\n"))
	q.HandOver()
	q.HandOver()
	again := openQueue(t, Options{Path: path}, noOutage(t))
	again.Write([]byte("2\n"))
	again.HandOver()
	CloseUnclaimed(noOutage(t))
	quiet(t)
	if got := content(t, path+".moved"); got != "1\n2\n" {
		t.Errorf("%q", got)
	}
}

// A write that hangs in the kernel refuses the hand-over; its log is named, and goes on.
func TestHungWriteRefusesHandOver(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	reader := os.NewFile(uintptr(pair[0]), "reader")
	defer reader.Close()
	path := fmt.Sprintf("/dev/fd/%d", pair[1])
	q := openQueue(t, Options{Path: path}, noOutage(t)) // a duplicate, which blocks
	syscall.Close(pair[1])
	want := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	q.Write(want[:len(want)/2])
	q.Write(want[len(want)/2:])
	wantRead(t, reader, want[:1]) // the write has begun, and is more than the socket takes
	regular := openQueue(t, Options{Path: filepath.Join(t.TempDir(), "log")}, noOutage(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := HandOver(ctx); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names %s", err, path)
	}
	regular.Write([]byte("it goes on"))
	synced(t, regular)
	wantRead(t, reader, want[1:])
	q.Close()
	regular.Close()
	quiet(t)
	if _, err := HandOver(t.Context()); err != nil {
		t.Error(err)
	}
	Thaw()
}

// A failure that was reported is not reported again, and what was lost before counts.
func TestOutageIsKnownAfterHandOver(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	var before, after said
	opt := Options{Path: "/dev/full"}
	q := openQueue(t, opt, before.report)
	q.Write([]byte("12345"))
	synced(t, q)
	before.want(t, "cannot write to /dev/full: no space left on device; output is dropped")
	Take(handOver(t))
	q = openQueue(t, opt, after.report)
	CloseUnclaimed(nil)
	q.Write([]byte("678"))
	synced(t, q)
	after.want(t)
	q.Close()
	quiet(t)
	after.want(t, "/dev/full was closed and could not be written until then; 8 bytes were lost")
	before.want(t)
}

// A log that stalled is known to stall; that it recovers is said once.
func TestStallIsKnownAfterHandOver(t *testing.T) {
	var after said
	opt := Options{Path: fifo(t)}
	q, r, want := fullPipe(t, opt, nil)
	q.sink.mu.Lock()
	q.sink.stalled, q.sink.full = true, true
	q.sink.mu.Unlock()
	q.Write([]byte("lost"))
	Take(handOver(t))
	q = openQueue(t, opt, after.report)
	CloseUnclaimed(nil)
	q.Write([]byte("also"))
	wantRead(t, r, want.Bytes())
	synced(t, q)
	after.want(t, opt.Path+" can be written again; 8 bytes were lost")
	q.Close()
	quiet(t)
}

// A full log asks the next user to pause, and tells it of room.
func TestFullLogPausesAfterHandOver(t *testing.T) {
	opt := Options{Path: fifo(t)}
	q, r, want := fullPipe(t, opt, nil)
	chunk := make([]byte, 1<<20)
	for q.Write(chunk) {
		want.Write(chunk)
	}
	want.Write(chunk)
	Take(handOver(t))
	q = openQueue(t, opt, noOutage(t))
	room := make(chan struct{}, 1)
	q.OnRoom(func() { room <- struct{}{} })
	if q.Write(nil) {
		t.Error("a full log has room")
	}
	CloseUnclaimed(nil)
	wantRead(t, r, want.Bytes())
	<-room
	q.Close()
	quiet(t)
}

// File and size are known without a look at the file: so it rotates where it would have.
func TestHandedLogRotatesAsBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	opt := Options{path, 10, 2}
	q := openQueue(t, opt, noOutage(t))
	q.Write([]byte("123456789"))
	synced(t, q)
	handOver(t)
	q.Write([]byte("abc"))
	q.Write([]byte("def"))
	Take(handOver(t))
	q = openQueue(t, opt, noOutage(t))
	CloseUnclaimed(nil)
	q.Write([]byte("g"))
	synced(t, q)
	wantFiles(t, path, map[string]string{".1": "123456789abc", "": "defg"})
	q.Close()
	quiet(t)
}

// Lines that syslog has not taken go along, and come before those of all new senders. A
// failure is said once.
func TestHandedSyslog(t *testing.T) {
	senders = sendersOf{active: map[*Syslog]struct{}{}}
	old, conn := fakeSyslog(t)
	line := strings.Repeat("x", 1000)
	const lines = 900
	for i := range lines {
		old.Send(fmt.Appendf(nil, "%d %s", i, line))
	}
	h := handOver(t)
	if len(h.Syslog.Lines) == 0 {
		t.Fatal("the socket took everything")
	}
	Take(h)
	first, second := newSyslog("first", old.socket, noOutage(t)), newSyslog("second", old.socket, noOutage(t))
	second.Send([]byte("after"))
	CloseUnclaimed(nil)
	buf := make([]byte, 2000)
	read := func() string {
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	for i := range lines {
		if got := read(); !strings.Contains(got, fmt.Sprintf(": %d x", i)) {
			t.Fatalf("datagram %d is %.60q", i, got)
		}
	}
	if got := read(); !strings.HasSuffix(got, "second: after") {
		t.Errorf("the next is %.60q", got)
	}
	first.Send([]byte("last"))
	if got := read(); !strings.HasSuffix(got, "first: last") {
		t.Errorf("the next is %.60q", got)
	}
}
