package capture

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"reeve/supervisor/logfile"
)

var benchLine = bytes.Repeat([]byte("a line of a hundred\n"), 5)

// newTap makes a Table with one row, and returns the child's end of its pipe. The row's
// log is a FIFO, so that a test can wait for a line to arrive.
func newTap(t testing.TB, opt Options, logs bool) (table *Table, child, log *os.File) {
	t.Helper()
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	if logs {
		path := filepath.Join(t.TempDir(), "log")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if log, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
			t.Fatal(err)
		}
		if opt.Log, err = logfile.OpenQueue(logfile.Options{Path: path}, func(o logfile.Outage) { t.Error(o) }); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { opt.Log.Close(); log.Close() })
	}
	r, child, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	t.Cleanup(func() { child.Close() })
	fd, err := syscall.Dup(int(r.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	table.Attach(ID{1, Stdout}, fd, opt)
	return table, child, log
}

// logged returns a function that sends a line through a Table into its log. Capture mode
// is configured, which also keeps the log from reading the row itself.
func logged(t testing.TB) (line func()) {
	_, child, log := newTap(t, Options{CaptureMax: 1 << 10}, true)
	got := make([]byte, len(benchLine))
	return func() {
		if _, err := child.Write(benchLine); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(log, got); err != nil || !bytes.Equal(got, benchLine) {
			t.Fatalf("the log has %q, %v", got, err)
		}
	}
}

// chunks returns a function that sends a listener's output to the loop.
func chunks(t testing.TB) (chunk func()) {
	table, child, _ := newTap(t, Options{Raw: true}, false)
	answer := []byte("RESULT 2\nOKREADY\n")
	return func() {
		if _, err := child.Write(answer); err != nil {
			t.Fatal(err)
		}
		if o, ok := (<-table.Outputs()).(Chunk); !ok || !bytes.Equal(o.Data, answer) {
			t.Fatalf("the loop gets %q", o.Data)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	line := logged(b)
	b.ReportAllocs()
	for b.Loop() {
		line()
	}
}

func BenchmarkChunk(b *testing.B) {
	chunk := chunks(b)
	b.ReportAllocs()
	for b.Loop() {
		chunk()
	}
}

func TestCaptureAllocates(t *testing.T) {
	if n := testing.AllocsPerRun(100, logged(t)); n > 3 {
		t.Errorf("a line to a log makes %.0f allocations, want at most 3", n)
	}
	if n := testing.AllocsPerRun(100, chunks(t)); n > 3 {
		t.Errorf("a chunk for the loop makes %.0f allocations, want at most 3", n)
	}
}
