package compat

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestHostileAllKilled kills 1,000 programs at once: each end is said and published once,
// and each is started once more.
func TestHostileAllKilled(t *testing.T) {
	const n = 1000
	in := hostile(t, fmt.Sprintf(`[program:web]
command=/bin/sleep 600
process_name=%%(process_num)04d
numprocs=%d
autorestart=true
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
[eventlistener:all]
command={{.Child}} listen {{.Dir}}/all
events=PROCESS_STATE_EXITED
buffer_size=%d
startsecs=0
`, n, n))
	in.mustStart()
	in.pidOf("all")
	in.await("all programs", func() bool { return len(sleepers(in.cmd.Process.Pid)) == n })
	in.await("all RUNNING", func() bool { return in.has("supervisord.log", "entered RUNNING state", n+1) })
	for _, pid := range sleepers(in.cmd.Process.Pid) {
		in.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	in.served()
	in.await("all programs again", func() bool { return in.has("supervisord.log", "entered RUNNING state", 2*n+2) })
	if got := len(sleepers(in.cmd.Process.Pid)); got != n {
		t.Errorf("%d programs run, want %d", got, n)
	}
	in.await("all events", func() bool { return in.recorded("all") == n })
	ended := map[string]int{}
	for _, found := range regexp.MustCompile(`WARN exited: (\d+) \(terminated by SIGKILL`).FindAllStringSubmatch(in.read("supervisord.log"), -1) {
		ended[found[1]]++
	}
	for name, times := range ended {
		if times != 1 {
			t.Errorf("%s ended %d times", name, times)
		}
	}
	if len(ended) != n {
		t.Errorf("%d programs ended, want %d", len(ended), n)
	}
	in.stopDaemon()
}

// TestHostileZombies leaves supervisord, the first process of its namespace, thousands of
// dead orphans at once, because it was stopped while they ended. Its own program that
// ended among them is not lost, and all are reaped.
func TestHostileZombies(t *testing.T) {
	n := 1000
	if long {
		n = 10000
	}
	in := hostile(t, fmt.Sprintf(`[program:parent]
command=/bin/sh -c 'read go < {{.Dir}}/gate; i=0; while [ $i -lt %d ]; do (: &); i=$((i+1)); done; : > {{.Dir}}/done; exec sleep 600'
startsecs=0
[program:ends]
command=/bin/sleep 600
autorestart=unexpected
startsecs=0
`, n))
	in.must(syscall.Mkfifo(in.path("gate"), 0o600))
	in.mustStartFirst()
	in.await("the pidfile of PID 1", func() bool { return in.read("supervisord.pid") == "1\n" })
	in.pidOf("parent")
	in.pidOf("ends")
	own := sleepers(in.cmd.Process.Pid)
	if len(own) != 1 {
		t.Fatalf("%v sleep", own)
	}
	resume := in.suspend()
	if out, err := in.command("/bin/sh", "-c", "echo > gate").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	in.await("the orphans", func() bool { return fileExists(in.path("done")) })
	in.await("their ends", func() bool { return zombies(in.cmd.Process.Pid) >= n })
	in.must(syscall.Kill(own[0], syscall.SIGKILL))
	resume()
	in.await("the program to run again", func() bool { return in.has("supervisord.log", "spawned: 'ends'", 2) })
	in.await("the end of all zombies", func() bool { return zombies(in.cmd.Process.Pid) == 0 })
	in.await("a line about each", func() bool { return in.has("supervisord.log", "reaped unknown pid", n) })
	if got := strings.Count(in.read("supervisord.log"), "reaped unknown pid"); got != n {
		t.Errorf("%d were reaped, want %d", got, n)
	}
	in.served()
	in.stopDaemon()
}

// zombies counts the dead children of a process.
func zombies(parent int) (n int) {
	all := mustGlob("/proc/[1-9]*/stat")
	for _, name := range all {
		text, _ := os.ReadFile(name)
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(parent) {
			n++
		}
	}
	return n
}

// TestHostileClientsGone has clients that leave in the middle of a log stream, of an event
// stream, of a call that waits and of a reply: the daemon keeps nothing of them.
func TestHostileClientsGone(t *testing.T) {
	in := hostile(t, inet+`[program:chatty]
command=/bin/sh -c 'while :; do seq 1000; done'
stdout_logfile_maxbytes=1MB
startsecs=0
[program:slow]
command=/bin/sleep 600
autostart=false
startsecs=600
`)
	in.mustStart()
	in.pidOf("chatty")
	in.served()
	before := in.descriptors()
	const call = "<methodCall><methodName>supervisor.startProcess</methodName><params><param><value>slow</value></param></params></methodCall>"
	for range 3 {
		for _, request := range []string{
			"GET /logtail/chatty HTTP/1.1\r\n\r\n", "GET /live/events HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
			fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", len(call), call),
		} {
			for _, c := range in.flood(10, request) {
				if !strings.Contains(request, "POST") {
					if _, err := c.Read(make([]byte, 1)); err != nil {
						t.Error(err)
					}
				}
				c.Close()
			}
		}
		in.served()
	}
	_, err := in.call("supervisor.stopProcess", "slow")
	in.must(err)
	in.await("as many descriptors as before", func() bool { return in.descriptors() <= before })
	if in.has("supervisord.log", " ERRO ", 1) || in.has("supervisord.log", "Traceback", 1) {
		t.Errorf("the log:\n%s", in.read("supervisord.log"))
	}
	in.stopDaemon()
}
