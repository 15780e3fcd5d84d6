package launch

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"reeve/config"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

func launcher(t *testing.T, environ ...string) (*Launcher, *[]string) {
	t.Helper()
	log := new([]string)
	return New(Options{
		Environ: environ,
		OpenSocket: func(s spawn.SocketSpec) (*spawn.Socket, error) {
			if s.Address == "/none" {
				return nil, errors.New("none")
			}
			fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
			return spawn.NewSocket(fd), err
		},
		Log: func(_ process.Level, text string) { *log = append(*log, text) },
	}), log
}

// What is configured overrides the SUPERVISOR_ variables, which override what is
// inherited.
func TestEnvironment(t *testing.T) {
	l, _ := launcher(t, "A=inherited", "A=again", "SUPERVISOR_ENABLED=no", "PATH=/p")
	own := "own"
	p := &config.Process{Name: "p", Command: "x", ServerURL: &own, Environment: []config.EnvVar{
		{Key: "A", Value: "set"}, {Key: "SUPERVISOR_GROUP_NAME", Value: "mine"}, {Key: "B", Value: "1"}, {Key: "B", Value: "2"},
	}}
	spec, err := l.Prepare(Order{Row: 1, Process: p, Group: "g", ServerURL: "url"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"A=set", "SUPERVISOR_ENABLED=1", "PATH=/p", "SUPERVISOR_SERVER_URL=own", "SUPERVISOR_PROCESS_NAME=p",
		"SUPERVISOR_GROUP_NAME=mine", "B=2",
	}
	if !slices.Equal(spec.Env, want) || spec.Path != "/p" {
		t.Errorf("environment %q, path %q; want %q", spec.Env, spec.Path, want)
	}
	p.Environment = append(p.Environment, config.EnvVar{Key: "PATH", Value: "/own"})
	if got := l.SearchPath(p); got != "/own" {
		t.Errorf("searches %q, not its own PATH", got)
	}
	l.Release(1)
}

// A start that was given up before it opened its logs leaves none open.
func TestLogsOfAStartGivenUp(t *testing.T) {
	l, _ := launcher(t)
	path := filepath.Join(t.TempDir(), "log")
	p := &config.Process{Name: "p", Command: "x", RedirectStderr: true}
	spec, err := l.Prepare(Order{Row: 1, Process: p, Logs: Logs{Stdout: path, Stderr: "/never/opened"}})
	if err != nil {
		t.Fatal(err)
	}
	files := &l.starts[1].logs
	l.Release(1)
	if err := spec.Before(); err != nil {
		t.Fatal(err)
	}
	if files.take(0) != nil {
		t.Error("a log that nobody waits for is open")
	}
}

// The processes of a program share a socket, from the first that holds it to the last.
func TestSharedSocket(t *testing.T) {
	l, log := launcher(t)
	p := &config.Process{Name: "p", Program: "web", Command: "x", FastCGI: &config.FastCGI{URL: "unix:///s", Network: "unix", Address: "/s"}}
	trial := l.HoldUnheld([]*config.Process{p, p})
	if len(trial) != 1 || trial.Open() != nil {
		t.Fatalf("%d sockets to try", len(trial))
	}
	first, _ := l.Prepare(Order{Row: 1, Process: p})
	second, _ := l.Prepare(Order{Row: 2, Process: p})
	l.LetGo(trial)
	if err := errors.Join(first.Before(), second.Before()); err != nil || first.Socket == nil || first.Socket != second.Socket {
		t.Errorf("sockets %v and %v, %v", first.Socket, second.Socket, err)
	}
	l.Release(1)
	if l.HoldUnheld([]*config.Process{p}) != nil {
		t.Error("a socket that a process holds is to be tried")
	}
	l.Release(2)
	if want := []string{"Creating socket unix:///s", "Closing socket unix:///s"}; !slices.Equal(*log, want) {
		t.Errorf("logged %q, want %q", *log, want)
	}
	none := &config.Process{Program: "none", FastCGI: &config.FastCGI{URL: "unix:///none", Network: "unix", Address: "/none"}}
	trial = l.HoldUnheld([]*config.Process{none})
	if err := trial.Open(); err == nil || err.Error() != "Could not create FastCGI socket unix:///none: none" {
		t.Errorf("a socket that can't be had: %v", err)
	}
	l.LetGo(trial)
}
