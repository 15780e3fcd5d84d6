package spawn

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/internal/disk"
)

func TestMain(m *testing.M) {
	ReexecMain()
	if len(os.Args) > 1 {
		if part := parts[os.Args[1]]; part != nil {
			part()
			return
		}
	}
	if _, err := CloseInherited(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	_ = disk.Do("/", func() {}) // the mount table stays open
	os.Exit(m.Run())
}

// parts are the programs that the test binary plays as a child, by its first argument.
var parts = map[string]func(){
	"exit-0": func() {},
	"exit-7": func() { os.Exit(7) },
	"wait":   func() { os.Stdin.Read(make([]byte, 1)) }, // until stdin is closed
}

// patience bounds the wait for what is expected; no test depends on its value.
const patience = 30 * time.Second

// self returns the path of the test binary.
func self(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// newTestKernel makes a kernel that always starts in one way; nil: its own choice. At the
// end of the test it must leave nothing behind.
func newTestKernel(t testing.TB, opt Options, how *way) *kernel {
	t.Helper()
	before := fdCount(t)
	goroutines := runtime.NumGoroutine()
	k := newKernel(opt)
	if how != nil {
		k.shims = how.shim
		k.direct.Store(how.direct)
	}
	t.Cleanup(func() {
		k.Close()
		eventually(t, "descriptors left open", func() string {
			if n := fdCount(t); n > before {
				return fmt.Sprintf("%d before, %d after", before, n)
			}
			return ""
		})
		eventually(t, "goroutines left", func() string {
			if n := runtime.NumGoroutine(); n > goroutines+1 { // os/signal's stays
				buf := make([]byte, 1<<16)
				return fmt.Sprintf("%d before, %d after\n%s", goroutines, n, buf[:runtime.Stack(buf, true)])
			}
			return ""
		})
		eventually(t, "children left", func() string {
			var ws syscall.WaitStatus
			if pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil); err != syscall.ECHILD {
				return fmt.Sprintf("pid %d, status %#x", pid, ws)
			}
			return ""
		})
	})
	return k
}

// eventually waits until problem returns "".
func eventually(t testing.TB, what string, problem func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		p := problem()
		if p == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s: %s", what, p)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// fdCount counts open descriptors, without those of the runtime's poller, which are
// opened at the first use.
func fdCount(t testing.TB) int {
	t.Helper()
	n := 0
	for fd := range 4096 {
		link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err == nil && !strings.HasPrefix(link, "anon_inode:") {
			n++
		}
	}
	return n
}

// started waits for the next outcome; reports of starts that hang on a busy machine are
// ignored.
func started(t testing.TB, k Kernel) Started {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case s := <-k.Started():
			return s
		case <-k.Stuck():
		case <-late:
			t.Fatal("no outcome of a start")
			return Started{}
		}
	}
}

// exited waits for the next exit.
func exited(t testing.TB, k Kernel) Exit {
	t.Helper()
	select {
	case e := <-k.Exited():
		return e
	case <-time.After(patience):
		t.Fatal("no exit")
		return Exit{}
	}
}

// run starts one child, reads all it writes, and waits for its end.
func run(t testing.TB, k Kernel, spec *Spec) (stdout, stderr string, e Exit) {
	t.Helper()
	k.Start(spec)
	s := started(t, k)
	if s.Err != nil {
		t.Fatalf("cannot start %q: %v", spec.Argv, s.Err)
	}
	stdout, stderr = drain(t, s)
	e = exited(t, k)
	if e.Pid != s.Pid {
		t.Fatalf("exit of pid %d, started %d", e.Pid, s.Pid)
	}
	return stdout, stderr, e
}

// drain closes stdin, reads both outputs to the end and closes them.
func drain(t testing.TB, s Started) (stdout, stderr string) {
	t.Helper()
	closeFD(&s.Stdin)
	return readAll(t, s.Stdout), readAll(t, s.Stderr)
}

func readAll(t testing.TB, fd int) string {
	t.Helper()
	if fd < 0 {
		return ""
	}
	f := os.NewFile(uintptr(fd), "pipe") // non-blocking, so the poller waits
	defer f.Close()
	f.SetReadDeadline(time.Now().Add(patience))
	var b strings.Builder
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatalf("cannot read a child's output: %v", err)
	}
	return b.String()
}

// closeEnds closes our ends of a child's pipes.
func closeEnds(s Started) {
	for _, fd := range []int{s.Stdin, s.Stdout, s.Stderr} {
		closeFD(&fd)
	}
}

// nothingSaid fails if the kernel has anything to deliver.
func nothingSaid(t *testing.T, k Kernel) {
	t.Helper()
	select {
	case e := <-k.Exited():
		t.Errorf("unexpected: %+v", e)
	case s := <-k.Started():
		t.Errorf("unexpected: %+v", s)
	case s := <-k.Stuck():
		t.Errorf("unexpected: %+v", s)
	default:
	}
}
