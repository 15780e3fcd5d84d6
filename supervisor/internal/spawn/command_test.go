package spawn

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func Test154CheckCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("run", 0o755)
	write("data", 0o644)
	write("others", 0o001)
	for _, d := range []string{"sub", "first", "second"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "first/prog"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("second/prog", 0o755)
	t.Chdir(dir)
	for _, c := range []struct {
		argv []string
		path string
		file string
		kind Kind
		want string
	}{
		{argv: nil, want: "command is empty"},
		{argv: []string{"run"}, path: "/nonexistent:" + dir, file: dir + "/run"},
		{argv: []string{"run"}, path: "/nonexistent:" + dir + "/", file: dir + "/run"},
		{argv: []string{"run"}, path: "/nonexistent:", file: "run"},
		{argv: []string{"./run", "x"}, path: "/nonexistent", file: "./run"},
		{argv: []string{"gone"}, path: dir, kind: NoFile, want: "can't find command 'gone'"},
		{argv: []string{"/x/gone"}, path: dir, kind: NoFile, want: "can't find command '/x/gone'"},
		{argv: []string{"it's"}, path: dir, kind: NoFile, want: `can't find command "it's"`},
		{argv: []string{`it's "x"`}, path: dir, kind: NoFile, want: `can't find command 'it\'s "x"'`},
		{argv: []string{"sub"}, path: dir, kind: NotExecutable, want: "command at '" + dir + "/sub' is a directory"},
		{argv: []string{"./data"}, kind: NotExecutable, want: "command at './data' is not executable"},
		{argv: []string{"prog"}, path: dir + "/first:" + dir + "/second", kind: NotExecutable, want: "command at '" + dir + "/first/prog' is a directory"},
		{argv: []string{""}, path: "/bin", kind: NotExecutable, want: "command at '/bin/' is a directory"},
	} {
		file, err := CheckCommand(c.argv, c.path)
		got, kind := "", Other
		if err != nil {
			got, kind = err.Reason, err.Kind
		}
		if file != c.file || got != c.want || kind != c.kind {
			t.Errorf("CheckCommand(%q, %q) = %q, kind %d, %q; want %q, kind %d, %q", c.argv, c.path, file, kind, got, c.file, c.kind, c.want)
		}
	}
	if os.Getuid() != 0 {
		if _, err := CheckCommand([]string{"./others"}, ""); err == nil || err.Reason != "no permission to run command './others'" || err.Kind != NotExecutable {
			t.Errorf("got %v", err)
		}
	}
}

func Test154ForkErrors(t *testing.T) {
	for _, c := range []struct {
		got  *StartError
		want string
		kind Kind
	}{
		{pipeError("p", syscall.EMFILE), "too many open files to spawn 'p'", Shortage},
		{pipeError("p", syscall.ENFILE), "unknown error making dispatchers for 'p': ENFILE", Shortage},
		{pipeError("p", syscall.EIO), "unknown error making dispatchers for 'p': EIO", Other},
		{forkError("p", syscall.EAGAIN), "Too many processes in process table to spawn 'p'", Shortage},
		{forkError("p", os.NewSyscallError("memfd_create", syscall.ENOMEM)), "unknown error during fork for 'p': ENOMEM", Shortage},
		{forkError("p", syscall.EMFILE), "too many open files to spawn 'p'", Shortage},
		{forkError("p", errors.New("x")), "unknown error during fork for 'p': x", Other},
	} {
		if c.got.Reason != c.want || c.got.Kind != c.kind {
			t.Errorf("got %+v, want %q", c.got, c.want)
		}
	}
}

// Reap is called by the supervisor's loop, which must not wait: not even if an earlier
// wake-up was consumed meanwhile.
func TestReapNeverBlocks(t *testing.T) {
	running := newTestKernel(t, Options{}, nil)
	running.Start(&Spec{Argv: []string{"/bin/cat"}, Umask: -1})
	s := started(t, running)
	if s.Err != nil {
		t.Fatal(s.Err)
	}
	k := &kernel{look: make(chan struct{}, 1), live: map[int]place{s.Pid: known}}
	for range 3 {
		if e, ended := k.Reap(s.Pid); ended || len(k.suspects) != 1 {
			t.Errorf("a living child: %+v, %v; suspects %v", e, ended, k.suspects)
		}
		k.suspects = nil
	}
	drain(t, s)
	exited(t, running)
}
