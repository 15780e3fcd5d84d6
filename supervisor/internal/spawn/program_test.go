package spawn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenProgram(t *testing.T) {
	own, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name string, data []byte, mode os.FileMode, uid int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o700); err != nil {
			t.Fatal(err)
		}
		if uid != 0 {
			if os.Geteuid() != 0 {
				t.Log("skipped: a file of another user: not root")
				return ""
			}
			if err := os.Chown(path, uid, uid); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ path, want string }{
		{file("good", own[:64], 0o755, 0), ""},
		{file("script", []byte("#!/bin/sh\n"), 0o755, 0), "is a script or empty"},
		{file("empty", nil, 0o755, 0), "is a script or empty"},
		{file("plain", own[:64], 0o644, 0), "not executable"},
		{file("anybody's", own[:64], 0o777, 0), "may be written by others"},
		{file("theirs", own[:64], 0o755, 12345), "belongs to user 12345"},
		{filepath.Join(dir, "missing"), "can't find command"},
		{dir, "is a directory"},
	} {
		if c.path == "" {
			continue
		}
		f, err := OpenProgram(c.path)
		switch {
		case err == nil && c.want == "":
			_ = f.Close()
		case err == nil || c.want == "" || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
}
