package probe

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
)

func TestMain(m *testing.M) {
	spawn.ReexecMain()
	if len(os.Args) > 1 {
		if part := parts[os.Args[1]]; part != nil {
			part(os.Args[2:])
			return
		}
	}
	_ = disk.Do("/", func() {}) // the mount table stays open
	os.Exit(m.Run())
}

// parts are the programs that the test binary plays as a child, by its first argument.
var parts = map[string]func(args []string){}

// patience bounds the wait for what is expected; no test depends on its value.
const patience = 30 * time.Second

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("not in time: %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// newPool makes a Pool; at the end of the test nothing of it is left.
func newPool(t testing.TB, opt Options) *Pool {
	t.Helper()
	goroutines, fds := runtime.NumGoroutine(), openFDs()
	p := New(opt)
	t.Cleanup(func() {
		p.Close()
		eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
		eventually(t, "no descriptor is left", func() bool { return openFDs() <= fds })
	})
	return p
}

// openFDs counts open descriptors, without those that the runtime keeps; 0 where that is
// not known.
func openFDs() (n int) {
	names, _ := os.ReadDir("/proc/self/fd")
	for _, name := range names {
		link, err := os.Readlink("/proc/self/fd/" + name.Name())
		if err == nil && !strings.HasPrefix(link, "anon_inode:") && !strings.HasPrefix(link, "/proc/") {
			n++
		}
	}
	return n
}

var number uint64

// asks asks for a probe and returns its id.
func asks(p *Pool, target health.Target, timeout time.Duration) check.ID {
	number++
	id := check.ID{Run: number, Number: 1}
	p.Ask(check.Probe{ID: id, Target: target, Timeout: timeout, Since: time.Now()})
	return id
}

// result waits for the result of a probe.
func result(t testing.TB, p *Pool, id check.ID) check.Result {
	t.Helper()
	select {
	case r := <-p.Reports():
		r2, ok := r.(Result)
		if !ok || r2.ID != id {
			t.Fatalf("%T %+v instead of a result of %v", r, r, id)
		}
		return r2.Result
	case <-time.After(patience):
		t.Fatal("no result")
	}
	return check.Result{}
}

// wants asks for a probe and compares what comes: "ok", or "failure: DETAIL", of which
// the begin is enough.
func wants(t testing.TB, p *Pool, target health.Target, timeout time.Duration, want string) check.Result {
	t.Helper()
	r := result(t, p, asks(p, target, timeout))
	if got := shown(r); got != want && (want == "ok" || !strings.HasPrefix(got, want)) {
		t.Errorf("%+v: %s, want %s", target, got, want)
	}
	return r
}

func shown(r check.Result) string {
	switch r.Outcome {
	case check.Success:
		return "ok"
	case check.Failure:
		return "failure: " + r.Detail
	case check.Inconclusive:
		return "inconclusive: " + r.Detail
	}
	return fmt.Sprint(r)
}
