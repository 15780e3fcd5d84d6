package logfile

import (
	"bytes"
	"os"
	"runtime"
	"testing"
)

// benchQueue opens a Queue for the null device.
func benchQueue(t testing.TB) *Queue {
	t.Helper()
	q := openQueue(t, Options{Path: os.DevNull}, func(o Outage) { t.Error(o) })
	t.Cleanup(func() {
		q.Close()
		if err := Quiesce(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return q
}

// awaitIdle waits until q has no writer. Unlike a channel it allocates nothing.
func awaitIdle(q *Queue) {
	for {
		q.sink.mu.Lock()
		writing := q.sink.writing
		q.sink.mu.Unlock()
		if !writing {
			return
		}
		runtime.Gosched()
	}
}

var benchLine = bytes.Repeat([]byte("a line of a hundred\n"), 5)

func BenchmarkQueueWrite(b *testing.B) {
	q := benchQueue(b)
	b.SetBytes(int64(len(benchLine)))
	b.ReportAllocs()
	for b.Loop() {
		q.Write(benchLine)
		awaitIdle(q)
	}
}

// A single line costs the start of a writer and its place in the queue, but no buffer of
// its own.
func TestQueueWriteAllocates(t *testing.T) {
	q := benchQueue(t)
	n := testing.AllocsPerRun(100, func() {
		q.Write(benchLine)
		awaitIdle(q)
	})
	if n > 3 {
		t.Errorf("a line makes %.0f allocations, want at most 3", n)
	}
}
