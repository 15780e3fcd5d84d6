package logfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// all reads everything that a follower has now.
func all(t *testing.T, f *Follower) string {
	t.Helper()
	var s strings.Builder
	for {
		data, err := f.Next()
		if err != nil {
			t.Fatal(err)
		}
		if data == nil {
			return s.String()
		}
		s.Write(data)
	}
}

func follow(t *testing.T, path string, last int64) *Follower {
	t.Helper()
	f, err := Follow(path, last)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func Test226Begin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, c := range []struct{ content, want string }{
		{"", ""},
		{"short", "short"},
		{strings.Repeat("x", 10) + strings.Repeat("y", 1024), strings.Repeat("y", 1024)},
	} {
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := all(t, follow(t, path, 1024)); got != c.want {
			t.Errorf("%d bytes: %q", len(c.content), got)
		}
	}
	if _, err := Follow(path+".no", 1024); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// In a container logs are pipes and devices: following them does no harm.
func Test226Devices(t *testing.T) {
	if got := all(t, follow(t, os.DevNull, 1024)); got != "" {
		t.Errorf("%s: %q", os.DevNull, got)
	}
	path := fifo(t)
	f := follow(t, path, 1024)
	if got := all(t, f); got != "" {
		t.Errorf("a pipe: %q", got)
	}
	if w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); !errors.Is(err, syscall.ENXIO) {
		w.Close()
		t.Errorf("somebody reads the pipe: %v", err)
	}
	if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte("text"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if got := all(t, f); got != "text" {
		t.Errorf("a file in the place of the pipe: %q", got)
	}
}

func Test227GrowthRotationTruncation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := open(t, Options{path, 4, 1})
	write(t, log, "a")
	f := follow(t, path, 1024)
	want := func(want string) {
		t.Helper()
		if got := all(t, f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	want("a")
	want("")
	write(t, log, "bcd") // rotates; upstream would lose this
	write(t, log, "ef")
	want("bcdef")
	if err := log.Clear(); err != nil {
		t.Fatal(err)
	}
	want("")
	write(t, log, "g")
	want("g")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	want(Truncated)
	write(t, log, "hi")
	want("hi")
	if f.ModTime().IsZero() {
		t.Error("no time")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want("")
	write(t, log, "j")
	want("j")
}

func TestFollowLargeGrowth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := open(t, Options{Path: path})
	f := follow(t, path, 0)
	big := strings.Repeat("0123456789", 100_000)
	write(t, log, big)
	if got := all(t, f); got != big {
		t.Errorf("%d bytes", len(got))
	}
}

func Test176CreateAuto(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for range 20 {
		path, err := CreateAuto(dir, "web", "stdout", "super")
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(path)
		random := strings.TrimSuffix(strings.TrimPrefix(base, "web-stdout---super-"), ".log")
		if filepath.Dir(path) != dir || len(base) != len("web-stdout---super-12345678.log") ||
			strings.Trim(random, autoLetters) != "" || seen[random] {
			t.Errorf("path %s", path)
		}
		seen[random] = true
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || info.Size() != 0 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if _, err := CreateAuto(dir+"/no", "web", "stdout", "super"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
}

func Test177CleanAuto(t *testing.T) {
	dir := t.TempDir()
	kept := []string{"---a.b-x.log", "x---a.b-.log", "x---a.b-y z.log", "x---a.b-y.lo", "x---axb-y.log", "x--a.b-y.log", "z.log"}
	gone := []string{"x---a.b-y.log", "x---a.b-y.log.1", "x---a.b-y.log.12345", "x---a.b-y.log.bak", "p-stdout---a.b-12345678.log"}
	for _, name := range append(kept, gone...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stuck := filepath.Join(dir, "d---a.b-y.log")
	if err := os.Mkdir(stuck, 0o755); err != nil {
		t.Fatal(err)
	}
	failed, err := CleanAuto(dir, "a.b")
	if err != nil || len(failed) != 1 || failed[0] != stuck {
		t.Errorf("CleanAuto = %q, %v", failed, err)
	}
	for _, name := range kept {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range gone {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	if _, err := CleanAuto(dir+"/no", "a.b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}
