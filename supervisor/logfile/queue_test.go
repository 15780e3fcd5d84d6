package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a file on a disk that the test controls: each receive from turn lets one write
// through.
type slow struct {
	turn chan error // the result of the next write
	mu   sync.Mutex
	got  bytes.Buffer
}

func (s *slow) Write(p []byte) (int, error) {
	if err := <-s.turn; err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Write(p)
}

func (s *slow) rotateBy(*Options)          {}
func (s *slow) Reopen() error              { return nil }
func (s *slow) Clear() error               { return nil }
func (s *slow) refresh() error             { return nil }
func (s *slow) Close() error               { return nil }
func (s *slow) identity() (identity, bool) { return identity{}, false }
func (s *slow) place() Place               { return Place{Offset: -1} }
func (s *slow) waits() bool                { return true }
func (s *slow) abort(bool)                 {}
func (s *slow) handOver() HandedFile       { return HandedFile{} }

func openQueue(t testing.TB, opt Options, report func(Outage)) *Queue {
	t.Helper()
	q, err := OpenQueue(opt, report)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// bed is a Queue in front of a slow disk, under a fake clock.
type bed struct {
	*Queue
	disk    *slow
	mu      sync.Mutex
	reports []string
	rooms   int
}

func newBed() *bed {
	b := &bed{disk: &slow{turn: make(chan error)}}
	b.Queue = newSink(b.disk, "/log").join(Options{Path: "/log"}, b.reported)
	b.OnRoom(func() { b.rooms++ })
	return b
}

func (b *bed) reported(o Outage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reports = append(b.reports, o.String())
}

func (b *bed) wantReports(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if fmt.Sprintf("%q", b.reports) != fmt.Sprintf("%q", want) {
		t.Errorf("reports %q, want %q", b.reports, want)
	}
	b.reports = nil
}

// work lets all writes through, until there are none.
func (b *bed) work() {
	for synctest.Wait(); b.busy(); synctest.Wait() {
		b.disk.turn <- nil
	}
}

func (b *bed) busy() bool {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	return b.sink.writing
}

func TestQueueAsksForPauseAndRecovers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		chunk := make([]byte, 1<<20)
		if !b.Write(chunk) || b.Write(chunk) {
			t.Error("wrong answers: want room, then none")
		}
		time.Sleep(stallFor - time.Second)
		b.disk.turn <- nil
		synctest.Wait()
		if b.rooms != 0 {
			t.Error("room too early")
		}
		time.Sleep(stallFor - time.Second) // there is progress: slowness is not a failure
		b.disk.turn <- nil
		b.wantReports(t)
		if b.rooms != 1 {
			t.Errorf("told of room %d times", b.rooms)
		}
		if b.disk.got.Len() != 2<<20 {
			t.Errorf("%d bytes written", b.disk.got.Len())
		}
	})
}

func TestQueueStall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		chunk := make([]byte, 1<<20)
		b.Write(chunk)
		b.Write(chunk)
		time.Sleep(stallFor + 1)
		b.wantReports(t, "cannot write to /log: no progress for 5s; output is dropped")
		if b.rooms != 1 {
			t.Errorf("told to go on %d times", b.rooms)
		}
		for range 3 {
			if !b.Write(chunk[:1000]) {
				t.Error("asked for a pause during an outage")
			}
		}
		time.Sleep(time.Hour)
		b.work()
		b.wantReports(t, "/log can be written again; 3000 bytes were lost")
		b.Write([]byte("x"))
		b.work()
		b.wantReports(t)
		if b.disk.got.Len() != 2<<20+1 {
			t.Errorf("%d bytes written", b.disk.got.Len())
		}
	})
}

func TestQueueOverfull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		for range 10 {
			b.Write(make([]byte, 1<<20))
		}
		b.work()
		b.wantReports(t, fmt.Sprintf("/log can be written again; %d bytes were lost", 10<<20-b.disk.got.Len()))
		if n := b.disk.got.Len(); n < queueHigh+2<<20 || n > queueMax {
			t.Errorf("%d bytes kept", n)
		}
	})
}

func TestQueueErrorIsReportedOncePerOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		full := fmt.Errorf("cannot write to /log: %w", syscall.ENOSPC)
		try := func(err error) {
			b.Write([]byte("four"))
			b.disk.turn <- err
			synctest.Wait()
		}
		try(full)
		try(full)
		try(nil) // a nearly full disk takes a line now and then
		try(full)
		b.wantReports(t, "cannot write to /log: no space left on device; output is dropped")
		time.Sleep(calmFor)
		try(nil)
		b.wantReports(t, "/log can be written again; 12 bytes were lost")
		try(nil)
		b.wantReports(t)
		try(full)
		b.Close()
		b.wantReports(t, "cannot write to /log: no space left on device; output is dropped", "/log was closed and could not be written until then; 4 bytes were lost")
	})
}

func TestQueueIdleHoldsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		b.Write([]byte("x"))
		b.work()
		synctest.Wait()
		if s := b.sink; s.items != nil || s.writing || s.held != 0 {
			t.Errorf("idle, but %d items, writing %v, %d bytes", len(s.items), s.writing, s.held)
		}
	})
}

func TestQueueAfterClose(t *testing.T) {
	q := openQueue(t, Options{Path: filepath.Join(t.TempDir(), "log")}, nil)
	q.Close()
	q.Close()
	q.Write([]byte("x"))
	for _, op := range []func(func(error)){q.Reopen, q.Clear, q.Sync} {
		done := make(chan error)
		op(func(err error) { done <- err })
		if err := <-done; !errors.Is(err, os.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestQueueToFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here:", err)
	}
	reports := make(chan Outage, 10)
	q := openQueue(t, Options{Path: "/dev/full"}, func(o Outage) { reports <- o })
	q.Write([]byte("abc"))
	q.Write([]byte("de"))
	q.Close()
	if o := <-reports; o.String() != "cannot write to /dev/full: no space left on device; output is dropped" {
		t.Errorf("report %q", o)
	}
	if o := <-reports; o.String() != "/dev/full was closed and could not be written until then; 5 bytes were lost" {
		t.Errorf("report %q", o)
	}
}

// Several writers write while the log is rotated, reopened and moved: every line is there
// once, and those of one writer are in order.
func TestQueueContentIsExact(t *testing.T) {
	const writers, lines = 4, 3000
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	q := openQueue(t, Options{path, 4000, 1000}, func(o Outage) { t.Error(o) })
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range lines {
				q.Write(fmt.Appendf(nil, "%d %d\n", w, i))
				if i%500 == 0 {
					q.Reopen(func(err error) {
						if err != nil {
							t.Error(err)
						}
					})
				}
			}
		})
	}
	wg.Wait()
	synced := make(chan error)
	q.Sync(func(err error) { synced <- err })
	<-synced
	q.Close()

	var text strings.Builder
	for i := 1000; i >= 0; i-- { // oldest first
		name := path
		if i > 0 {
			name = fmt.Sprintf("%s.%d", path, i)
		}
		data, err := os.ReadFile(name)
		if err == nil {
			text.WriteString(string(data))
		}
	}
	next := [writers]int{}
	for line := range strings.Lines(text.String()) {
		var w, i int
		if _, err := fmt.Sscanf(line, "%d %d\n", &w, &i); err != nil || i != next[w] {
			t.Fatalf("line %q, want number %d", line, next[w])
		}
		next[w]++
	}
	if next != [writers]int{lines, lines, lines, lines} {
		t.Errorf("lines: %v", next)
	}
}

func TestQueueClearIsInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	q := openQueue(t, Options{Path: path}, nil)
	q.Write([]byte("before"))
	q.Clear(nil)
	q.Write([]byte("after"))
	q.Close()
	if err := Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, path, map[string]string{"": "after"})
}

// Lines in quick succession are written together; a single line is written at once, and
// so is everything before an operation on the file.
func TestQueueGathersLines(t *testing.T) {
	before := gathering.Load() // those of tests that have just ended
	<-busy.idle()              // logs of other tests, which a bubble can't wait for
	bubble(t, func(t *testing.T) {
		b := newBed()
		writes := func() (n int) {
			t.Helper()
			for synctest.Wait(); ; synctest.Wait() {
				select {
				case b.disk.turn <- nil:
					n++
				default:
					return n
				}
			}
		}
		want := func(what string, n int) {
			t.Helper()
			if got := writes(); got != n {
				t.Errorf("%s: %d writes, want %d", what, got, n)
			}
		}
		b.Write([]byte("alone\n"))
		want("a line that is alone", 1)
		b.Write([]byte("one\n"))
		b.Write([]byte("two\n"))
		want("lines just after it", 0)
		time.Sleep(gatherFor)
		want("a moment later", 1)
		b.Write([]byte("three\n"))
		synced := false
		b.Sync(func(error) { synced = true })
		if want("Sync", 1); !synced {
			t.Error("Sync waits for the moment to pass")
		}
		b.Write([]byte("four\n"))
		b.Write(make([]byte, blockSize))
		want("more than a block", 2)
		b.Write([]byte("five\n"))
		b.Close()
		want("Close", 1)
		if err := Quiesce(t.Context()); err != nil {
			t.Error(err)
		}
		if n := gathering.Load(); n > before {
			t.Errorf("%d queues count as gathering, %d before", n, before)
		}
	})
}

// A log with a small limit is rotated where lines end: they are neither joined nor
// collected.
func TestQueueApartWritesAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		b.apart = true
		for range 3 {
			b.Write([]byte("line\n"))
			synctest.Wait()
			select {
			case b.disk.turn <- nil:
			default:
				t.Error("a line waits")
			}
		}
		b.work()
	})
}
