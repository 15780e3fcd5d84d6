package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be pidproxy, the program it runs, or a process that
// starts pidproxy as supervisord does.
func TestMain(m *testing.M) {
	switch os.Getenv("REEVE_TEST_PART") {
	case "proxy":
		os.Setenv("REEVE_TEST_PART", "child")
		os.Exit(run(os.Args, os.Stdout, os.Stderr))
	case "child": // prints its arguments, then waits for a line or the end of its input
		os.Stdout.WriteString("up " + strings.Join(os.Args, " ") + "\n")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		os.Exit(3)
	// becomes pidproxy with two signals ignored, as a child of supervisord does
	case "supervisord":
		signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ)
		os.Setenv("REEVE_TEST_PART", "proxy")
		fmt.Fprintln(os.Stderr, syscall.Exec(os.Args[1], os.Args[1:], os.Environ()))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

type proxy struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin interface{ Close() error }
}

func startProxy(t *testing.T, args ...string) *proxy {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "EXE", exe)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "REEVE_TEST_PART=proxy")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &proxy{cmd, bufio.NewScanner(stdout), stdin}
}

func (p *proxy) wantLine(t *testing.T, start string) {
	t.Helper()
	if !p.lines.Scan() || !strings.HasPrefix(p.lines.Text(), start) {
		t.Fatalf("got line %q, want %q", p.lines.Text(), start)
	}
}

func (p *proxy) wantEnd(t *testing.T, status int) {
	t.Helper()
	_ = p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != status {
		t.Errorf("exit status %d (%v), want %d", got, p.cmd.ProcessState, status)
	}
}

// sleeper starts a process for the pidfile; ended waits for it and returns the signal
// that killed it.
func sleeper(t *testing.T) (pid int, ended func() syscall.Signal) {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Skipf("no sleep(1) here: %v", err)
	}
	timer := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { timer.Stop(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd.Process.Pid, func() syscall.Signal {
		_ = cmd.Wait()
		return cmd.ProcessState.Sys().(syscall.WaitStatus).Signal()
	}
}

func writePid(t *testing.T, file string, pid int) {
	t.Helper()
	if err := os.WriteFile(file, []byte(strconv.Itoa(pid)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func Test294Usage(t *testing.T) {
	t.Parallel()
	p := startProxy(t, "pidfile")
	p.wantLine(t, "pidproxy -- ")
	p.wantEnd(t, 1)
}

func Test294EndsWithItsChild(t *testing.T) {
	t.Parallel()
	p := startProxy(t, "none.pid", "EXE", "an argument")
	p.wantLine(t, "up ")
	_ = p.stdin.Close()
	p.wantEnd(t, 0)
}

func Test294NoSearchInPath(t *testing.T) {
	t.Parallel()
	p := startProxy(t, "none.pid", "sleep", "1000")
	p.wantLine(t, "cannot start sleep: ")
	p.wantEnd(t, 0)
}

func Test294SignalsGoToThePidfile(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pid")
			p := startProxy(t, file, "EXE")
			p.wantLine(t, "up ")
			_ = p.cmd.Process.Signal(sig)
			p.wantLine(t, "Can't read child pidfile "+file+"!")
			pid, ended := sleeper(t) // the pidfile is read again for each signal
			writePid(t, file, pid)
			_ = p.cmd.Process.Signal(sig)
			if got := ended(); got != sig {
				t.Errorf("the process got %v, want %v", got, sig)
			}
			if sig == syscall.SIGHUP || sig == syscall.SIGUSR1 || sig == syscall.SIGUSR2 {
				// These signals do not end pidproxy; the end of its child does.
				_ = p.stdin.Close()
			}
			p.wantEnd(t, 0)
		})
	}
}

// A program runs in the same environment behind pidproxy as without it, ignored signals
// included.
func Test294ProgramInheritsWhatAChildOfSupervisordHas(t *testing.T) {
	t.Parallel()
	const look = `ulimit -a; umask; nice; cut -d' ' -f 5,6 /proc/$$/stat; ls /proc/$$/fd; env | cut -d= -f 1 | grep -v '^_' | sort; ` +
		// The last command, because the shell blocks signals now and then.
		`exec grep -E '^(Sig(Blk|Ign|Cgt)|ShdPnd|NoNewPrivs):' /proc/self/status`
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc here: ", err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	observe := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(exe, args...)
		cmd.Env = append(os.Environ(), "REEVE_TEST_PART=supervisord")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	want := observe("/bin/sh", "-c", look)
	got := observe(exe, "none.pid", "/bin/sh", "-c", look)
	if got != want {
		t.Errorf("behind pidproxy:\n%s\nwithout it:\n%s", got, want)
	}
}

// TestPidsThatAreNoProcess: 1 is init, 0 and negative numbers are process groups; a
// pidfile that holds one counts as unreadable.
func TestPidsThatAreNoProcess(t *testing.T) {
	t.Parallel()
	for _, pid := range []int{1, 0, -1, -2} {
		file := filepath.Join(t.TempDir(), "pid")
		writePid(t, file, pid)
		var out, errs strings.Builder
		// Signal 0 only checks whether a signal could be sent.
		status, end := pass(0, file, &out, &errs)
		if status != 0 || end || out.String() != "Can't read child pidfile "+file+"!\n" || errs.Len() > 0 {
			t.Errorf("%d: status %d, end %v, said %q and %q", pid, status, end, out.String(), errs.String())
		}
	}
}
