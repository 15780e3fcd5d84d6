package launch

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"reeve/config"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

func listening(addresses ...string) *config.Process {
	p := &config.Process{Name: "p", Program: "web", Command: "x"}
	for _, a := range addresses {
		p.Listen.Sockets = append(p.Listen.Sockets, config.ListenSocket{Name: "n", Network: "unix", Address: a})
	}
	return p
}

// Sockets of listen= are open from Keep to Drop, the same for all starts, and one that
// could not be opened is tried again at the next start.
func TestKeep(t *testing.T) {
	l, log := launcher(t)
	var closed []string
	l.opt.Closed = func(key string) { closed = append(closed, key) }
	before, after := listening("/a", "/b"), listening("/b", "/c")
	l.Keep(before)
	if _, ok := l.Listening(before); ok {
		t.Error("a socket is open that nobody has opened")
	}
	spec, err := l.Prepare(Order{Row: 1, Process: before})
	if err != nil || spec.Before() != nil || len(spec.Listen) != 2 || spec.Socket != nil {
		t.Fatalf("%v, %+v", err, spec)
	}
	for _, v := range []string{"LISTEN_FDS=2", "LISTEN_FDNAMES=n:n"} {
		if !slices.Contains(spec.Env, v) {
			t.Errorf("no %s in %q", v, spec.Env)
		}
	}
	l.Release(1)
	if fds, ok := l.Listening(before); !ok || len(fds) != 2 {
		t.Errorf("%v are open", fds)
	}
	l.Keep(after)
	l.Drop(before)
	spec, _ = l.Prepare(Order{Row: 2, Process: after, Probe: true})
	if spec.Before() != nil || spec.Listen != nil || slices.Contains(spec.Env, "LISTEN_FDS=2") {
		t.Error("a command of a check gets sockets")
	}
	l.Release(2)
	if _, err := l.Prepare(Order{Row: 3, Process: after}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	want := []string{
		"Creating socket unix:/a", "Creating socket unix:/b", "Creating socket unix:/c", "Closing socket unix:/a",
		"Closing socket unix:/b", "Closing socket unix:/c",
	}
	if !slices.Equal(*log, want) {
		t.Errorf("logged %q", *log)
	}
	if want := []string{"listen unix:/a", "listen unix:/b", "listen unix:/c"}; !slices.Equal(closed, want) {
		t.Errorf("closed %q", closed)
	}
}

func TestKeepFails(t *testing.T) {
	l, _ := launcher(t)
	p := listening("/none")
	trial := l.HoldUnheld([]*config.Process{p})
	if err := trial.Open(); err == nil || err.Error() != "cannot listen on unix:/none: none" {
		t.Error(err)
	}
	var said []string
	if err := trial.OpenAll(func(_ process.Level, text string) { said = append(said, text) }); err != nil || len(said) != 1 {
		t.Errorf("%v, %q", err, said)
	}
	l.Keep(p)
	l.LetGo(trial)
	spec, _ := l.Prepare(Order{Row: 1, Process: p})
	if spec.Before() == nil {
		t.Error("it starts without a socket")
	}
	l.Release(1)
	l.sockets["listen unix:/none"].now.Address = "/some"
	spec, _ = l.Prepare(Order{Row: 2, Process: p})
	if err := spec.Before(); err != nil || len(spec.Listen) != 1 {
		t.Error(err)
	}
}

// With listen_style=fcgi the socket is descriptor 0. The first child gets a socket that
// blocks, whatever the one before has made of it; others share what the first has.
func TestKeepBlocks(t *testing.T) {
	l, _ := launcher(t)
	p := listening("/a")
	p.Listen.FCGI = true
	l.Keep(p)
	blocks := func(s *spawn.Socket) bool {
		flags, err := unix.FcntlInt(uintptr(s.FD()), unix.F_GETFL, 0)
		if err != nil {
			t.Fatal(err)
		}
		return flags&unix.O_NONBLOCK == 0
	}
	start := func(row uint64) *spawn.Socket {
		spec, err := l.Prepare(Order{Row: row, Process: p})
		if err != nil || spec.Before() != nil || spec.Socket == nil || spec.Listen != nil {
			t.Fatalf("%v, %+v", err, spec)
		}
		return spec.Socket
	}
	s := start(1)
	_ = unix.SetNonblock(s.FD(), true)
	if start(2); blocks(s) {
		t.Error("the second one changes what the first one has")
	}
	l.Release(1)
	l.Release(2)
	if start(3); !blocks(s) {
		t.Error("what the children before did is left to the next one")
	}
	h := l.HandOver()
	next, _ := launcher(t)
	next.Take(h, false)
	next.Keep(p)
	next.Resume(3, p)
	next.Taken()
	if fds, ok := next.Listening(p); !ok || fds[0] != s.FD() && fds[0] != h[0].FD {
		t.Errorf("%v, %v", fds, ok)
	}
}
