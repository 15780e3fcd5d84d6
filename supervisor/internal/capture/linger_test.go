package capture

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/logfile"
)

// lingeringBed makes a row with a log, whose child is gone and whose pipe a grandchild
// holds.
func lingeringBed(t *testing.T, lingerFor time.Duration) (b *bed, grandchild *os.File, path string) {
	t.Helper()
	b = newBed(t)
	b.lingerFor = lingerFor
	path = filepath.Join(t.TempDir(), "log")
	grandchild, fd := childPipe(t)
	b.Attach(stdout, fd, Options{Log: openLog(t, logfile.Options{Path: path}), Events: true, CaptureMax: 100})
	say(t, grandchild, "before ")
	if outs := b.drain(stdout); text(outs) != "before " {
		t.Errorf("before the end came %q", text(outs))
	}
	return b, grandchild, path
}

// Output after the exit was published goes to the log and nowhere else.
func TestLastWordsOfAGrandchild(t *testing.T) {
	b, grandchild, path := lingeringBed(t, time.Hour)
	say(t, grandchild, beginToken+"last "+endToken)
	say(t, grandchild, "words")
	grandchild.Close()
	if err := b.Close(); err != nil { // Close waits for the last output
		t.Fatal(err)
	}
	if err := logfile.Quiesce(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantLog(t, path, "before "+beginToken+"last "+endToken+"words")
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, last := b.outs[len(b.outs)-1].(Drained); !last || text(b.outs) != "before " {
		t.Errorf("after Drained came more: %v", b.outs)
	}
}

// A process that holds a pipe and writes to it for ever gets EPIPE after a moment.
func TestAGrandchildThatWritesForEver(t *testing.T) {
	_, grandchild, _ := lingeringBed(t, 10*time.Millisecond)
	line := bytes.Repeat([]byte("y"), 4096)
	for {
		if _, err := grandchild.Write(line); err != nil {
			if !errors.Is(err, syscall.EPIPE) {
				t.Error(err)
			}
			return
		}
	}
}

// Beyond the limit the oldest lingering row ends.
func TestOnlySoManyLinger(t *testing.T) {
	b, first, _ := lingeringBed(t, time.Hour)
	for i := range lingerMost {
		grandchild, fd := childPipe(t)
		t.Cleanup(func() { grandchild.Close() })
		id := ID{uint64(100 + i), Stdout}
		b.Attach(id, fd, Options{Syslog: &lines{}})
		b.drain(id)
	}
	if _, err := first.WriteString("x"); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the first of too many still lingers: %v", err)
	}
}
