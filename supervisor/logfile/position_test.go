package logfile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestResume: a follower goes on at its position, whatever became of the log meanwhile.
func TestResume(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(t *testing.T, path string)
		want    string
	}{
		"nothing": {func(*testing.T, string) {}, ""},
		"growth":  {func(t *testing.T, path string) { appendTo(t, path, "more\n") }, "more\n"},
		"rotation": {func(t *testing.T, path string) {
			appendTo(t, path, "last\n")
			mustRename(t, path, path+".1")
			appendTo(t, path, "first\n")
		}, "last\nfirst\n"},
		"two rotations": {func(t *testing.T, path string) {
			appendTo(t, path, "last\n")
			mustRename(t, path, path+".2")
			appendTo(t, path+".1", "between\n")
			appendTo(t, path, "first\n")
		}, "last\nfirst\n"},
		"another file": {func(t *testing.T, path string) {
			mustRename(t, path, path+"-old")
			appendTo(t, path, "first\n")
		}, "first\n"},
		"removal": {func(t *testing.T, path string) { mustRename(t, path, path+"-old") }, ""},
		"truncation": {func(t *testing.T, path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
			appendTo(t, path, "x\n")
		}, Truncated + "x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			appendTo(t, path, "read\n")
			before, err := Follow(path, 100)
			if err != nil {
				t.Fatal(err)
			}
			all(t, before)
			text, err := json.Marshal(before.Position())
			if err != nil {
				t.Fatal(err)
			}
			before.Close()
			test.happens(t, path)
			var at Position
			if err := json.Unmarshal(text, &at); err != nil {
				t.Fatal(err)
			}
			after, err := Resume(at)
			if err != nil {
				t.Fatal(err)
			}
			defer after.Close()
			if got := all(t, after); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			appendTo(t, path, "later\n")
			if got := all(t, after); got != "later\n" {
				t.Errorf("then got %q", got)
			}
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		_ = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func mustRename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
