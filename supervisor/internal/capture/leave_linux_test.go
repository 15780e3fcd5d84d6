package capture

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

func testMarks(t *testing.T) *Marks {
	t.Helper()
	fd, err := unix.MemfdCreate("marks", unix.MFD_CLOEXEC)
	if err != nil {
		t.Skip("no files in memory here: ", err)
	}
	m, err := NewMarks(os.NewFile(uintptr(fd), "marks"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(m.memory); m.File.Close() })
	return m
}

func inPipe(fd int) string {
	p := make([]byte, plainPipe)
	n, _ := peek(fd, p)
	return string(p[:n])
}

// What is read stays in the pipe until it is written, and is marked meanwhile.
func TestLeaves(t *testing.T) {
	marks := testMarks(t)
	marked := func() []Mark {
		text := make([]byte, marksMost*markSize)
		if _, err := marks.File.ReadAt(text, 0); err != nil {
			t.Fatal(err)
		}
		return ReadMarks(text)
	}
	r, w := testPipe(t)
	f := careful{&feed{id: ID{7, Stderr}, fd: r, pipe: &pipe{}}}
	if !f.begin(marks) {
		t.Fatal("no room for a mark")
	}
	say := func(text string) {
		if _, err := syscall.Write(w, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, plainPipe)
	say("one\n")
	n := f.Read(buf)
	f.Writing(logfile.Place{Dev: 1, Ino: 2, Offset: 3})
	say("two\n")
	if got := inPipe(r); string(buf[:n]) != "one\n" || got != "one\ntwo\n" {
		t.Errorf("read %q, the pipe has %q", buf[:n], got)
	}
	if m := marked(); len(m) != 1 || m[0] != (Mark{ID{7, Stderr}, 4, logfile.Place{Dev: 1, Ino: 2, Offset: 3}}) {
		t.Errorf("marked is %v", m)
	}
	f.Written()
	if got, m := inPipe(r), marked(); got != "two\n" || len(m) != 0 {
		t.Errorf("written: the pipe has %q, marked is %v", got, m)
	}
	f.short = false
	// What goes to no file can't be looked for, so it is taken first.
	_ = f.Read(buf)
	f.Writing(logfile.Place{Offset: -1})
	if got, m := inPipe(r), marked(); got != "" || len(m) != 0 {
		t.Errorf("to no file: the pipe has %q, marked is %v", got, m)
	}
	f.Written()
	// The Table may take the row back while a write hangs.
	say("three\n")
	f.short = false
	_ = f.Read(buf)
	f.Writing(logfile.Place{Offset: 3})
	f.finish(r)
	say("four\n")
	f.Written()
	if got, m := inPipe(r), marked(); got != "four\n" || len(m) != 0 || len(marks.free) != marksMost {
		t.Errorf("taken back: the pipe has %q, marked is %v, %d marks are free", got, m, len(marks.free))
	}
}

// Of what was marked only what is not in the log stays in the pipe.
func TestSettle(t *testing.T) {
	for name, c := range map[string]struct {
		log, rotated string
		pipe, want   string
		offset       int64
	}{
		"not written":         {log: "zero\n", pipe: "one\ntwo\n", want: "one\ntwo\n", offset: 5},
		"written":             {log: "zero\none\n", pipe: "one\ntwo\n", want: "two\n", offset: 5},
		"cut short":           {log: "zero\non", pipe: "one\ntwo\n", want: "e\ntwo\n", offset: 5},
		"others wrote there":  {log: "zero\nxyz\n", pipe: "one\ntwo\n", want: "one\ntwo\n", offset: 5},
		"others wrote behind": {log: "zero\none\nxyz\n", pipe: "one\ntwo\n", want: "two\n", offset: 5},
		"written and taken":   {log: "zero\none\n", pipe: "two\n", want: "two\n", offset: 5},
		"taken, and no more":  {log: "zero\none\n", pipe: "", want: "", offset: 5},
		"rotated":             {log: "", rotated: "zero\none\n", pipe: "one\ntwo\n", want: "two\n", offset: 5},
		"to no file":          {log: "zero\n", pipe: "one\n", want: "one\n", offset: -1},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			write := func(path, text string) {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			marked := path
			if write(path, c.log); c.rotated != "" {
				marked = path + ".1"
				write(marked, c.rotated)
			}
			f, err := os.Open(marked)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			at := placed(f)
			at.Offset = c.offset
			r, w := testPipe(t)
			_, _ = syscall.Write(w, []byte(c.pipe))
			Mark{ID{1, Stdout}, 4, at}.Settle(r, path)
			if got := inPipe(r); got != c.want {
				t.Errorf("%q is left, want %q", got, c.want)
			}
		})
	}
}

// A pipe in the place of a log does not hold anything up.
func TestSettleFindsPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := testPipe(t)
	_, _ = syscall.Write(w, []byte("one\n"))
	Mark{ID{1, Stdout}, 4, logfile.Place{Dev: 1, Ino: 2, Offset: 3}}.Settle(r, path)
	if got := inPipe(r); got != "one\n" {
		t.Errorf("%q is left", got)
	}
}

// Everything gets to the log once, as lines and as a flood, and what is left is nothing.
func TestCarefulTable(t *testing.T) {
	tab, err := New()
	if err != nil {
		t.Fatal(err)
	}
	marks := testMarks(t)
	tab.SetMarks(marks)
	path := filepath.Join(t.TempDir(), "log")
	q, err := logfile.OpenQueue(logfile.Options{Path: path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, w := testPipe(t)
	r, err = syscall.Dup(r) // the Table closes it
	if err != nil {
		t.Fatal(err)
	}
	id := ID{1, Stdout}
	tab.Attach(id, r, Options{Log: q})
	_ = syscall.SetNonblock(w, false)
	var want strings.Builder
	for n := range 3000 {
		line := strings.Repeat("x", n%80) + "\n"
		if n%1000 == 999 {
			line = strings.Repeat("0123456789abcde\n", 20000)
		}
		want.WriteString(line)
		if _, err := syscall.Write(w, []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	synced := make(chan error, 1)
	tab.Sync(id, func(err error) { synced <- err })
	if err := <-synced; err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); string(got) != want.String() {
		t.Errorf("the log has %d bytes, want %d, %v", len(got), want.Len(), err)
	}
	if err := tab.Close(); err != nil {
		t.Error(err)
	}
	if len(marks.free) != marksMost {
		t.Errorf("%d of %d marks are free", len(marks.free), marksMost)
	}
}
