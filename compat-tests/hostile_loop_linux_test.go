package compat

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kolo/xmlrpc"
	"golang.org/x/sys/unix"
)

// TestHostileEventsOfBoot has a slow listener in Python beside programs that start at
// once; it gets every event.
func TestHostileEventsOfBoot(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here: ", err)
	}
	const programs = 100
	in := hostile(t, `[eventlistener:slow]
command=`+python+` {{.Dir}}/listener.py {{.Dir}}
events=PROCESS_STATE,PROCESS_GROUP
startsecs=0
priority=-1
[program:web]
command=/bin/sleep 600
process_name=%(process_num)03d
numprocs=100
startsecs=0
`)
	const listener = `import os, sys, time
place = sys.argv[1]
while not os.path.exists(place + "/go"):
    time.sleep(0.05)
while True:
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    line = sys.stdin.readline()
    head = dict(word.split(":") for word in line.split())
    payload = sys.stdin.read(int(head["len"]))
    with open(place + "/events", "a") as f:
        f.write(line)
    sys.stdout.write("RESULT 2\nOK")
    sys.stdout.flush()
`
	if err := in.write("listener.py", listener); err != nil {
		t.Fatal(err)
	}
	in.mustStart()
	in.await("all programs", func() bool { return in.has("supervisord.log", "entered RUNNING state", programs+1) })
	if err := in.write("go", ""); err != nil {
		t.Fatal(err)
	}
	// Groups added, including that of hostile, and STARTING and RUNNING of each process.
	const want = 3 + 2*(programs+1)
	in.await("all events", func() bool { return strings.Count(in.read("events"), "\n") >= want })
	n := 0
	for line := range strings.Lines(in.read("events")) {
		if !strings.Contains(line, fmt.Sprintf(" poolserial:%d ", n)) {
			t.Fatalf("in place of event %d came %q", n, line)
		}
		n++
	}
	if n != want {
		t.Errorf("%d events, want %d", n, want)
	}
	if in.has("supervisord.log", "overflowed", 1) {
		t.Error("the buffer overflowed")
	}
	in.stopDaemon()
}

// TestHostileCrashLoop has a program that ends at once: what is restarted at once is
// restarted once a second later.
func TestHostileCrashLoop(t *testing.T) {
	in := hostile(t, "[program:loop]\ncommand=/bin/true\nstartsecs=0\nautorestart=true\n")
	begin := time.Now()
	in.mustStart()
	in.await("the restarts", func() bool { return in.has("supervisord.log", "spawned: 'loop'", 5) })
	n := strings.Count(in.read("supervisord.log"), "spawned: 'loop'")
	// The clock is read last.
	if most := 3 + int(time.Since(begin)/time.Second); n > most {
		t.Errorf("%d starts, want at most %d by now", n, most)
	}
	in.served()
	in.stopDaemon()
}

// TestHostileCrashLoopEvents has a program that ends as soon as it is started, until its
// fourth life. A listener with the default buffer that does not run meanwhile misses
// nothing.
func TestHostileCrashLoopEvents(t *testing.T) {
	in := hostile(t, `[program:loop]
command=/bin/sh -c "echo >>{{.Dir}}/lives; test $(wc -l <{{.Dir}}/lives) -le 3 || exec sleep 600"
autostart=false
startsecs=0
autorestart=true
[eventlistener:all]
command={{.Child}} listen {{.Dir}}/all
events=PROCESS_STATE
startsecs=0
`)
	in.mustStart()
	in.served() // starts and stops a program
	in.await("its events", func() bool { return strings.Contains(in.read("all"), "PROCESS_STATE_STOPPED") })
	listener := in.pidOf("all")
	if err := syscall.Kill(listener, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := in.call("supervisor.startProcess", "loop", false); err != nil {
		t.Fatal(err)
	}
	in.await("the fourth life", func() bool { return in.has("supervisord.log", "spawned: 'loop'", 4) })
	if err := syscall.Kill(listener, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	in.await("the first three", func() bool {
		return strings.Count(in.read("all"), "PROCESS_STATE_EXITED") == 3
	})
	if in.has("supervisord.log", "overflowed", 1) {
		t.Error("events were lost\n", in.read("supervisord.log"))
	}
	in.stopDaemon()
}

// TestHostileShortage leaves supervisord no free descriptor. A program that is to start
// waits, however long that takes, and then starts by itself.
func TestHostileShortage(t *testing.T) {
	in := hostile(t, "[program:late]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\nstartretries=0\n")
	in.mustStart()
	in.served()
	c := in.connect() // no other is accepted meanwhile
	c.call("getState")
	enough := in.noMoreDescriptors()
	if got := c.call("startProcess", "late"); !strings.Contains(got, "SPAWN_ERROR") {
		t.Fatalf("a start without descriptors: %s", got)
	}
	tries := map[string]bool{} // by the second
	in.await("three tries", func() bool {
		info := c.call("getProcessInfo", "late")
		if strings.Contains(info, "FATAL") {
			t.Fatalf("gave up: %s", info)
		}
		_, start, _ := strings.Cut(info, "<name>start</name>")
		start, _, _ = strings.Cut(start, "</member>")
		tries[start] = true
		return len(tries) >= 3
	})
	enough()
	in.await("RUNNING", func() bool { return in.state("late") == "RUNNING" })
	log := in.read("supervisord.log")
	for _, line := range []string{"spawnerr: too many open files to spawn 'late'", "start of 'late' is postponed: ", "start of 'late' is no longer postponed"} {
		if n := strings.Count(log, line); n != 1 {
			t.Errorf("%q is in the log %d times:\n%s", line, n, log)
		}
	}
	in.stopDaemon()
}

// connection is a connection to the daemon that stays open.
type connection struct {
	in *instance
	net.Conn
	r *bufio.Reader
}

func (in *instance) connect() *connection {
	in.t.Helper()
	c, err := in.dial(false)
	if err != nil {
		in.t.Fatal(err)
	}
	in.t.Cleanup(func() { c.Close() })
	return &connection{in, c, bufio.NewReader(c)}
}

// call calls a method of the namespace supervisor and returns the reply as it is.
func (c *connection) call(method string, args ...any) string {
	c.in.t.Helper()
	body, err := xmlrpc.EncodeMethodCall("supervisor."+method, args...)
	if err != nil {
		c.in.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		c.in.t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.in.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.in.t.Fatal(err)
	}
	return string(text)
}

// noMoreDescriptors lowers the daemon's limit to the number of descriptors it has open,
// until enough is called.
func (in *instance) noMoreDescriptors() (enough func()) {
	in.t.Helper()
	pid := in.cmd.Process.Pid
	var before unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		in.t.Skip("the limits of another process can't be had here: ", err)
	}
	first := 0
	for fileExists(fmt.Sprintf("/proc/%d/fd/%d", pid, first)) {
		first++
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(first), Max: before.Max}, nil); err != nil {
		in.t.Skip("the limits of another process can't be changed here: ", err)
	}
	return func() {
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil); err != nil {
			in.t.Fatal(err)
		}
	}
}

// TestHostileReopenFails makes the log of a program impossible to open by its name at
// SIGUSR2.
func TestHostileReopenFails(t *testing.T) {
	in := hostile(t, "[program:web]\ncommand=/bin/cat\nstdout_logfile={{.Dir}}/sub/log\nredirect_stderr=true\nstartsecs=0\n")
	if err := os.Mkdir(in.path("sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	in.mustStart()
	in.pidOf("web")
	if err := os.Rename(in.path("sub"), in.path("away")); err != nil {
		t.Fatal(err)
	}
	in.signal(syscall.SIGUSR2)
	in.await("a line about it", func() bool { return in.has("supervisord.log", in.path("sub/log"), 1) })
	if _, err := in.call("supervisor.sendProcessStdin", "web", "still written\n"); err != nil {
		t.Fatal(err)
	}
	in.await("what goes on in the old file", func() bool { return in.has("away/log", "still written\n", 1) })
	if n := strings.Count(in.read("supervisord.log"), in.path("sub/log")); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, in.read("supervisord.log"))
	}
	in.stopDaemon()
}

// TestHostileStartsAtTheEnd checks that start requests whose commands are still being
// checked when the shutdown begins are refused after the check.
func TestHostileStartsAtTheEnd(t *testing.T) {
	const programs = 20
	in := hostile(t, `[program:stays]
command=/bin/sh -c "trap : TERM; while :; do sleep 600 & wait; done"
stopwaitsecs=600
killasgroup=true
startsecs=0
[program:late]
command={{.Dir}}/slow/command
process_name=%(process_num)02d
numprocs=20
autostart=false
startsecs=0
`)
	fs := mountSlow(t, in.path("slow"))
	in.mustStart()
	stays := in.pidOf("stays")
	replies := make(chan string, programs)
	for i := range programs {
		go func() {
			_, err := in.call("supervisor.startProcess", fmt.Sprintf("late:%02d", i), false)
			replies <- fmt.Sprint(err)
		}()
	}
	in.await("somebody who looks at the command", fs.waiting)
	in.signal(syscall.SIGTERM)
	in.await("the shutdown", func() bool { return in.has("supervisord.log", "received SIGTERM indicating exit request", 1) })
	fs.goOn()
	for range programs {
		if got := <-replies; !strings.Contains(got, "SHUTDOWN_STATE") {
			t.Errorf("a start answers %s", got)
		}
	}
	if in.has("supervisord.log", "late", 1) || in.has("supervisord.log", "spawned", 2) {
		t.Errorf("something was started:\n%s", in.read("supervisord.log"))
	}
	if err := syscall.Kill(-stays, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	in.wantCleanEnd()
}
