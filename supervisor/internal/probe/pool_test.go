package probe

import (
	"net"
	"syscall"
	"testing"
	"time"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/spawn"
)

func ignored(int, syscall.Signal, bool) error { return nil }

// TestBound: no more run at once than may; the others have their turn in order, and other
// kinds are not held up.
func TestBound(t *testing.T) {
	p := newPool(t, Options{Signal: ignored})
	command := health.Target{Kind: health.Exec, Argv: []string{"x"}}
	var ids []check.ID
	for range 3 * most[byCommand] {
		ids = append(ids, asks(p, command, patience))
	}
	started := map[check.ID]bool{}
	for range most[byCommand] {
		started[(<-p.Reports()).(Start).ID] = true
	}
	for _, id := range ids[:most[byCommand]] {
		if !started[id] {
			t.Errorf("%v did not begin first", id)
		}
	}
	// Another kind goes on, and nothing else of this one.
	l := listener(t)
	wants(t, p, tcp(l.Addr().String()), patience, "ok")
	p.Cancel(ids[most[byCommand]]) // waits
	for i, id := range ids[:2*most[byCommand]-1] {
		p.Started(id, spawn.Started{Err: &spawn.StartError{Reason: "no"}})
		got := map[check.ID]bool{}
		for range 2 {
			switch r := (<-p.Reports()).(type) {
			case Result:
				got[r.ID] = true
			case Start:
				got[r.ID] = true
				if next := ids[most[byCommand]+1+i]; r.ID != next {
					t.Errorf("%v has its turn, not %v", r.ID, next)
				}
			}
		}
		if !got[id] {
			t.Errorf("no result of %v", id)
		}
		if i == most[byCommand]-1 {
			break
		}
	}
}

// TestLate: programs whose last probe took all its time do not keep others waiting.
func TestLate(t *testing.T) {
	l := listener(t)
	p := newPool(t, Options{})
	hangs := url("http://" + l.Addr().String() + "/")
	r := wants(t, p, hangs, 10*time.Millisecond, "failure: no answer within")
	if !r.Late {
		t.Error("a probe without an answer in time was not late")
	}
	for n := range uint64(2 * most[onNetwork]) {
		p.Ask(check.Probe{ID: check.ID{Run: 1 << 60, Number: n}, Target: hangs, Timeout: patience, Late: true})
	}
	for range 10 {
		if r := wants(t, p, tcp(l.Addr().String()), patience, "ok"); r.Late {
			t.Error("a probe that was answered was late")
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := &p.kinds[onNetwork]
	if n := len(k.queue) + k.late; k.late != most[onNetwork]/2 || n != 2*most[onNetwork] {
		t.Errorf("%d run, %d wait", k.late, len(k.queue))
	}
}

// TestCancel: a probe that hangs ends at once, as does one that waits for its turn.
func TestCancel(t *testing.T) {
	l := listener(t)
	p := newPool(t, Options{})
	hangs := url("http://" + l.Addr().String() + "/")
	var ids []check.ID
	for range most[onNetwork] + 10 {
		ids = append(ids, asks(p, hangs, patience))
	}
	for _, id := range ids {
		p.Cancel(id)
	}
	p.Cancel(check.ID{Run: 1 << 60})
	wants(t, p, tcp(l.Addr().String()), patience, "ok")
}

// TestClose: it does not wait for anything.
func TestClose(t *testing.T) {
	l := listener(t)
	p := newPool(t, Options{Signal: ignored})
	for range 10 {
		asks(p, url("http://"+l.Addr().String()+"/"), patience)
		asks(p, health.Target{Kind: health.Exec, Argv: []string{"x"}}, patience)
		asks(p, tcp(l.Addr().String()), patience) // its result is not received
	}
	p.Close()
	select {
	case r := <-p.Reports():
		// What was on its way may still come.
		if _, ok := r.(Result); ok {
			return
		}
	case <-time.After(10 * time.Millisecond):
	}
}

// TestNoGoroutine: a pool that has nothing to do is nothing.
func TestNoGoroutine(t *testing.T) {
	p := newPool(t, Options{})
	wants(t, p, tcp(closedPort(t)), patience, "failure: connection refused")
	eventually(t, "nothing is left", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.kinds[onNetwork].running == 0 && len(p.jobs) == 0
	})
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
