package capture

import (
	"os"
	"path/filepath"
	"testing"

	"reeve/supervisor/logfile"
)

// TestChange: what is done with output changes while it is read: events are made, tokens
// looked for, the log rotates. Each step waits until the one before was read.
func TestChange(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(t.TempDir(), "log")
	w, fd := childPipe(t)
	id := ID{1, Stdout}
	b.Attach(id, fd, Options{Log: openLog(t, logfile.Options{Path: path})})
	sync := func() { // commands are carried out in order
		t.Helper()
		done := make(chan error)
		b.Sync(id, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	change := func(c Change) { b.Change(id, c); sync() }
	write := func(s string) { say(t, w, s); sync() }
	write("plain" + beginToken)
	change(Change{Events: true, CaptureMax: 100})
	write("chunk")
	write(beginToken + "captured" + endToken)
	change(Change{MaxBytes: 10, Backups: 1})
	write(beginToken + "line\n")
	var chunks, comms string
	for _, o := range b.drain(id) {
		switch o := o.(type) {
		case Chunk:
			chunks += string(o.Data)
		case Comm:
			comms += string(o.Data)
		}
	}
	if chunks != "chunkcaptured" || comms != "captured" {
		t.Errorf("chunks %q, comms %q", chunks, comms)
	}
	if _, err := os.Stat(path + ".1"); err != nil {
		t.Errorf("it was not rotated: %v", err)
	}
}
