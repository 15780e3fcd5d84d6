package compat

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Signals may come at any time: while the daemon restarts, and between two of its
// sessions.

const twoPrograms = "[program:web]\ncommand=/bin/cat\nstartsecs=0\n[program:worker]\ncommand=/bin/sleep 600\nstartsecs=0\n"

func (in *instance) signal(sig syscall.Signal) {
	in.t.Helper()
	if err := in.cmd.Process.Signal(sig); err != nil {
		in.t.Fatalf("%v: %v: the daemon has ended: %s", sig, err, exitText(in.cmd))
	}
}

func (in *instance) pidOf(program string) int {
	in.t.Helper()
	var pid int
	in.await(program+" RUNNING", func() bool {
		v, err := in.call("supervisor.getProcessInfo", program)
		if err == nil && v.member("statename").text == "RUNNING" {
			pid = atoi(v.member("pid").text)
		}
		return pid > 0
	})
	return pid
}

func atoi(text string) (n int) {
	for _, c := range text {
		n = 10*n + int(c-'0')
	}
	return n
}

// wantCleanEnd waits for the daemon's end and checks that it left nothing behind.
func (in *instance) wantCleanEnd() {
	in.t.Helper()
	var w strings.Builder
	if err := in.awaitExit(&w); err != nil || w.String() != "exit 0\n" {
		in.t.Fatalf("the daemon: %v %s", err, w.String())
	}
	for _, name := range []string{"supervisord.pid", "s.sock"} {
		if fileExists(in.path(name)) {
			in.t.Errorf("%s is left", name)
		}
	}
	in.await("the end of all programs", func() bool { return !in.has0("/proc/*/environ", "HOME="+in.dir+"\x00") })
}

// has0 reports whether any of the files contains the text.
func (in *instance) has0(pattern, text string) bool {
	for _, f := range mustGlob(pattern) {
		if data, _ := os.ReadFile(f); strings.Contains(string(data), text) {
			return true
		}
	}
	return false
}

// TestHostileManyHangups sends a SIGHUP every 4 ms, up to 2,000 of them or as many as fit
// into some seconds. The oracle survives 2,000.
func TestHostileManyHangups(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	in.pidOf("web")
	tick := time.NewTicker(4 * time.Millisecond)
	defer tick.Stop()
	sent := 0
	for end := time.Now().Add(8 * time.Second); sent < 2000 && time.Now().Before(end); sent++ {
		<-tick.C
		in.signal(syscall.SIGHUP)
	}
	in.await("a session that lasts", func() bool { return in.state("web") == "RUNNING" && in.state("worker") == "RUNNING" })
	in.served()
	if pid := in.pidfile(); pid != in.cmd.Process.Pid {
		t.Errorf("the pidfile has %d, the daemon is %d", pid, in.cmd.Process.Pid)
	}
	t.Logf("%d signals, %d sessions", sent, strings.Count(in.read("supervisord.log"), "supervisord started with pid"))
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
}

// betweenSessions takes the daemon through a restart up to where it reads the
// configuration again, and returns a function that lets it go on.
func (in *instance) betweenSessions() (goOn func()) {
	in.t.Helper()
	conf := in.path("supervisord.conf")
	text := in.read(conf)
	if err := os.Remove(conf); err != nil {
		in.t.Fatal(err)
	}
	if err := unix.Mkfifo(conf, 0o600); err != nil {
		in.t.Fatal(err)
	}
	feed := func() func() {
		var f *os.File
		in.await("somebody who reads the configuration", func() (ok bool) {
			var err error
			f, err = os.OpenFile(conf, os.O_WRONLY|syscall.O_NONBLOCK, 0)
			return err == nil
		})
		in.t.Cleanup(func() { f.Close() })
		return func() {
			if _, err := f.WriteString(text); err != nil {
				in.t.Error(err)
			}
			f.Close()
		}
	}
	in.signal(syscall.SIGHUP)
	feed()() // the check of the configuration
	in.await("the restart", func() bool { return in.has("supervisord.log", "received SIGHUP indicating restart request", 1) })
	goOn = feed()
	for _, name := range []string{"supervisord.pid", "s.sock"} {
		if fileExists(in.path(name)) {
			in.t.Errorf("the session is not over: %s is there", name)
		}
	}
	return goOn
}

// TestHostileExitBetweenSessions sends a signal that asks for the end when one session is
// over and the next has not begun, because the configuration hangs.
func TestHostileExitBetweenSessions(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			in := hostile(t, twoPrograms)
			in.mustStart()
			in.pidOf("web")
			in.betweenSessions()
			in.signal(sig)
			in.wantCleanEnd()
		})
	}
}

// TestHostileRestartAndReopenBetweenSessions checks that other signals are kept for the
// next session.
func TestHostileRestartAndReopenBetweenSessions(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	in.pidOf("web")
	goOn := in.betweenSessions()
	in.signal(syscall.SIGUSR2)
	goOn()
	in.await("the second session", func() bool { return in.has("supervisord.log", "supervisord started with pid", 2) })
	in.await("its logs opened again", func() bool { return in.has("supervisord.log", "received SIGUSR2 indicating log reopen request", 1) })
	in.pidOf("web")
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
}

// TestHostileExitWhileSessionsChange sends SIGHUP and then SIGTERM, at various intervals.
func TestHostileExitWhileSessionsChange(t *testing.T) {
	in := hostile(t, twoPrograms)
	for i := range 40 {
		in.mustStart()
		in.signal(syscall.SIGHUP)
		// What varies is the stage of the restart that the signal meets, not the time.
		<-time.After(time.Duration(i) * time.Millisecond / 2)
		in.signal(syscall.SIGTERM)
		in.wantCleanEnd()
	}
}

// TestHostileExitWhileALogIsStuck has an old session that waits because it cannot write
// out its output; the signals that arrive meanwhile still end the daemon.
func TestHostileExitWhileALogIsStuck(t *testing.T) {
	in := hostile(t, twoPrograms+"[program:chatty]\ncommand=/bin/sh -c 'head -c 300000 /dev/zero; : > {{.Dir}}/done; exec sleep 600'\n"+
		"stdout_logfile={{.Dir}}/fifo\nstdout_logfile_maxbytes=0\nstartsecs=0\n")
	if err := unix.Mkfifo(in.path("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	in.mustStart()
	in.await("more output than the FIFO takes", func() bool { return fileExists(in.path("done")) })
	in.signal(syscall.SIGHUP)
	in.await("the end of the session", func() bool { return in.has("supervisord.log", "stopped: chatty", 1) })
	in.signal(syscall.SIGHUP)
	in.signal(syscall.SIGUSR2)
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
}

func mustGlob(pattern string) []string {
	files, err := filepath.Glob(pattern)
	if err != nil {
		panic(err)
	}
	return files
}
