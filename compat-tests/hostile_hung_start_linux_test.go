package compat

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// hungStart starts a daemon with a program whose log is on a disk that hangs, and another
// program that is stopped after it.
func hungStart(t *testing.T) (*instance, *slowFS) {
	in := hostile(t, `[program:web]
command=/bin/cat
startsecs=0
priority=1
[program:hang]
command=/bin/cat
stdout_logfile={{.Dir}}/slow/log
startsecs=0
priority=2
`)
	fs := mountSlow(t, in.path("slow"))
	in.mustStart()
	in.pidOf("web")
	in.await("a line about it", func() bool { return in.has("supervisord.log", "start of 'hang' hangs: ", 1) })
	return in, fs
}

// answers calls a method that must not wait for a disk, and fails the test if it does.
func (in *instance) answers(method string, args ...any) {
	in.t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := in.call(method, args...)
		done <- err
	}()
	in.await(method, func() bool { return len(done) > 0 })
	if err := <-done; err != nil {
		in.t.Errorf("%s: %v", method, err)
	}
}

// TestHostileHungStart checks that a start that hangs before its fork is logged once, and
// that it can be stopped and begun again, and its group removed. A child that it makes
// when the disk is back belongs to no process of the daemon.
func TestHostileHungStart(t *testing.T) {
	in, fs := hungStart(t)
	in.answers("supervisor.stopProcess", "hang")
	if got := in.state("hang"); got != "STOPPED" {
		t.Errorf("after a stop it is %s", got)
	}
	in.answers("supervisor.removeProcessGroup", "hang")
	in.answers("supervisor.addProcessGroup", "hang")
	in.await("a line about the next one", func() bool { return in.has("supervisord.log", "start of 'hang' hangs: ", 2) })
	in.answers("supervisor.stopProcess", "hang")
	in.served()
	fs.goOn()
	in.answers("supervisor.startProcess", "hang")
	pid := in.pidOf("hang")
	in.await("nobody but that child", func() bool { return countChildren(t, in.cmd.Process.Pid, "/bin/cat") == 2 && in.pidOf("hang") == pid })
	if n := strings.Count(in.read("supervisord.log"), "spawned: 'hang'"); n != 1 {
		t.Errorf("it was spawned %d times", n)
	}
	in.stopDaemon()
}

// TestHostileShutdownWithAHungStart checks that the groups after it are stopped, and that
// nothing is left.
func TestHostileShutdownWithAHungStart(t *testing.T) {
	in, fs := hungStart(t)
	in.signal(syscall.SIGTERM)
	in.await("the end, but for the thread that hangs", func() bool {
		return !fileExists(in.path("supervisord.pid")) && !fileExists(in.path("s.sock"))
	})
	fs.goOn() // until then the kernel keeps the process
	in.wantCleanEnd()
	if !in.has("supervisord.log", "stopped: web", 1) {
		t.Error("the program behind it was not stopped")
	}
}

// TestHostileRestartWithAHungStart checks that a restart does not wait for it either.
func TestHostileRestartWithAHungStart(t *testing.T) {
	in, fs := hungStart(t)
	in.signal(syscall.SIGHUP)
	in.await("the second session", func() bool { return in.has("supervisord.log", "supervisord started with pid", 2) })
	in.await("the same there", func() bool { return in.has("supervisord.log", "start of 'hang' hangs: ", 2) })
	fs.goOn()
	in.pidOf("hang")
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
}

// TestHostileManyHungLogs checks that starts whose logs are on a disk that hangs do not
// take a thread each.
func TestHostileManyHungLogs(t *testing.T) {
	in := hostile(t, `[program:hang]
command=/bin/cat
process_name=%(process_num)d
numprocs=60
autostart=false
stdout_logfile={{.Dir}}/slow/log%(process_num)d
startsecs=0
`)
	fs := mountSlow(t, in.path("slow"))
	in.mustStart()
	in.served()
	before := in.threads()
	started := make(chan struct{}) // the answer comes when all have started
	go func() {
		defer close(started)
		_, _ = in.call("supervisor.startProcessGroup", "hang", false)
	}()
	in.await("a line about each", func() bool { return in.has("supervisord.log", "' hangs: ", 60) })
	in.served()
	if n := in.threads(); n > before {
		t.Errorf("%d threads before the starts, %d while they hang", before, n)
	}
	in.answers("supervisor.stopProcessGroup", "hang")
	in.served()
	<-started
	fs.goOn()
	in.stopDaemon()
}

// countChildren counts the children of a process that run a program.
func countChildren(t *testing.T, parent int, program string) (n int) {
	t.Helper()
	for _, f := range mustGlob("/proc/[0-9]*") {
		args, _ := os.ReadFile(f + "/cmdline")
		status, _ := os.ReadFile(f + "/status")
		_, rest, _ := strings.Cut(string(status), "\nPPid:\t")
		line, _, _ := strings.Cut(rest, "\n")
		if strings.HasPrefix(string(args), program+"\x00") && line != "" && atoi(line) == parent {
			n++
		}
	}
	return n
}
