package logfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRotateChanges: other limits hold for what is written after Rotate, and only for that.
func TestRotateChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	q := openQueue(t, Options{Path: path}, nil)
	line := strings.Repeat("x", 99) + "\n"
	write := func(n int) {
		for range n {
			q.Write([]byte(line))
		}
	}
	files := func() int {
		done := make(chan error)
		q.Sync(func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		names, err := filepath.Glob(path + "*")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	write(20)
	if n := files(); n != 1 {
		t.Fatalf("%d files although it never rotates", n)
	}
	q.Rotate(500, 2)
	if got, want := q.Options(), (Options{Path: path, MaxBytes: 500, Backups: 2}); got != want {
		t.Errorf("the options are %+v", got)
	}
	write(20)
	if n := files(); n != 3 {
		t.Errorf("%d files, not the log and two backups", n)
	}
	if info, err := os.Stat(path + ".1"); err != nil || info.Size() > 600 {
		t.Errorf("the last backup: %v, %v", info, err)
	}
	before := size(t, path)
	q.Rotate(0, 2)
	write(20)
	if files(); size(t, path) != before+2000 {
		t.Errorf("it has %d bytes: it rotated although it never does now", size(t, path))
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
