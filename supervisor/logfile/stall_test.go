package logfile

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"reeve/supervisor/internal/disk"
)

// A log that is closed while its disk hangs is given up after stallFor, which is reported
// once.
func TestClosedQueueIsGivenUp(t *testing.T) {
	<-busy.idle() // logs of other tests, which a bubble can't wait for
	bubble(t, func(t *testing.T) {
		b := newBed()
		b.Write(make([]byte, 1000))
		b.Write(make([]byte, blockSize))
		synctest.Wait()
		b.Close()
		time.Sleep(stallFor - 1)
		b.wantReports(t)
		time.Sleep(time.Nanosecond)
		b.wantReports(t, "cannot write to /log: no progress; it was given up, 66536 bytes were lost")
		if err := Quiesce(t.Context()); err != nil {
			t.Error(err)
		}
		if s := b.sink; s.items != nil || s.held != blockSize {
			t.Errorf("%d items and %d bytes are kept", len(s.items), s.held)
		}
		b.work()
		b.wantReports(t)
		if b.sink.held != 0 {
			t.Errorf("%d bytes are held at the end", b.sink.held)
		}
	})
}

// A log that has already hung that long is given up at once.
func TestQueueThatHangsIsGivenUpAtOnce(t *testing.T) {
	<-busy.idle() // logs of other tests, which a bubble can't wait for
	bubble(t, func(t *testing.T) {
		b := newBed()
		b.Write([]byte("four"))
		time.Sleep(time.Hour)
		begin := time.Now()
		b.Close()
		if err := Quiesce(t.Context()); err != nil || time.Since(begin) > 0 {
			t.Errorf("Quiesce: %v, after %v", err, time.Since(begin))
		}
		b.wantReports(t, "cannot write to /log: no progress; it was given up, 4 bytes were lost")
		b.work()
	})
}

// At the end of the daemon, what the disk has not taken is reported as lost.
func TestQuiesceSaysWhatIsLost(t *testing.T) {
	path := fifo(t)
	r, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	reports := make(chan Outage, 10)
	q := openQueue(t, Options{Path: path}, func(o Outage) { reports <- o })
	q.Write(make([]byte, 1<<20))
	q.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Quiesce(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Quiesce = %v", err)
	}
	if o := <-reports; o.Err == nil || !strings.Contains(o.String(), "bytes were lost") {
		t.Errorf("report %q", o)
	}
	if err := Quiesce(t.Context()); err != nil { // the write was ended too
		t.Error(err)
	}
	// The next Queue is not affected.
	next := openQueue(t, Options{Path: path}, func(o Outage) { reports <- o })
	go func() {
		buf := make([]byte, 1<<20)
		for {
			if _, err := r.Read(buf); err != nil {
				return
			}
		}
	}()
	next.Write(make([]byte, 1<<20))
	synced(t, next)
	next.Close()
	if err := Quiesce(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case o := <-reports:
		t.Errorf("report %q", o)
	default:
	}
}

// The memory of small lines that wait for a slow disk is bounded, even if each is written
// separately.
func TestQueueHoldsWhatItCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		b.apart = true
		line := []byte("a short line\n")
		b.Write(line)
		synctest.Wait() // the writer has taken it, and holds a block
		paused := 0
		for range 200_000 {
			if !b.Write(line) {
				paused++
			}
		}
		held, text := 0, 0
		for _, i := range b.sink.items {
			held += len(i.data.buf)
			text += i.data.n
		}
		if held += blockSize; held != b.sink.held || held > queueMax {
			t.Errorf("%d bytes are held, %d counted, bound %d", held, b.sink.held, queueMax)
		}
		if text < queueMax/10 || paused == 0 {
			t.Errorf("room for %d bytes, asked for a pause %d times", text, paused)
		}
		b.Close()
		time.Sleep(stallFor)
		b.work()
		if b.sink.held != 0 || queued.Load() != 0 {
			t.Errorf("%d bytes are held at the end, %d in all", b.sink.held, queued.Load())
		}
	})
}

func TestOperationsThatWaitAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		b.Write([]byte("x"))
		synctest.Wait()
		refused := make(chan error, 2*operationsMost)
		for range operationsMost + 10 {
			b.Sync(func(err error) { refused <- err })
		}
		synctest.Wait()
		if len(refused) != 10 || !errors.Is(<-refused, disk.ErrBusy) {
			t.Errorf("%d were refused", len(refused))
		}
		if len(b.sink.items) != 1 {
			t.Errorf("%d items wait", len(b.sink.items))
		}
		b.work()
		if len(refused) != operationsMost+9 || b.sink.asked != 0 {
			t.Errorf("%d were answered, %d wait", len(refused), b.sink.asked)
		}
		b.Close()
	})
}

// A full log that is closed and opened again while its disk hangs still counts as
// refusing after stallFor, so that the new writer does not wait for ever.
func TestFullQueueThatIsOpenedAgainStalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newBed()
		for b.Write(make([]byte, blockSize)) {
		}
		time.Sleep(stallFor / 2)
		s := b.sink
		b.Close()
		s.mu.Lock()
		b.Queue = s.join(Options{Path: "/log"}, b.reported)
		s.mu.Unlock()
		b.OnRoom(func() { b.rooms++ })
		if b.Write([]byte("more")) {
			t.Error("there is room in a full log")
		}
		time.Sleep(stallFor / 2)
		b.wantReports(t, "cannot write to /log: no progress for 5s; output is dropped")
		if b.rooms == 0 || !b.Write([]byte("dropped")) {
			t.Error("the writer still waits")
		}
		b.work()
	})
}
