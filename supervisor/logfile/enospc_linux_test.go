package logfile

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A disk that is really full takes part of a write, refuses the rest, and works again
// when there is room.
func TestQueueOnFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("reeve-test", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("cannot mount a small tmpfs:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "log")
	reports := make(chan Outage, 10)
	q := openQueue(t, Options{Path: path}, func(o Outage) { reports <- o })
	q.Write(bytes.Repeat([]byte("x"), 200<<10))
	q.Write(bytes.Repeat([]byte("y"), 200<<10))
	if o := <-reports; o.String() != "cannot write to "+path+": no space left on device; output is dropped" {
		t.Errorf("report %q", o)
	}
	q.Clear(nil) // now there is room
	q.Write([]byte("again"))
	q.Close()
	o := <-reports
	if o.Err != nil || o.Lost < 100<<10 || o.Lost > 200<<10 {
		t.Errorf("report %q", o)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "again" {
		t.Errorf("log %q, %v", data, err)
	}
}
