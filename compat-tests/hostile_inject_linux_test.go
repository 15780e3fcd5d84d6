package compat

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Errors of the kernel that no test can cause in an ordinary way are made by strace: it
// attaches to a process that runs and answers some of its calls itself.

// inject makes calls of a process fail (an expression of strace's -e inject) until end is
// called. path restricts that to one file; it may be empty.
func (in *instance) inject(pid int, path, expression string) (end func()) {
	in.t.Helper()
	args := []string{"-f", "-p", strconv.Itoa(pid), "-o", in.path("strace"), "-e", "inject=" + expression}
	if path != "" {
		args = append(args, "-P", path)
	}
	cmd := exec.Command("strace", args...)
	said := in.path("strace.err")
	f, err := in.create("strace.err")
	in.must(err)
	defer f.Close()
	cmd.Stderr = f
	if err := cmd.Start(); err != nil {
		in.t.Skip("strace: not installed: ", err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	over := false
	end = func() {
		if over {
			return
		}
		over = true
		_ = cmd.Process.Signal(syscall.SIGTERM) // it lets go of the process
		<-ended
	}
	in.t.Cleanup(end)
	in.await("strace", func() bool {
		select {
		case <-ended:
			in.t.Skip("strace: can't attach here: ", in.read(said))
		default:
		}
		return in.has(said, "attached", 1)
	})
	return end
}

const writes = "write,writev,pwrite64"

// TestHostileLogErrors has writes to a program's log, and to the main log, fail in each
// way that disks have, for a while: each outage is said when it starts and when it ends,
// with the number of bytes that were lost, and the program never waits.
func TestHostileLogErrors(t *testing.T) {
	for _, errno := range []string{"EIO", "ENOSPC", "EROFS", "EDQUOT"} {
		t.Run(errno, func(t *testing.T) {
			in := hostile(t, `[program:chatty]
command=/bin/cat
stdout_logfile={{.Dir}}/log
startsecs=0
`)
			in.mustStart()
			in.pidOf("chatty")
			say := func(line string) {
				t.Helper()
				_, err := in.call("supervisor.sendProcessStdin", "chatty", line+"\n")
				in.must(err)
			}
			say("before")
			in.await("the first line", func() bool { return in.read("log") == "before\n" })
			end := in.inject(in.cmd.Process.Pid, in.path("log"), writes+":error="+errno)
			said := 0
			in.await("a line about it", func() bool {
				say("meanwhile")
				said++
				return in.has("supervisord.log", "output is dropped", 1)
			})
			in.served()
			end()
			// What is written counts as recovered when it has worked for a second.
			after := 0
			in.await("the end of the outage", func() bool {
				say("after")
				after++
				return in.has("supervisord.log", "log can be written again", 1)
			})
			in.await("every line in the log, or said to be lost", func() bool {
				log := in.read("log")
				lost := said + after - strings.Count(log, "meanwhile\n") - strings.Count(log, "after\n")
				short := len("before\n") + said*len("meanwhile\n") + after*len("after\n") - len(log)
				return lost > 0 && in.has("supervisord.log", fmt.Sprintf("; %d bytes were lost", short), 1)
			})
			for _, text := range []string{"output is dropped", "can be written again"} {
				if n := strings.Count(in.read("supervisord.log"), text); n != 1 {
					t.Errorf("%q is in the log %d times:\n%s", text, n, in.read("supervisord.log"))
				}
			}
			in.stopDaemon()
		})
	}
}

// TestHostileMainLogErrors has the main log fail: programs go on, and the log has a line
// about it once it can be written again.
func TestHostileMainLogErrors(t *testing.T) {
	in := hostile(t, "")
	in.mustStart()
	in.served()
	end := in.inject(in.cmd.Process.Pid, in.path("supervisord.log"), writes+":error=EIO")
	size := len(in.read("supervisord.log"))
	for range 5 {
		in.served()
	}
	if n := len(in.read("supervisord.log")); n != size {
		t.Fatalf("%d bytes were written: the log did not fail", n-size)
	}
	end()
	in.await("a line about the outage", func() bool {
		in.served()
		return in.has("supervisord.log", "supervisord.log can be written again", 1)
	})
	in.stopDaemon()
}

// TestHostileLogOpenErrors has the opening of a program's log fail at a start: the start
// fails with the reason, others are served, and it works when the cause is gone.
func TestHostileLogOpenErrors(t *testing.T) {
	for _, errno := range []string{"EIO", "ENOSPC", "EROFS"} {
		t.Run(errno, func(t *testing.T) {
			in := hostile(t, "[program:chatty]\ncommand=/bin/cat\nautostart=false\nstdout_logfile={{.Dir}}/log\nstartsecs=0\nstartretries=1000\n")
			in.mustStart()
			in.served()
			end := in.inject(in.cmd.Process.Pid, in.path("log"), "open,openat,openat2:error="+errno)
			if _, err := in.call("supervisor.startProcess", "chatty"); err == nil || !strings.Contains(err.Error(), "SPAWN_ERROR") {
				t.Errorf("a start without its log: %v", err)
			}
			if got, want := in.spawnErr("chatty"), "unknown error making dispatchers for 'chatty': "+errno; got != want {
				t.Errorf("spawnerr is %q, want %q", got, want)
			}
			in.served()
			end()
			in.pidOf("chatty") // tried again by itself
			in.says("after")
			in.await("a line in the log", func() bool { return in.read("log") == "after\n" })
			in.stopDaemon()
		})
	}
}

// TestHostileForkFails has the kernel refuse to fork, for lack of processes or of memory:
// the start is postponed, said once, and made when there is room again.
func TestHostileForkFails(t *testing.T) {
	const late = "[program:late]\ncommand=/bin/sleep 600\nautostart=false\nstartsecs=0\nstartretries=0\n"
	// The limit of a cgroup is real, and stops the runtime's threads as well.
	t.Run("EAGAIN", func(t *testing.T) {
		in := hostile(t, late)
		g := in.inPidsGroup()
		in.mustStart()
		in.served()
		g.limit(t, 1)
		if _, err := in.call("supervisor.startProcess", "late"); err == nil || !strings.Contains(err.Error(), "SPAWN_ERROR") {
			t.Errorf("a start that can't be made: %v", err)
		}
		in.awaitLog("start of 'late' is postponed")
		in.awaitLog("spawnerr: Too many processes in process table to spawn 'late'")
		refused := g.refused(t)
		in.await("three more tries", func() bool { in.lives(); return g.refused(t) >= refused+3 })
		g.limit(t, 1000)
		in.wantOneStart()
	})
	// The starter's runtime may need a thread just then; it does not survive being refused
	// one, and another makes the start.
	t.Run("ENOMEM", func(t *testing.T) {
		in := hostile(t, late)
		for range 20 {
			in.mustStart()
			in.served()
			end := in.inject(in.starter(), "", "clone,clone3,vfork,fork:error=ENOMEM")
			_, _ = in.call("supervisor.startProcess", "late")
			if !in.has("supervisord.log", "spawnerr: unknown error during fork for 'late': ENOMEM", 1) {
				end()
				in.wantOneStart()
				continue
			}
			in.awaitLog("start of 'late' is postponed")
			in.await("three tries", func() bool { return strings.Count(in.read("strace"), "ENOMEM") >= 3 })
			end()
			in.wantOneStart()
			return
		}
		t.Error("no fork failed: this test shows nothing")
	})
}

// wantOneStart waits until late is RUNNING, checks that all was said once, and ends the
// daemon.
func (in *instance) wantOneStart() {
	in.t.Helper()
	in.pidOf("late")
	log := in.read("supervisord.log")
	postponed := strings.Count(log, "start of 'late' is postponed")
	if n := strings.Count(log, "start of 'late' is no longer postponed"); n != postponed || n > 1 || strings.Count(log, "INFO spawned: 'late'") != 1 {
		in.t.Errorf("postponed %d times, no longer %d times:\n%s", postponed, n, log)
	}
	in.stopDaemon()
	in.must(in.write("supervisord.log", ""))
}
