package compat

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Programs that flood or lie with what they tell the daemon, and checks that hang.

// A program sends messages as fast as it can. Others are served, and those that notify are
// heard.
func TestHostileFloodOfNotifications(t *testing.T) {
	in := hostile(t, `
[program:flood]
command={{.Child}} notify send:READY=1 flood:100000000:STATUS=x
ready=notify
stopsignal=KILL
[program:late]
command={{.Child}} notify when:{{.Dir}}/go send:READY=1 every:100:WATCHDOG=1
ready=notify
watchdog=20s
autostart=false
`)
	in.mustStart()
	in.pidOf("flood")
	if _, err := in.call("supervisor.startProcess", "late", false); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		in.served()
	}
	in.must(in.write("go", ""))
	in.awaitLog("ready: late after ")
	in.awaitLog(" healthy: late")
	in.served()
	if n := strings.Count(in.read("supervisord.log"), "\n"); n > 100 {
		t.Errorf("the flood made %d lines in the log:\n%.5000s", n, in.read("supervisord.log"))
	}
	in.stopDaemon()
}

// A program can't say that another is ready, not even if it knows the address.
func TestHostileForgedNotification(t *testing.T) {
	in := hostile(t, `
[program:victim]
command={{.Child}} notify tell:{{.Dir}}/address when:{{.Dir}}/go send:READY=1
ready=notify
[program:plain]
command={{.Child}} notify at:{{.Dir}}/address send:READY=1 send:READY=1+MAINPID=1+STOPPING=1+WATCHDOG=trigger
autostart=false
startsecs=0
[program:another]
command={{.Child}} notify at:{{.Dir}}/address send:READY=1
ready=notify
autostart=false
`)
	in.mustStart()
	in.await("the address", func() bool { return in.has("address", "@", 1) })
	in.wantStart("plain", "")
	in.await("the forged messages", func() bool { return strings.Contains(in.output("plain"), "told") })
	in.wantStart("another", "") // its message comes after those
	if s := in.state("victim"); s != "STARTING" {
		t.Errorf("the victim is %s", s)
	}
	// The test itself is no program of the daemon.
	c, err := net.Dial("unixgram", in.read("address"))
	in.must(err)
	defer c.Close()
	_, err = c.Write([]byte("READY=1"))
	in.must(err)
	if _, err := in.call("supervisor.stopProcess", "another"); err != nil {
		t.Fatal(err)
	}
	in.wantStart("another", "")
	if s := in.state("victim"); s != "STARTING" {
		t.Errorf("the victim is %s", s)
	}
	in.must(in.write("go", ""))
	in.pidOf("victim")
	in.stopDaemon()
}

// A program whose lines are looked at prints a line without an end.
func TestHostileEndlessLine(t *testing.T) {
	in := hostile(t, `
[program:endless]
command=/bin/sh -c 'while [ ! -e {{.Dir}}/go ]; do head -c 1000000 /dev/zero | tr "\\000" x; done; echo; echo ready; exec cat'
ready=log:^x*ready$
stdout_logfile=NONE
ready_timeout=1h
[program:stderr]
command=/bin/sh -c 'head -c 100000 /dev/zero | tr "\\000" y >&2; echo ready >&2; echo >&2; printf "no newline yet: ready" >&2; echo >&2; echo ready >&2; exec cat'
ready=log:^ready$
redirect_stderr=true
`)
	in.mustStart()
	in.pidOf("stderr")
	for range 10 {
		in.served()
	}
	if s := in.state("endless"); s != "STARTING" {
		t.Errorf("it is %s", s)
	}
	if kib := in.resident(); kib > 100<<10 {
		t.Errorf("the daemon holds %d KiB", kib)
	}
	in.must(in.write("go", ""))
	in.pidOf("endless")
	in.stopDaemon()
}

// resident returns how much memory the daemon holds, in KiB.
func (in *instance) resident() int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", in.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	if f := strings.Fields(rest); len(f) > 0 {
		return atoi(f[0])
	}
	return 0
}

// The servers of 400 programs accept connections and never answer, or their check never
// ends. That costs no thread per check.
func TestHostileServersThatHang(t *testing.T) {
	in := hostile(t, `
[program:web]
command=/bin/cat
process_name=%(program_name)s_%(process_num)03d
numprocs=200
startsecs=0
health=http://127.0.0.1:{{.Port}}/
health_interval=100ms
health_timeout=1h
[program:job]
command=/bin/cat
process_name=%(program_name)s_%(process_num)03d
numprocs=200
startsecs=0
health=exec:{{.Dir}}/hangs
health_interval=100ms
health_timeout=1h
[program:well]
command=/bin/cat
startsecs=0
ready=file:{{.Dir}}/well
health=unix:{{.Dir}}/well.sock
health_interval=100ms
`)
	in.must(in.write("hangs", "#!/bin/sh\n: >> "+in.path("checks")+"\nexec sleep 600\n"))
	server, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", in.port))
	in.must(err)
	defer server.Close()
	well, err := net.Listen("unix", in.path("well.sock"))
	in.must(err)
	defer well.Close()
	in.mustStart()
	threads := in.threads()
	in.await("all RUNNING", func() bool { return in.has("supervisord.log", "entered RUNNING state", 400) })
	in.must(in.write("well", ""))
	in.await("checks by command", func() bool { return fileExists(in.path("checks")) })
	// The unix socket is asked by other workers than those that hang.
	in.awaitLog(" healthy: well")
	for range 5 {
		in.served()
	}
	if now := in.threads(); now > threads+10 {
		t.Errorf("%d threads at first, %d now", threads, now)
	}
	if kib := in.resident(); kib > 150<<10 {
		t.Errorf("the daemon holds %d KiB", kib)
	}
	in.stopDaemon()
	in.await("the end of the checks", func() bool { return !in.has0("/proc/*/environ", "HOME="+in.dir+"\x00") })
}

// The file that shows that a program is ready, and the command of a check, are on a dead
// mount.
func TestHostileChecksOnDeadMount(t *testing.T) {
	in := hostile(t, `
[program:many]
command=/bin/cat
process_name=%(program_name)s_%(process_num)03d
numprocs=100
ready=file:{{.Dir}}/dead/ready
ready_timeout=1h
health_timeout=1h
autostart=false
[program:once]
command=/bin/cat
ready=file:{{.Dir}}/dead/ready
ready_timeout=500ms
startretries=0
autostart=false
[program:checked]
command=/bin/cat
startsecs=0
health=exec:{{.Dir}}/dead/check
health_interval=100ms
health_timeout=300ms
health_retries=1
autostart=false
[program:well]
command=/bin/cat
ready=file:{{.Dir}}/alive/ready
autostart=false
`)
	in.must(os.Mkdir(in.path("dead"), 0o755))
	in.mustStart()
	in.served()
	threads := in.threads()
	release := in.deadMount("dead")
	if _, err := in.call("supervisor.startProcessGroup", "many", false); err != nil {
		t.Fatal(err)
	}
	in.await("100 starts", func() bool { return in.has("supervisord.log", "spawned: 'many_", 100) })
	in.served()
	in.wantStart("once", "fault 50 SPAWN_ERROR: once")
	if why := in.spawnErr("once"); !strings.HasPrefix(why, "not ready within ") {
		t.Errorf("spawnerr %q", why)
	}
	in.wantStart("checked", "")
	in.awaitLog("cannot check checked (exec:")
	in.served()
	if now := in.threads(); now > threads+40 {
		t.Errorf("%d threads at first, %d now", threads, now)
	}
	in.wantDeafThreads()
	// Another file system is looked at all the same.
	if _, err := in.call("supervisor.startProcess", "well", false); err != nil {
		t.Fatal(err)
	}
	in.must(in.write("alive/ready", ""))
	in.pidOf("well")
	release()
	in.served()
	in.await("an answer, if a bad one", func() bool { return in.has("supervisord.log", "unhealthy: checked (a check failed: exec:", 1) })
	if _, err := in.call("supervisor.stopProcessGroup", "many"); err != nil {
		t.Fatal(err)
	}
	in.stopDaemon()
}

// The daemon ends and restarts amid checks by command: none of them is left, not even as
// a zombie.
func TestHostileEndAmidChecks(t *testing.T) {
	in := hostile(t, `
[program:web]
command=/bin/cat
process_name=%(program_name)s_%(process_num)02d
numprocs=40
startsecs=0
health=exec:/bin/sh -c ": >> {{.Dir}}/checks; exec sleep 600"
health_interval=100ms
health_timeout=20ms
health_action=none
`)
	for range 5 {
		_ = os.Remove(in.path("checks"))
		in.mustStart()
		in.await("checks", func() bool { return fileExists(in.path("checks")) })
		in.signal(unix.SIGTERM)
		in.wantCleanEnd()
	}
	in.mustStart()
	for session := range 5 {
		_ = os.Remove(in.path("checks"))
		in.await("checks", func() bool { return fileExists(in.path("checks")) })
		in.signal(unix.SIGHUP)
		in.await("the next session", func() bool { return in.has("supervisord.log", "started with pid", 5+session+2) })
	}
	in.await("the end of all commands of earlier sessions", func() bool {
		return !slices.ContainsFunc(family(in.cmd.Process.Pid), func(pid int) bool { return !alive(pid) })
	})
	in.stopDaemon()
}
