package compat

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// suspended is how long the daemon is stopped in a short run, and in a long one.
func suspended() time.Duration {
	if long {
		return 30 * time.Second
	}
	return 3 * time.Second
}

// suspend stops the daemon, with SIGSTOP, until resume is called.
func (in *instance) suspend() (resume func()) {
	in.t.Helper()
	in.signal(syscall.SIGSTOP)
	in.await("the stop", func() bool { return stopped(in.cmd.Process.Pid) })
	return func() { in.signal(syscall.SIGCONT) }
}

// TestHostileDaemonStopped stops the daemon for a while, as a suspended machine or a
// debugger does. Meanwhile programs write more than their pipes hold, one ends and another
// is due to be killed, a client calls and a listener is busy: afterwards everything is
// done once, and nothing is lost.
func TestHostileDaemonStopped(t *testing.T) {
	const lines = 20000 // more than a pipe holds
	in := hostile(t, fmt.Sprintf(`[program:writes]
command=/bin/sh -c 'read go < {{.Dir}}/gate; seq %d; exec sleep 600'
stdout_logfile={{.Dir}}/writes.log
startsecs=0
[program:ends]
command=/bin/sleep 600
autorestart=unexpected
startsecs=0
[program:deaf]
command=/bin/sh -c 'trap "" TERM; : > {{.Dir}}/deaf; while :; do sleep 600; done'
killasgroup=true
stopwaitsecs=1
startsecs=0
[eventlistener:all]
command={{.Child}} listen {{.Dir}}/all
events=PROCESS_STATE,TICK_5
buffer_size=1000
startsecs=0
`, lines))
	in.must(syscall.Mkfifo(in.path("gate"), 0o600))
	in.mustStart()
	ends := in.pidOf("ends")
	in.pidOf("writes")
	in.pidOf("all")
	in.await("the deaf program", func() bool { return fileExists(in.path("deaf")) })
	asked := make(chan error, 2)
	go func() { _, err := in.call("supervisor.stopProcess", "deaf"); asked <- err }()
	in.awaitLog("waiting for deaf to stop")

	resume := in.suspend()
	in.must(syscall.Kill(ends, syscall.SIGKILL))
	gate, err := in.command("/bin/sh", "-c", "echo > gate").CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, gate)
	}
	go func() { _, err := in.call("supervisor.getState"); asked <- err }()
	<-time.After(suspended()) // what passes is the matter here
	resume()

	for range 2 {
		if err := <-asked; err != nil {
			t.Errorf("a client that waited: %v", err)
		}
	}
	in.await("all lines", func() bool { return strings.HasSuffix(in.read("writes.log"), fmt.Sprintf("\n%d\n", lines)) })
	if n := strings.Count(in.read("writes.log"), "\n"); n != lines {
		t.Errorf("the log has %d lines, want %d", n, lines)
	}
	in.awaitAnother("ends", ends)
	for text, want := range map[string]int{
		"exited: ends (terminated by SIGKILL; not expected)": 1, "spawned: 'ends'": 2, "killing 'deaf'": 1, "stopped: deaf": 1,
		"exited: writes": 0, "overflowed": 0, "ERRO": 0,
	} {
		if n := strings.Count(in.read("supervisord.log"), text); n != want {
			t.Errorf("%q is in the log %d times, want %d:\n%s", text, n, want, in.read("supervisord.log"))
		}
	}
	in.await("its events", func() bool { return strings.Count(in.read("all"), "processname:ends") >= 5 })
	if n := strings.Count(in.read("all"), "TICK_5"); n > int(suspended()/(5*time.Second))+3 {
		t.Errorf("%d ticks", n)
	}
	in.served()
	in.stopDaemon()
}

// TestHostileChildStopped stops a program with SIGSTOP: that is no end of it, and it can
// be stopped all the same.
func TestHostileChildStopped(t *testing.T) {
	in := hostile(t, "[program:web]\ncommand=/bin/sleep 600\nstopwaitsecs=1\nstartsecs=0\n")
	in.mustStart()
	for _, goesOn := range []bool{true, false} {
		pid := in.pidOf("web")
		in.must(syscall.Kill(pid, syscall.SIGSTOP))
		in.await("the stop of the program", func() bool { return stopped(pid) })
		in.served()
		if got := in.pidOf("web"); got != pid {
			t.Fatalf("it was started again: %d", got)
		}
		if goesOn {
			in.must(syscall.Kill(pid, syscall.SIGCONT))
			in.await("the program to go on", func() bool { return !stopped(pid) })
			continue
		}
		if _, err := in.call("supervisor.stopProcess", "web"); err != nil {
			t.Fatal(err)
		}
	}
	in.awaitLog("stopped: web (terminated by SIGKILL)")
	if log := in.read("supervisord.log"); strings.Count(log, "exited: web") != 0 || strings.Count(log, "killing 'web'") != 1 {
		t.Errorf("the log:\n%s", log)
	}
	in.stopDaemon()
}
