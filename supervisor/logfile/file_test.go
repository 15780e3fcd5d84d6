package logfile

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func open(t *testing.T, opt Options) *File {
	t.Helper()
	f, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, f *File, pieces ...string) {
	t.Helper()
	for _, p := range pieces {
		if n, err := f.Write([]byte(p)); err != nil || n != len(p) {
			t.Fatalf("Write(%q) = %d, %v", p, n, err)
		}
	}
}

// files returns the contents of the files in path's folder, by the part of their names
// after path.
func files(t *testing.T, path string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m[strings.TrimPrefix(name, path)] = string(data)
	}
	return m
}

func wantFiles(t *testing.T, path string, want map[string]string) {
	t.Helper()
	if got := files(t, path); !maps.Equal(got, want) {
		t.Errorf("files: %q, want %q", got, want)
	}
}

func Test179Rotation(t *testing.T) {
	for _, c := range []struct {
		name    string
		max     int64
		backups int
		writes  []string
		want    map[string]string
	}{
		{"below the limit", 5, 2, []string{"ab", "cd"}, map[string]string{"": "abcd"}},
		{"at the limit", 4, 2, []string{"ab", "cd"}, map[string]string{"": "", ".1": "abcd"}},
		{"a chunk is not split", 3, 2, []string{"ab", "cdefgh", "i"}, map[string]string{"": "i", ".1": "abcdefgh"}},
		{"the oldest goes", 1, 2, []string{"a", "b", "c"}, map[string]string{"": "", ".1": "c", ".2": "b"}},
		{"no backups", 3, 0, []string{"abc", "d"}, map[string]string{"": "d"}},
		{"never", 0, 2, []string{"abc", "d"}, map[string]string{"": "abcd"}},
		{"negative", -1, 2, []string{"abc", "d"}, map[string]string{"": "abcd"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			write(t, open(t, Options{path, c.max, c.backups}), c.writes...)
			wantFiles(t, path, c.want)
		})
	}
}

func Test180GapInBackups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, name := range []string{".1", ".3"} {
		if err := os.WriteFile(path+name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(t, open(t, Options{path, 1, 3}), "x")
	wantFiles(t, path, map[string]string{"": "", ".1": "x", ".2": ".1", ".3": ".3"})
}

func Test181ModeAfterRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(filepath.Dir(path), "plain")
	if err := os.WriteFile(plain, nil, 0o666); err != nil { // less the umask
		t.Fatal(err)
	}
	write(t, open(t, Options{path, 1, 1}), "x")
	want, err := os.Stat(plain)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.Stat(path); err != nil || got.Mode() != want.Mode() {
		t.Errorf("mode of the new file: %v, %v, want %v", got.Mode(), err, want.Mode())
	}
	if got, err := os.Stat(path + ".1"); err != nil || got.Mode().Perm() != 0o600 {
		t.Errorf("mode of the old file: %v, %v", got.Mode(), err)
	}
}

func TestLargeWriteNearLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := open(t, Options{path, 100 << 10, 50})
	write(t, f, strings.Repeat("x", 1<<20))
	for name, data := range files(t, path) {
		if len(data) > 100<<10+writeMax {
			t.Errorf("log%s has %d bytes", name, len(data))
		}
	}
	if n := len(strings.Join(valuesOf(files(t, path)), "")); n != 1<<20 {
		t.Errorf("%d bytes in all", n)
	}
}

func valuesOf(m map[string]string) (v []string) {
	for _, s := range m {
		v = append(v, s)
	}
	return v
}

func TestAppendsToWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("old "), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, open(t, Options{path, 6, 1}), "xy")
	wantFiles(t, path, map[string]string{"": "", ".1": "old xy"})
}

func Test182Reopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := open(t, Options{Path: path})
	write(t, f, "a")
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	write(t, f, "b")
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, f, "c")
	wantFiles(t, path, map[string]string{"": "c", ".moved": "ab"})
}

func TestReopenFailureKeepsFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "log")
	f := open(t, Options{Path: path})
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := f.Reopen(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Reopen = %v", err)
	}
	write(t, f, "kept")
	wantFiles(t, filepath.Join(dir+".moved", "log"), map[string]string{"": "kept"})
}

func Test183Clear(t *testing.T) {
	for _, prepare := range []func(path string) error{
		func(string) error { return nil },
		os.Remove, // a missing file is ignored
		func(path string) error { return os.Rename(path, path+".moved") },
	} {
		path := filepath.Join(t.TempDir(), "log")
		f := open(t, Options{Path: path})
		write(t, f, "old")
		if err := prepare(path); err != nil {
			t.Fatal(err)
		}
		if err := f.Clear(); err != nil {
			t.Fatal(err)
		}
		write(t, f, "new")
		if got := files(t, path)[""]; got != "new" {
			t.Errorf("after Clear: %q", got)
		}
	}
}

func TestRotationFailureKeepsWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.MkdirAll(path+".1/full", 0o755); err != nil { // a file can't replace it
		t.Fatal(err)
	}
	f := open(t, Options{path, 2, 1})
	if n, err := f.Write([]byte("ab")); n != 2 || err == nil || !strings.HasPrefix(err.Error(), "cannot rotate "+path) {
		t.Errorf("Write = %d, %v", n, err)
	}
	write(t, f, "cd") // not tried again at once
	if data, err := os.ReadFile(path); err != nil || string(data) != "abcd" {
		t.Errorf("log: %q, %v", data, err)
	}
}

func TestOpenErrors(t *testing.T) {
	_, err := Open(Options{Path: filepath.Join(t.TempDir(), "no", "log")})
	if errno := syscall.Errno(0); !errors.As(err, &errno) || errno != syscall.ENOENT {
		t.Errorf("Open = %v", err)
	}
}
