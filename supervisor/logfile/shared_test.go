package logfile

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// synced waits until what was written so far is in the file.
func synced(t *testing.T, q *Queue) {
	t.Helper()
	done := make(chan error)
	q.Sync(func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// When stdout and stderr of a program go to one file, the lines are in the order of the
// calls, and rotation and clearing lose none.
func TestQueuesOfOnePathShareTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	a := openQueue(t, Options{path, 100, 200}, func(o Outage) { t.Error(o) })
	b := openQueue(t, Options{filepath.Dir(path) + "//log", 100, 200}, func(o Outage) { t.Error(o) })
	if !a.Shares(b) {
		t.Fatal("two paths of one file have two logs")
	}
	var want strings.Builder
	for range 1000 {
		a.Write([]byte("a line\n"))
		b.Write([]byte("another\n"))
		want.WriteString("a line\nanother\n")
	}
	synced(t, b)
	var got strings.Builder
	for i := 200; i >= 0; i-- {
		name := path
		if i > 0 {
			name = backup(path, i)
		}
		data, _ := os.ReadFile(name)
		got.Write(data)
	}
	if got.String() != want.String() {
		t.Errorf("%d bytes in the log, want %d in order", got.Len(), want.Len())
	}
	a.Clear(nil)
	b.Write([]byte("after"))
	synced(t, a)
	if data, err := os.ReadFile(path); err != nil || string(data) != "after" {
		t.Errorf("after Clear: %q, %v", data, err)
	}
}

// Each Queue's own options apply to what it writes, as if each had opened the file
// itself.
func TestQueuesOfOnePathRotateAsTheyWere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	never, soon := openQueue(t, Options{path, 0, 3}, nil), openQueue(t, Options{path, 5, 3}, nil)
	never.Write([]byte("long line"))
	synced(t, never)
	wantFiles(t, path, map[string]string{"": "long line"})
	soon.Write([]byte("!"))
	never.Write([]byte("new"))
	synced(t, never)
	wantFiles(t, path, map[string]string{"": "new", ".1": "long line!"})
}

func TestQueuesOfOnePipeShareIt(t *testing.T) {
	path := fifo(t)
	other := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, other); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a, b := openQueue(t, Options{Path: path}, nil), openQueue(t, Options{Path: other}, nil)
	if !a.Shares(b) {
		t.Error("two names of one pipe have two logs")
	}
}

// If a file was moved away while one Queue has it open, opening a second one creates it
// again, for both.
func TestQueueFindsItsFileMoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	first := openQueue(t, Options{Path: path}, nil)
	first.Write([]byte("a"))
	synced(t, first)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	second := openQueue(t, Options{Path: path}, nil)
	second.Write([]byte("b"))
	first.Write([]byte("c"))
	synced(t, first)
	wantFiles(t, path, map[string]string{"": "bc", ".moved": "a"})
	third := openQueue(t, Options{Path: path}, nil)
	if !third.Shares(first) {
		t.Error("the new file has another log")
	}
}

// A log that was closed but still has data is used, in order, by the next Queue that is
// opened.
func TestQueueOpenedWhileTheLastOneDrains(t *testing.T) {
	path := fifo(t)
	r, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var want int
	for range 20 {
		q := openQueue(t, Options{Path: path}, func(o Outage) { t.Error(o) })
		for range 3 {
			q.Write(make([]byte, 20<<10)) // soon more than the pipe holds
			want += 20 << 10
		}
		q.Close()
	}
	if n := openAt(path); n != 1 {
		t.Errorf("%d logs are open, want 1", n)
	}
	buf := make([]byte, 1<<20)
	for got := 0; got < want; {
		n, err := r.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if err := Quiesce(t.Context()); err != nil {
		t.Error(err)
	}
	if n := openAt(path); n != 0 {
		t.Errorf("%d logs are open at the end", n)
	}
}

// openAt counts the open logs of a path: those of other tests may still be closing.
func openAt(path string) (n int) {
	for _, s := range shared.list() {
		if s.path == path {
			n++
		}
	}
	return n
}
