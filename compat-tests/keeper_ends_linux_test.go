package compat

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Programs that end while no daemon lives are reported with their real status.
func TestKeeperExitsMeanwhile(t *testing.T) {
	in := kept(t, survives+`
[program:seven]
command={{.Child}} exit-on {{.Dir}}/go7 7
autorestart=false
startsecs=0
[program:killed]
command=/bin/sleep 600
autorestart=false
startsecs=0
[program:again]
command={{.Child}} exit-on {{.Dir}}/go0 0
autorestart=true
startsecs=0
[program:talks]
command=/bin/sh -c 'read line; echo last words; exit 5'
autorestart=false
startsecs=0
stdout_logfile={{.Dir}}/talks.log
`)
	in.mustStart()
	victim, before, talks := in.pidOf("killed"), in.pidOf("again"), in.pidOf("talks")
	in.pidOf("seven")
	meanwhile(in, func() {
		in.must(in.write("go7", ""))
		in.must(in.write("go0", ""))
		in.must(syscall.Kill(victim, syscall.SIGKILL))
		in.must(syscall.Kill(talks, syscall.SIGTERM))
		for _, pid := range []int{victim, before, talks} {
			in.await("a zombie", func() bool { return strings.Contains(statOf(pid), ") Z ") })
		}
	})
	for name, want := range map[string]string{"seven": "7", "killed": "-1", "talks": "-1"} {
		in.await(name+" EXITED", func() bool { return in.state(name) == "EXITED" })
		v, err := in.call("supervisor.getProcessInfo", name)
		if got := v.member("exitstatus").text; err != nil || got != want {
			t.Errorf("%s ended with %s, %v; want %s", name, got, err, want)
		}
	}
	in.awaitLog("exited: seven (exit status 7; not expected)")
	in.awaitLog("exited: killed (terminated by SIGKILL; not expected)")
	in.awaitLog("exited: again (exit status 0; expected)")
	if after := in.pidOf("again"); after == before {
		t.Error("the program that ended was not started again")
	}
	in.stopDaemon()
}

func statOf(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return string(text)
}

// meanwhile kills the daemon and does something before the keeper notices.
func meanwhile(in *instance, do func()) {
	in.t.Helper()
	keeper, old := in.cmd.Process.Pid, in.daemon()
	in.must(syscall.Kill(keeper, syscall.SIGSTOP))
	in.await("a stopped keeper", func() bool { return stopped(keeper) })
	in.must(syscall.Kill(old, syscall.SIGKILL))
	in.await("the end of the daemon", func() bool { return strings.Contains(statOf(old), ") Z ") })
	do()
	in.must(syscall.Kill(keeper, syscall.SIGCONT))
	in.daemon()
}

// A call that is under way when the daemon dies fails; one that comes meanwhile waits, and
// is answered.
func TestKeeperCallsMeanwhile(t *testing.T) {
	in := kept(t, survives+"[program:slow]\ncommand={{.Child}} slow {{.Dir}}/free 0\nstopwaitsecs=3600\n")
	in.mustStart()
	in.pidOf("slow")
	waiting := make(chan error, 1)
	go func() { _, err := in.call("supervisor.stopProcess", "slow"); waiting <- err }()
	in.await("STOPPING", func() bool { return in.state("slow") == "STOPPING" })
	late := make(chan error, 1)
	meanwhile(in, func() {
		if err := <-waiting; err == nil {
			t.Error("the call under way was answered")
		}
		go func() { _, err := in.call("supervisor.getAllProcessInfo"); late <- err }()
	})
	if err := <-late; err != nil {
		t.Errorf("a call while there was no daemon: %v", err)
	}
	if got := in.state("slow"); got != "STOPPING" {
		t.Errorf("the program is %s", got)
	}
	in.must(in.write("free", ""))
	in.await("STOPPED", func() bool { return in.state("slow") == "STOPPED" })
	in.stopDaemon()
}

// The signals that others send to the pid in the pidfile do what they do without a keeper.
func TestKeeperSignals(t *testing.T) {
	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(end.String(), func(t *testing.T) {
			in := kept(t, survives+twoPrograms)
			in.mustStart()
			first := in.pidOf("web")
			in.killDaemon()
			in.must(os.Rename(in.path("supervisord.log"), in.path("old.log")))
			in.signal(syscall.SIGUSR2)
			in.await("another log", func() bool {
				return in.has("old.log", "supervisord logreopen", 1) && fileExists(in.path("supervisord.log"))
			})
			in.signal(syscall.SIGUSR1)
			in.awaitLog("upgraded from version")
			if now := in.pidOf("web"); now != first {
				t.Errorf("the pid was %d and is %d", first, now)
			}
			in.signal(syscall.SIGHUP)
			in.await("a restart", func() bool { return in.has("supervisord.log", "spawned: 'web'", 1) })
			in.await("another child", func() bool { return in.state("web") == "RUNNING" && in.pidOf("web") != first })
			if in.pidfile() != in.cmd.Process.Pid {
				t.Errorf("the pidfile has %d", in.pidfile())
			}
			in.killDaemon()
			in.served()
			in.signal(end)
			in.wantCleanEnd()
		})
	}
}

// An upgrade after a death, and a death after an upgrade: the program that was upgraded to
// goes on.
func TestKeeperAndUpgrades(t *testing.T) {
	in := kept(t, survives+twoPrograms)
	next := in.path("next")
	text, err := os.ReadFile(ours.daemon)
	in.must(err)
	in.must(os.WriteFile(next, text, 0o755))
	in.mustStart()
	in.pidOf("web")
	in.pidOf("worker")
	before := in.runs()
	in.killDaemon()
	if out, err := in.command(ours.ctl, "-c", in.path("supervisord.conf"), "upgrade", next).CombinedOutput(); err != nil {
		t.Fatalf("upgrade: %v\n%s\n%s", err, out, in.read("supervisord.log"))
	}
	for range 2 {
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", in.daemon())); err != nil || exe != next {
			t.Errorf("the daemon executes %s, %v", exe, err)
		}
		in.wantRuns(before)
		in.killDaemon()
	}
	in.served()
	in.stopDaemon()
}

// A daemon that dies while it shuts down is followed by one that shuts down.
func TestKeeperDuringShutdown(t *testing.T) {
	in := kept(t, survives+"[program:web]\ncommand=/bin/cat\npriority=10\n[program:slow]\ncommand={{.Child}} slow {{.Dir}}/free 0\nstopwaitsecs=3600\npriority=20\n")
	in.mustStart()
	in.pidOf("web")
	in.pidOf("slow")
	in.signal(syscall.SIGTERM)
	in.awaitLog("waiting for web, slow to die")
	deaths := 0
	for range 3 {
		in.must(syscall.Kill(in.daemonNow(), syscall.SIGKILL))
		deaths++
		in.await("another daemon", func() bool { return in.deaths() == deaths })
	}
	if got := in.stops(); len(got) != 0 {
		t.Errorf("%s stopped before their turn", got)
	}
	in.must(in.write("free", ""))
	in.wantCleanEnd()
	if got := strings.Join(in.stops(), " "); got != "slow web" {
		t.Errorf("they stopped in the order %s", got)
	}
}

// A daemon that dies again and again is given up; nothing of its programs stays.
func TestKeeperGivesUp(t *testing.T) {
	in := kept(t, survives+"[program:tree]\ncommand={{.Child}} tree {{.Dir}}/pids 2\nstartsecs=0\nautorestart=false\n")
	in.mustStart()
	in.await("the tree", func() bool { return in.has("pids", "\n", 7) })
	for last := 0; in.running(); {
		if pid := daemonOf(in.cmd.Process.Pid); pid != 0 && pid != last {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			last = pid
		}
	}
	in.wantExit("exit 137")
	if fileExists(in.path("supervisord.pid")) {
		t.Error("the pidfile is left")
	}
	if n := strings.Count(in.read("supervisord.log"), "in a row have died at once"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, in.read("supervisord.log"))
	}
}

// With kill_orphans nothing stays of a daemon that dies suddenly, however its programs have
// detached themselves.
func TestKeeperKillsOrphans(t *testing.T) {
	in := kept(t, "kill_orphans=true\n[program:tree]\ncommand={{.Child}} tree {{.Dir}}/pids 3\nstartsecs=0\n[program:web]\ncommand=/bin/cat\n")
	in.mustStart()
	in.await("the tree", func() bool { return in.has("pids", "\n", 15) })
	in.pidOf("web")
	in.must(syscall.Kill(in.daemon(), syscall.SIGKILL))
	in.wantExit("exit 137")
	if fileExists(in.path("supervisord.pid")) {
		t.Error("the pidfile is left")
	}
	if !in.has("supervisord.log", "CRIT supervisord died suddenly (terminated by SIGKILL); its programs were killed: nothing of its programs is to stay", 1) {
		t.Errorf("the log:\n%s", in.read("supervisord.log"))
	}
}

// With kill_orphans a daemon that ends as it should ends as without.
func TestKeeperOrdinaryEnd(t *testing.T) {
	in := kept(t, "kill_orphans=true\n"+twoPrograms)
	in.mustStart()
	in.pidOf("web")
	in.signal(syscall.SIGHUP)
	in.await("a restart", func() bool { return in.has("supervisord.log", "spawned: 'web'", 2) })
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
}

// Without its keeper the daemon goes on, says so once, and still notices the ends of
// programs that the keeper had.
func TestKeeperIsKilled(t *testing.T) {
	in := kept(t, survives+twoPrograms)
	in.mustStart()
	web := in.pidOf("web")
	in.killDaemon()
	daemon := in.daemon()
	in.must(in.cmd.Process.Kill())
	defer func() { _ = syscall.Kill(daemon, syscall.SIGKILL) }()
	<-in.exited
	in.awaitLog(fmt.Sprintf("the keeper (pid %d) is gone; this process goes on with pid %d", in.cmd.Process.Pid, daemon))
	in.await("the pid", func() bool { return in.pidfile() == daemon })
	in.served()
	in.must(syscall.Kill(web, syscall.SIGKILL))
	in.awaitLog("exited: web (")
	if after := in.pidOf("web"); after == web {
		t.Error("the program was not started again")
	}
	if n := strings.Count(in.read("supervisord.log"), "is gone; this process goes on"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
	in.must(syscall.Kill(daemon, syscall.SIGTERM))
	in.await("the end", func() bool {
		return syscall.Kill(daemon, 0) == syscall.ESRCH || strings.Contains(statOf(daemon), ") Z ")
	})
	if fileExists(in.path("supervisord.pid")) {
		t.Error("the pidfile is left")
	}
}

// The keeper is idle: it does nothing while nothing happens.
func TestKeeperIsIdle(t *testing.T) {
	in := kept(t, survives+"[program:idle]\ncommand=/bin/sleep 600\nnumprocs=50\nprocess_name=%(process_num)d\nstartsecs=0\n")
	in.mustStart()
	in.await("all programs", func() bool { return strings.Count(in.read("supervisord.log"), "success: ") == 50 })
	in.daemon()
	keeper := in.cmd.Process.Pid
	switches := func() string {
		var all strings.Builder
		for line := range strings.Lines(readFile(fmt.Sprintf("/proc/%d/status", keeper))) {
			if strings.Contains(line, "ctxt_switches") {
				all.WriteString(line)
			}
		}
		return all.String()
	}
	// It may still be about to sleep; a process that wakes up by itself never has a second
	// without a switch.
	in.await("a second without a wake-up", func() bool {
		before := switches()
		<-time.After(time.Second)
		return switches() == before
	})
	var status []string
	for line := range strings.Lines(readFile(fmt.Sprintf("/proc/%d/status", keeper))) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "RssAnon") || strings.HasPrefix(line, "Threads") {
			status = append(status, strings.Join(strings.Fields(line), " "))
		}
	}
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", keeper))
	t.Logf("the keeper of 50 programs: %s, %d descriptors", strings.Join(status, ", "), len(fds))
	in.stopDaemon()
}
