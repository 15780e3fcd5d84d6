package compat

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const underLoad = survives + `
[program:idle]
command=/bin/sleep 600
numprocs=30
process_name=idle_%(process_num)02d
startsecs=0
[program:count]
command={{.Child}} count 20 5ms
numprocs=10
process_name=count_%(process_num)d
stdout_logfile={{.Dir}}/logs/count_%(process_num)d
stdout_logfile_maxbytes=100KB
stdout_logfile_backups=10000
startsecs=0
[program:checked]
command=/bin/sleep 600
health=exec:/bin/true
health_interval=100ms
health_retries=3
startsecs=0
[program:notifier]
command={{.Child}} notify send:STATUS=warming when:{{.Dir}}/ready send:READY=1
ready=notify
ready_timeout=1h
[program:dependent]
command=/bin/sleep 600
depends_on=notifier
startsecs=0
[program:flaky]
command={{.Child}} flaky {{.Dir}}/well
startretries=100000
backoff_delay=50ms
backoff_factor=1
startsecs=1
[program:patient]
command=/bin/sleep 600
startsecs=3600
[program:stubborn]
command={{.Child}} slow {{.Dir}}/free 0
ready=log:ready
stopwaitsecs=3600
[fcgi-program:fast]
command={{.Child}} serve fast
socket=unix://{{.Dir}}/fast.sock
startsecs=0
[eventlistener:ear]
command={{.Child}} listen {{.Dir}}/heard
events=REMOTE_COMMUNICATION,PROCESS_STATE
buffer_size=100000
startsecs=0
`

// The daemon is killed again and again while everything is at work.
func TestKeeperUnderLoad(t *testing.T) {
	in := kept(t, underLoad)
	in.mustStart()
	if got, want := in.pidfile(), in.cmd.Process.Pid; got != want {
		t.Errorf("the pidfile has %d, the keeper is %d", got, want)
	}
	in.await("STARTING", func() bool { return in.state("notifier") == "STARTING" && in.state("patient") == "STARTING" })
	in.pidOf("stubborn")
	if _, err := in.call("supervisor.stopProcess", "stubborn", false); err != nil {
		t.Fatal(err)
	}
	in.await("a status text", func() bool {
		v, err := in.call("supervisor.getProcessInfo", "notifier")
		return err == nil && v.member("reeve_status").text == "warming" || err == nil
	})
	before := in.runs()
	sender := in.sendNumbered()
	for range *keeperTimes {
		if *keeperTimes > 5 {
			settled()
		}
		in.killDaemon()
		in.wantRuns(before, "flaky")
		if got := in.state("dependent"); got != "STOPPED" {
			t.Errorf("dependent is %s", got)
		}
		wantServed(t, in.path("fast.sock"), "fast")
	}
	answered := sender()
	for _, name := range []string{"ready", "well", "free"} {
		in.must(in.write(name, ""))
	}
	in.await("the stop that was under way", func() bool { return in.state("stubborn") == "STOPPED" })
	in.await("what depends", func() bool { return in.state("dependent") == "RUNNING" && in.state("notifier") == "RUNNING" })
	in.await("the one that was flaky", func() bool { return in.state("flaky") == "RUNNING" })
	in.served()
	in.await("the last event", func() bool {
		return strings.Contains(in.read("heard"), fmt.Sprintf("type:number\n%d ", answered[len(answered)-1]))
	})
	in.wantAllEvents(answered)
	for name, run := range in.runs() {
		if was := before[name]; strings.HasPrefix(name, "count") && was != run {
			t.Errorf("%s was %s and is %s", name, was, run)
		}
	}
	in.stopDaemon()
	lost := 0
	for i := range 10 {
		lost += in.wantCounted(fmt.Sprintf("logs/count_%d", i))
	}
	if lost > 0 {
		t.Errorf("%d deaths: %d lines of the programs were lost", *keeperTimes, lost)
	}
	if n := in.deaths(); n != *keeperTimes {
		t.Errorf("%d deaths were said, of %d", n, *keeperTimes)
	}
}

// sendNumbered sends numbered events until end is called, which returns the numbers of
// those that were answered.
func (in *instance) sendNumbered() (end func() (answered []int)) {
	stop := make(chan struct{})
	var idle sync.WaitGroup
	var answered []int
	idle.Go(func() {
		for i := 0; ; i++ {
			if _, err := in.call("supervisor.sendRemoteCommEvent", "number", fmt.Sprintf("%d x", i)); err == nil {
				answered = append(answered, i)
			}
			select {
			case <-stop:
				if len(answered) > 0 && answered[len(answered)-1] == i {
					return
				}
			default:
			}
		}
	})
	return func() []int { close(stop); idle.Wait(); return answered }
}

// wantAllEvents checks what the listener has heard: each event whose call was answered at
// least once, in order, with serials that grow.
func (in *instance) wantAllEvents(answered []int) {
	in.t.Helper()
	heard, twice := map[int]int{}, 0
	serial, last := -1, -1
	r := bufio.NewReader(strings.NewReader(in.read("heard")))
	for {
		head, payload, err := readEvent(r, false)
		if err != nil {
			break
		}
		n := 0
		if _, err := fmt.Sscanf(head[strings.Index(head, " serial:"):], " serial:%d", &n); err != nil || n < serial {
			in.t.Errorf("serial %d follows %d: %q", n, serial, head)
		}
		if n == serial {
			twice++
		}
		serial = n
		if _, err := fmt.Sscanf(payload, "type:number\n%d", &n); err != nil {
			continue
		}
		if heard[n]++; n < last {
			in.t.Errorf("event %d follows %d", n, last)
		}
		last = n
	}
	missing := 0
	for _, n := range answered {
		if heard[n] == 0 {
			missing++
			in.t.Errorf("event %d is missing", n)
		}
	}
	in.t.Logf("%d events: %d missing, %d heard twice", len(answered), missing, twice)
}

// wantCounted checks that the lines in a log and its backups follow one another, and
// returns how many are missing.
func (in *instance) wantCounted(name string) (lost int) {
	in.t.Helper()
	var text strings.Builder
	for i := 10000; i >= 0; i-- {
		file := name
		if i > 0 {
			file = fmt.Sprintf("%s.%d", name, i)
		}
		if fileExists(in.path(file)) {
			text.WriteString(in.read(file))
		}
	}
	last := 0
	for line := range strings.Lines(text.String()) {
		n := 0
		// Each write of the program is whole lines and no longer than what a pipe takes at
		// once.
		if _, err := fmt.Sscanf(line, "%d\n", &n); err != nil || n <= last {
			in.t.Errorf("%s: %q follows line %d", name, line, last)
			continue
		}
		lost += n - last - 1
		last = n
	}
	if last == 0 {
		in.t.Errorf("%s has no lines", name)
	}
	return lost
}

func wantServed(t *testing.T, socket, want string) {
	t.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != want {
		t.Errorf("%s serves %q, %v", socket, line, err)
	}
}

// The daemon is killed in the middle of a boot, again and again: each program runs once.
func TestKeeperDuringBoot(t *testing.T) {
	in := kept(t, survives+`
[program:mark]
command={{.Child}} mark {{.Dir}}/mark_%(process_num)d
numprocs=100
process_name=mark_%(process_num)d
startsecs=0
`)
	in.mustStart()
	defer func() {
		if t.Failed() {
			syscall.Kill(daemonOf(in.cmd.Process.Pid), syscall.SIGABRT)
			in.poll(func() bool { return in.has("daemon.err", "goroutine 1 ", 1) })
			t.Log(in.read("daemon.err"))
		}
	}()
	for n := range 5 {
		in.await("some more starts", func() bool { return in.started(100) >= 10+15*n })
		in.must(syscall.Kill(in.daemonNow(), syscall.SIGKILL))
	}
	in.await("all programs", func() bool { return in.started(100) == 100 })
	in.await("RUNNING", func() bool {
		list, err := in.call("supervisor.getAllProcessInfo")
		running := 0
		for _, p := range list.items {
			if p.member("statename").text == "RUNNING" {
				running++
			}
		}
		return err == nil && running == 100
	})
	again := 0
	for i := range 100 {
		name := fmt.Sprintf("mark_%d", i)
		var living []string
		lines := strings.Fields(in.read(name))
		for _, pid := range lines {
			if syscall.Kill(atoi(pid), 0) == nil {
				living = append(living, pid)
			}
		}
		v, err := in.call("supervisor.getProcessInfo", "mark:"+name)
		if err != nil || len(living) != 1 || living[0] != v.member("pid").text {
			t.Errorf("%s has pid %s, and lives as %v, %v", name, v.member("pid").text, living, err)
		}
		again += len(lines) - 1
	}
	t.Logf("%d starts were made again, after what had come of them was killed", again)
	in.stopDaemon()
}

// A daemon that has answered once can be killed: the next one goes on.
func TestKeeperAtFirstAnswer(t *testing.T) {
	in := kept(t, survives+twoPrograms)
	in.mustStart()
	for n := range 4 { // one more would be given up on
		// getState is answered a moment before anything is started or held.
		in.await("an answer", func() bool { _, err := in.call("supervisor.getProcessInfo", "web"); return err == nil })
		in.must(syscall.Kill(in.daemonNow(), syscall.SIGKILL))
		in.pidOf("web")
		in.await("the line about it", func() bool { return in.deaths() == n+1 })
	}
	in.stopDaemon()
}

// started counts the programs that have left a mark.
func (in *instance) started(of int) (n int) {
	for i := range of {
		if fileExists(in.path(fmt.Sprintf("mark_%d", i))) {
			n++
		}
	}
	return n
}

// daemonNow returns the pid of the daemon, which may not serve yet.
func (in *instance) daemonNow() (pid int) {
	in.t.Helper()
	in.await("a daemon", func() bool { pid = daemonOf(in.cmd.Process.Pid); return pid != 0 })
	return pid
}
