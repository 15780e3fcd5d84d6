package spawn

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"testing"
)

// way is a way to start a child.
type way struct {
	shim   bool
	direct bool // forked by this process, as where there is no starter
}

// starters are all ways to start a child; each passes the same tests.
var starters = map[string]way{
	"starter": {},
	"shim":    {shim: true},
	"direct":  {direct: true},
}

func eachStarter(t *testing.T, f func(t *testing.T, how way)) {
	for name, how := range starters {
		t.Run(name, func(t *testing.T) { f(t, how) })
	}
}

func TestExitFollowsStarted(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		const n = 20
		for i := range n {
			k.Start(&Spec{ID: uint64(i), Name: "p", Argv: []string{"/bin/true"}, Umask: -1})
		}
		running := map[int]bool{}
		for next, exits := uint64(0), 0; exits < n; {
			select {
			case s := <-k.Started():
				if s.Err != nil {
					t.Fatal(s.Err)
				}
				if s.ID != next {
					t.Errorf("outcome of start %d, want %d: in the order asked", s.ID, next)
				}
				next++
				running[s.Pid] = true
				closeEnds(s)
			case e := <-k.Exited():
				if !running[e.Pid] {
					t.Errorf("exit of %d before it was started", e.Pid)
				}
				delete(running, e.Pid)
				if e.Status.Code != 0 || e.Orphan {
					t.Errorf("exit %+v", e)
				}
				exits++
			}
		}
	})
}

func TestArgumentsEnvironmentAndStatus(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		out, _, e := run(t, k, &Spec{
			Argv: []string{"sh", "-c", `echo "$0|$1|$A|${B-unset}"; echo err >&2; exit 7`, "name", "with blank"},
			Path: "/nonexistent::/bin", Env: []string{"A=1 2"}, Umask: -1,
		})
		if want := "name|with blank|1 2|unset\n"; out != want {
			t.Errorf("stdout %q, want %q", out, want)
		}
		if e.Status.Code != 7 {
			t.Errorf("status %v, want 7", e.Status)
		}
	})
}

// The daemon's own binary is found whatever the command says, in every way to start it.
func TestOwnBinary(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		if _, _, e := run(t, k, &Spec{Argv: []string{"no-such-file", "exit-7"}, Own: true, Umask: -1}); e.Status.Code != 7 {
			t.Errorf("status %v, want 7", e.Status)
		}
	})
}

// A start whose pipes can't be held is refused, as one that gets no pipes.
func TestPipesAreNotHeld(t *testing.T) {
	k := newTestKernel(t, Options{Making: func(Started) error { return fmt.Errorf("cannot hold that: %w", syscall.EMFILE) }}, nil)
	k.Start(&Spec{ID: 1, Name: "web", Argv: []string{"/bin/true"}, Umask: -1, Witnessed: true})
	s := started(t, k)
	if e, ok := errors.AsType[*StartError](s.Err); !ok || e.Kind != Shortage || e.Reason != "too many open files to spawn 'web'" || s.Stdout >= 0 {
		t.Errorf("got %+v", s)
	}
}

func TestMergeStderr(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		out, err, _ := run(t, k, &Spec{Argv: []string{"/bin/sh", "-c", "echo 1; echo 2 >&2; echo 3"}, Umask: -1, MergeStderr: true})
		if out != "1\n2\n3\n" || err != "" {
			t.Errorf("stdout %q, stderr %q", out, err)
		}
	})
}

func TestBigEnvironment(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		var env []string
		for i := range 12 {
			env = append(env, fmt.Sprintf("V%d=%0100000d", i, i))
		}
		out, _, _ := run(t, k, &Spec{Argv: []string{"/bin/sh", "-c", `echo ${#V0} ${#V11}`}, Env: env, Umask: -1})
		if out != "100000 100000\n" {
			t.Errorf("got %q", out)
		}
	})
}

func TestSignal(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		k.Start(&Spec{Argv: []string{self(t), "wait"}, Umask: -1})
		s := started(t, k)
		if s.Err != nil {
			t.Fatal(s.Err)
		}
		if err := k.Signal(s.Pid, syscall.SIGKILL, true); err != nil {
			t.Error(err)
		}
		e := exited(t, k)
		if e.Pid != s.Pid || e.Status.Signal != syscall.SIGKILL || e.Status.Code != -1 {
			t.Errorf("exit %+v", e)
		}
		if err := k.Signal(s.Pid, syscall.SIGKILL, false); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("signalling what ended gives %v, want ESRCH", err)
		}
		drain(t, s)
	})
}

func TestBeforeFails(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1, Before: func() error { return errors.New("no log") }})
	s := started(t, k)
	if s.Err == nil || s.Err.Error() != "no log" || s.Pid != 0 || s.Stdout != -1 {
		t.Errorf("got %+v", s)
	}
	called := false
	k.Start(&Spec{Argv: []string{"/nonexistent/x"}, Umask: -1, Before: func() error { called = true; return nil }})
	s = started(t, k)
	if s.Err == nil || called {
		t.Errorf("got %+v; Before called: %v", s, called)
	}
}

func TestCloseLeavesChildrenAlone(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		k.Start(&Spec{Argv: []string{self(t), "wait"}, Umask: -1})
		s := started(t, k)
		if s.Err != nil {
			t.Fatal(s.Err)
		}
		k.Close()
		// The kernel of the next image takes over.
		k2 := newTestKernel(t, Options{Handed: Handed{Children: []int{s.Pid}}}, nil)
		if err := k2.Signal(s.Pid, 0, false); err != nil {
			t.Errorf("the child is gone: %v", err)
		}
		drain(t, s)
		if e := exited(t, k2); e.Pid != s.Pid || e.Orphan {
			t.Errorf("exit %+v", e)
		}
	})
}

func TestCloseWithStartsUnderWay(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		for range 50 {
			k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1})
		}
		k.Close()
		// This does nothing, and does not block.
		k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1})
		select {
		case s := <-k.Started():
			t.Errorf("delivered after Close: %+v", s)
		default:
		}
		reapAll(t)
	})
}

// reapAll waits for all children of the test itself.
func reapAll(t *testing.T) {
	t.Helper()
	for {
		var ws syscall.WaitStatus
		if _, err := syscall.Wait4(-1, &ws, 0, nil); err == syscall.ECHILD {
			return
		}
	}
}

func TestHandOver(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1})
		ended := started(t, k)
		k.Start(&Spec{Argv: []string{self(t), "wait"}, Umask: -1})
		lives := started(t, k)
		for k.Signal(ended.Pid, 0, false) == nil { // until it is reaped
			runtime.Gosched()
		}
		text, err := json.Marshal(k.HandOver())
		if err != nil {
			t.Fatal(err)
		}
		var h Handed
		if err := json.Unmarshal(text, &h); err != nil {
			t.Fatal(err)
		}
		if len(h.Children) != 1 || h.Children[0] != lives.Pid || len(h.Exits) != 1 || h.Exits[0].Pid != ended.Pid || len(h.Hidden) != 0 {
			t.Fatalf("handed %s; ended %d, lives %d", text, ended.Pid, lives.Pid)
		}
		k2 := newTestKernel(t, Options{Handed: h}, nil)
		if e := exited(t, k2); e.Pid != ended.Pid || e.Status.Code != 0 {
			t.Errorf("exit %+v", e)
		}
		drain(t, ended)
		drain(t, lives)
		if e := exited(t, k2); e.Pid != lives.Pid || e.Orphan {
			t.Errorf("exit %+v", e)
		}
	})
}
