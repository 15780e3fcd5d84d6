package spawn

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"reeve/supervisor/internal/disk"
)

// isRevoked fails unless s is the outcome of a revoked start.
func isRevoked(t *testing.T, s Started, id uint64) {
	t.Helper()
	e, ok := errors.AsType[*StartError](s.Err)
	if s.ID != id || !ok || e.Kind != Revoked || s.Pid != 0 || s.Stdin != -1 || s.Stdout != -1 || s.Stderr != -1 {
		t.Errorf("start %d: %+v, %v", id, s, s.Err)
	}
}

// stuck waits until a start is reported as hanging.
func stuck(t *testing.T, k Kernel, id uint64, where string) {
	t.Helper()
	select {
	case s := <-k.Stuck():
		if want := (Stuck{id, where}); s != want {
			t.Errorf("%+v, want %+v", s, want)
		}
	case s := <-k.Started():
		t.Fatalf("%+v, and nobody has said that it hangs", s)
	}
}

// A start that hangs while its log is opened is reported once, and can be revoked at
// once. What it opens later is closed.
func TestRevokeWhileBeforeHangs(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	gone, ended := make(chan struct{}), make(chan struct{})
	k.Start(&Spec{ID: 1, Argv: []string{"/bin/true"}, Umask: -1, Before: func() error { <-gone; close(ended); return nil }})
	k.Start(&Spec{ID: 2, Argv: []string{"/bin/true"}, Umask: -1})
	s := started(t, k)
	if s.ID != 2 || s.Err != nil {
		t.Fatalf("%+v", s)
	}
	drain(t, s)
	exited(t, k)
	stuck(t, k, 1, "opening its log files")
	k.Revoke(1)
	k.Revoke(1)
	isRevoked(t, started(t, k), 1)
	k.Revoke(1)
	close(gone)
	<-ended
	run(t, k, &Spec{ID: 3, Argv: []string{"/bin/true"}, Umask: -1})
	nothingSaid(t, k)
}

// Starts are revoked at any point. Each has one outcome, and no child of a revoked one is
// left.
func TestRevokeAnyTime(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		const n = 120
		for i := range n {
			k.Start(&Spec{ID: uint64(i), Argv: []string{"/bin/cat"}, Umask: -1})
		}
		outcomes, running := map[uint64]bool{}, map[int]bool{}
		for len(outcomes) < n {
			for i := range uint64(n) {
				if (i+uint64(len(outcomes)))%3 == 0 {
					k.Revoke(i)
				}
			}
			s := started(t, k)
			if outcomes[s.ID] {
				t.Errorf("a second outcome: %+v", s)
			}
			outcomes[s.ID] = true
			if s.Err != nil {
				isRevoked(t, s, s.ID)
				continue
			}
			running[s.Pid] = true
			closeEnds(s)
		}
		for range len(running) {
			if e := exited(t, k); !running[e.Pid] || e.Orphan {
				t.Errorf("%+v", e)
			}
		}
		eventually(t, "children are left", func() string {
			k.mu.Lock()
			defer k.mu.Unlock()
			if len(k.live) > 1 { // the starter
				return fmt.Sprint(k.live)
			}
			return ""
		})
		nothingSaid(t, k)
	})
}

// A shortage in this process is told apart from failures, even if Spec.Before returned
// it.
func TestShortage(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	for _, c := range []struct {
		err  error
		want Kind
	}{
		{&os.PathError{Op: "open", Path: "x", Err: syscall.EMFILE}, Shortage},
		{fmt.Errorf("no log: %w", syscall.ENFILE), Shortage},
		{syscall.ENOMEM, Shortage},
		{syscall.EAGAIN, Shortage},
		{fmt.Errorf("no log: %w", disk.ErrBusy), Shortage},
		{syscall.ENOSPC, Other},
	} {
		k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1, Before: func() error { return c.err }})
		s := started(t, k)
		if e, ok := errors.AsType[*StartError](s.Err); !ok || e.Kind != c.want || e.Reason != c.err.Error() {
			t.Errorf("%v: %+v", c.err, s.Err)
		}
	}
}

// When too much hangs on a disk, more is refused: the start then fails with Shortage,
// which does not count as a failure of the program.
func TestTooMuchHangs(t *testing.T) {
	if _, err := checkCommand([]string{"x"}, "/a:/b", func(path string, _ func()) error {
		if path != "/a/x" {
			t.Errorf("asked for %s", path)
		}
		return disk.ErrBusy
	}); err == nil || err.Kind != Shortage {
		t.Errorf("%+v", err)
	}
}
