package probe

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

func init() {
	parts["exit"] = func(args []string) {
		fmt.Fprint(os.Stdout, "to stdout\n")
		fmt.Fprint(os.Stderr, "to stderr\n")
		if args[0] == "signal" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		if args[0] != "0" {
			os.Exit(3)
		}
	}
	parts["much"] = func([]string) { _, _ = os.Stdout.Write(append(bytes.Repeat([]byte("x"), 1<<20), "end"...)) }
	parts["stdin"] = func([]string) {
		if n, err := io.Copy(io.Discard, os.Stdin); n != 0 || err != nil {
			os.Exit(1)
		}
	}
	parts["who"] = func([]string) {
		dir, _ := os.Getwd()
		fmt.Printf("%d %s %s", os.Getuid(), dir, os.Getenv("KEY"))
	}
	// hang ignores what it can, and has a child that does the same.
	parts["hang"] = func(args []string) {
		fmt.Println("hangs")
		if len(args) == 0 {
			c := exec.Command(os.Args[0], "hang", "below")
			c.Stdout = os.Stdout
			_ = c.Start()
		}
		for {
			time.Sleep(time.Hour)
		}
	}
	// holder leaves a child behind that holds its output.
	parts["holder"] = func(args []string) {
		if len(args) > 0 {
			_, _ = io.Copy(io.Discard, os.NewFile(3, "lifeline"))
			return
		}
		r, w, _ := os.Pipe()
		c := exec.Command(os.Args[0], "holder", "below")
		c.Stdout, c.ExtraFiles = os.Stdout, []*os.File{r}
		_ = c.Start()
		fmt.Print("left ", c.Process.Pid)
		_ = w // it closes when this process ends, and so does the child
	}
}

// world plays the loop between a Pool and a Kernel.
type world struct {
	t      testing.TB
	p      *Pool
	k      spawn.Kernel
	spec   spawn.Spec
	starts map[uint64]check.ID
	ids    map[check.ID]uint64
	others []spawn.Exit
}

func newWorld(t testing.TB) *world {
	t.Helper()
	k, err := spawn.New(spawn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, k: k, starts: map[uint64]check.ID{}, ids: map[check.ID]uint64{}}
	w.spec = spawn.Spec{Name: "web", Path: "/bin:/usr/bin", Env: []string{"KEY=value", "GORACE=atexit_sleep_ms=0"}, Umask: -1}
	w.p = New(Options{Signal: k.Signal})
	t.Cleanup(func() {
		w.p.Close()
		for left := func() bool { w.p.mu.Lock(); defer w.p.mu.Unlock(); return len(w.p.children) > 0 }; left(); {
			w.turn(nil)
		}
		k.Close()
	})
	return w
}

// turn handles one thing; it returns what is none of the loop's business.
func (w *world) turn(stop <-chan time.Time) (r check.Result, ok bool) {
	select {
	case r := <-w.p.Reports():
		switch r := r.(type) {
		case Result:
			return r.Result, true
		case Start:
			number++
			w.starts[number], w.ids[r.ID] = r.ID, number
			w.k.Start(Spec(&w.spec, number, r.Argv))
		case Revoke:
			w.k.Revoke(w.ids[r.ID])
		}
	case s := <-w.k.Started():
		w.p.Started(w.starts[s.ID], s)
	case <-w.k.Stuck():
	case e := <-w.k.Exited():
		if !w.p.Exited(e.Pid, e.Status) {
			w.others = append(w.others, e)
		}
	case <-stop:
		w.t.Fatal("not in time")
	}
	return check.Result{}, false
}

func (w *world) asks(timeout time.Duration, argv ...string) check.ID {
	return asks(w.p, health.Target{Kind: health.Exec, Argv: argv}, timeout)
}

func (w *world) result(id check.ID) check.Result {
	w.t.Helper()
	for late := time.After(patience); ; {
		if r, ok := w.turn(late); ok && r.ID == id {
			return r
		}
	}
}

func self(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func TestCommand(t *testing.T) {
	w, exe := newWorld(t), self(t)
	for _, c := range []struct {
		argv   []string
		want   string
		output string
	}{
		{[]string{exe, "exit", "0"}, "ok", "to stdout\nto stderr\n"},
		{[]string{exe, "exit", "3"}, "failure: exit status 3", "to stdout\nto stderr\n"},
		{[]string{exe, "exit", "signal"}, "failure: terminated by SIGKILL", "to stdout\nto stderr\n"},
		{[]string{exe, "much"}, "ok", strings.Repeat("x", kept-3) + "end"},
		{[]string{exe, "stdin"}, "ok", ""},
		{[]string{"reeve-no-such-command"}, "failure: can't find command 'reeve-no-such-command'", ""},
		{[]string{"/"}, "failure: command at '/' is a directory", ""},
	} {
		r := w.result(w.asks(patience, c.argv...))
		if got := shown(r); got != c.want || string(r.Output) != c.output {
			t.Errorf("%q: %s, %.60q; want %s, %.60q", c.argv[1:], got, r.Output, c.want, c.output)
		}
	}
	if len(w.others) != 0 {
		t.Errorf("exits of others: %v", w.others)
	}
}

// TestAsProgram: a command runs where, as whom and with the variables that its program
// does.
func TestAsProgram(t *testing.T) {
	w, exe := newWorld(t), self(t)
	w.spec.Dir = "/"
	if os.Getuid() == 0 {
		w.spec.User = &spawn.User{UID: 65534}
		dir, err := os.MkdirTemp("", "probe")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		binary, err := os.ReadFile(exe)
		if err == nil {
			err = os.WriteFile(dir+"/test", binary, 0o755)
		}
		if err == nil {
			err = os.Chmod(dir, 0o711)
		}
		if err != nil {
			t.Fatal(err)
		}
		exe = dir + "/test"
	}
	want := fmt.Sprintf("%d / value", os.Getuid())
	if w.spec.User != nil {
		want = "65534 / value"
	}
	if r := w.result(w.asks(patience, exe, "who")); shown(r) != "ok" || string(r.Output) != want {
		t.Errorf("%s, %q; want %q", shown(r), r.Output, want)
	}
}

// TestCommandHangs: at the timeout it is killed with its whole group, and what it printed
// is kept.
func TestCommandHangs(t *testing.T) {
	w := newWorld(t)
	r := w.result(w.asks(500*time.Millisecond, self(t), "hang"))
	if shown(r) != "failure: not finished within 500ms, killed" {
		t.Errorf("%s, %q", shown(r), r.Output)
	}
	for len(w.p.children) > 0 { // only this goroutine changes it now
		w.turn(time.After(patience))
	}
}

// TestHeldOutput: a process that holds the output is not waited for.
func TestHeldOutput(t *testing.T) {
	w := newWorld(t)
	r := w.result(w.asks(patience, self(t), "holder"))
	if shown(r) != "ok" || !strings.HasPrefix(string(r.Output), "left ") {
		t.Errorf("%s, %q", shown(r), r.Output)
	}
}

// TestCancelCommand: before its start, in it, and while it runs.
func TestCancelCommand(t *testing.T) {
	w, exe := newWorld(t), self(t)
	ended := func() bool {
		w.p.mu.Lock()
		defer w.p.mu.Unlock()
		return len(w.p.jobs) == 0 && len(w.p.children) == 0 && w.p.kinds[byCommand].running == 0
	}
	for name, when := range map[string]func(id check.ID){
		"at once":           func(check.ID) {},
		"when it is wanted": func(check.ID) { w.turn(time.After(patience)) },
		"when it runs": func(id check.ID) {
			running := func() bool {
				w.p.mu.Lock()
				defer w.p.mu.Unlock()
				return len(w.p.children) > 0
			}
			for !running() {
				w.turn(time.After(patience))
			}
		},
	} {
		id := w.asks(patience, exe, "hang")
		when(id)
		w.p.Cancel(id)
		w.p.Cancel(id)
		for late := time.After(patience); !ended(); {
			select {
			case r := <-w.p.Reports():
				switch r := r.(type) {
				case Result:
					t.Errorf("%s: %+v", name, r)
				case Start:
					number++
					w.starts[number], w.ids[r.ID] = r.ID, number
					w.k.Start(Spec(&w.spec, number, r.Argv))
				case Revoke:
					w.k.Revoke(w.ids[r.ID])
				}
			case s := <-w.k.Started():
				w.p.Started(w.starts[s.ID], s)
			case e := <-w.k.Exited():
				w.p.Exited(e.Pid, e.Status)
			case <-w.k.Stuck():
			case <-time.After(time.Millisecond): // goroutines that end
			case <-late:
				t.Fatalf("%s: it goes on", name)
			}
		}
	}
}

// TestUndead: a command that SIGKILL does not end blocks its own program's checks, not
// those of others; many of them block all, which counts against nobody.
func TestUndead(t *testing.T) {
	p := newPool(t, Options{Signal: func(int, syscall.Signal, bool) error { return nil }})
	command := health.Target{Kind: health.Exec, Argv: []string{"x"}}
	hang := func(run uint64, pid int) {
		id := check.ID{Run: run, Number: 1}
		p.Ask(check.Probe{ID: id, Target: command, Timeout: 20 * time.Millisecond})
		if s, ok := (<-p.Reports()).(Start); !ok || s.ID != id {
			t.Fatalf("%+v", s)
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		out, _ := syscall.Dup(int(r.Fd()))
		p.Started(id, spawn.Started{Pid: pid, Stdin: -1, Stdout: out, Stderr: -1})
		if r := (<-p.Reports()).(Result); shown(r.Result) != "failure: not finished within 20ms, killed" {
			t.Errorf("%s", shown(r.Result))
		}
	}
	again := func(run uint64) string {
		p.Ask(check.Probe{ID: check.ID{Run: run, Number: 2}, Target: command, Timeout: patience})
		switch r := (<-p.Reports()).(type) {
		case Result:
			return shown(r.Result)
		case Start:
			p.Started(r.ID, spawn.Started{Err: &spawn.StartError{Kind: spawn.Shortage, Reason: "too many processes"}})
			return "starts, " + shown((<-p.Reports()).(Result).Result)
		}
		return ""
	}
	hang(1, 101)
	if got := again(1); got != "failure: the check before was killed and has not ended (pid 101)" {
		t.Errorf("its own next check: %s", got)
	}
	if got := again(2); got != "starts, inconclusive: too many processes" {
		t.Errorf("another program's: %s", got)
	}
	for i := range mostUndead - 1 {
		hang(uint64(10+i), 110+i)
	}
	if got := again(2); got != "inconclusive: 32 checks were killed and have not ended" {
		t.Errorf("with many of them: %s", got)
	}
	if !p.Exited(101, process.Exit{Code: -1}) || p.Exited(101, process.Exit{Code: -1}) {
		t.Error("a child of the pool ends once")
	}
	if got := again(1); got != "starts, inconclusive: too many processes" {
		t.Errorf("after it has ended: %s", got)
	}
}

// TestNotStarted: what keeps a command from being started is not the program's fault.
func TestNotStarted(t *testing.T) {
	p := newPool(t, Options{Signal: func(int, syscall.Signal, bool) error { return nil }})
	id := asks(p, health.Target{Kind: health.Exec, Argv: []string{"x"}}, 20*time.Millisecond)
	if s, ok := (<-p.Reports()).(Start); !ok || s.ID != id {
		t.Fatalf("%+v", s)
	}
	if r, ok := (<-p.Reports()).(Revoke); !ok || r.ID != id {
		t.Fatalf("%+v", r)
	}
	if r := (<-p.Reports()).(Result); shown(r.Result) != "inconclusive: not started within 20ms" {
		t.Errorf("%s", shown(r.Result))
	}
	p.Started(id, spawn.Started{Err: &spawn.StartError{Kind: spawn.Revoked, Reason: "revoked"}})
	if len(p.children) != 0 {
		t.Error("a child that does not exist")
	}
}
