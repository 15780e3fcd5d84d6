package compat

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// What follows when a program is not ready, unhealthy or silent: docs/health.md, "What
// follows".

// The output of a failed check is its own: it is in no log of the program. A check that
// takes too long is killed with what it started, and so is one under way when the daemon
// ends.
func TestHealthByCommand(t *testing.T) {
	in := hostile(t, `
[program:web]
command=/bin/cat
startsecs=0
health=exec:/bin/sh -c "echo words of a check; echo to stderr >&2; [ ! -e {{.Dir}}/broken ]"
health_interval=100ms
[program:slow]
command=/bin/cat
startsecs=0
health=exec:/bin/sh -c "/bin/sleep 600 & echo $! >> {{.Dir}}/sleepers; exec /bin/sleep 601"
health_interval=100ms
health_timeout=200ms
health_action=none
[program:hangs]
command=/bin/cat
startsecs=0
health=exec:/bin/sh -c "/bin/sleep 602 & echo $! > {{.Dir}}/last; exec /bin/sleep 603"
health_interval=100ms
health_timeout=1h
`)
	in.mustStart()
	in.awaitLog(" healthy: web")
	pid := in.pidOf("web")
	in.must(in.write("broken", ""))
	in.awaitLog("unhealthy: web (3 checks in a row failed, the last: exec:/bin/sh -c")
	in.awaitLog("exit status 1); it is restarted")
	in.must(os.Remove(in.path("broken")))
	in.awaitAnother("web", pid)
	if out := in.output("web"); out != "" {
		t.Errorf("the program's logs have %q", out)
	}
	in.awaitLog("unhealthy: slow (3 checks in a row failed, the last: exec:")
	in.awaitLog("not finished within 200ms, killed); it is left alone")
	for _, sleeper := range strings.Fields(in.read("sleepers"))[:3] {
		in.await("the end of what a check started", func() bool { return !alive(atoi(sleeper)) })
	}
	if n := len(in.spawns("slow")); n != 1 {
		t.Errorf("health_action=none: %d starts", n)
	}
	in.await("a check under way", func() bool { return in.has("last", "\n", 1) })
	last := atoi(strings.TrimSpace(in.read("last")))
	in.signal(15)
	in.wantCleanEnd()
	if alive(last) {
		t.Error("a check runs on after the daemon's end")
	}
}

// Programs whose server is gone are restarted, whatever the kind of the check, and are
// healthy again when it is back.
func TestHealthOfServers(t *testing.T) {
	in := hostile(t, `
[program:tcp]
command=/bin/cat
startsecs=0
health=tcp:127.0.0.1:{{.Port}}
health_interval=100ms
[program:http]
command=/bin/cat
startsecs=0
health=http://127.0.0.1:{{.Port}}/
health_interval=100ms
health_timeout=500ms
[program:unix]
command=/bin/cat
startsecs=0
health=unix:server.sock
health_interval=100ms
directory={{.Dir}}
[program:stops]
command=/bin/cat
startsecs=0
health=unix:{{.Dir}}/server.sock
health_interval=100ms
health_action=stop
[program:signalled]
command={{.Child}} slow
stopsignal=KILL
startsecs=0
health=unix:{{.Dir}}/server.sock
health_interval=100ms
health_retries=1
health_action=signal:USR1
`)
	listen := func(network, address string) net.Listener {
		l, err := net.Listen(network, address)
		in.must(err)
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				_, _ = c.Write([]byte("HTTP/1.0 200 OK\r\n\r\n"))
				c.Close()
			}
		}()
		t.Cleanup(func() { l.Close() })
		return l
	}
	tcp := fmt.Sprintf("127.0.0.1:%d", in.port)
	a, b := listen("tcp", tcp), listen("unix", in.path("server.sock"))
	in.mustStart()
	all := []string{"tcp", "http", "unix", "stops", "signalled"}
	for _, name := range all {
		in.awaitLog(" healthy: " + name)
	}
	in.await("the signal handler", func() bool { return strings.Contains(in.output("signalled"), "ready\n") })
	a.Close()
	b.Close()
	for name, what := range map[string]string{
		"tcp": "restarted", "http": "restarted", "unix": "restarted", "stops": "stopped", "signalled": "sent SIGUSR1",
	} {
		in.awaitLog("unhealthy: " + name + " (")
		in.await(what, func() bool {
			for line := range strings.Lines(in.read("supervisord.log")) {
				if strings.Contains(line, "unhealthy: "+name+" (") {
					return strings.HasSuffix(line, "; it is "+what+"\n")
				}
			}
			return false
		})
	}
	in.served()
	listen("tcp", tcp)
	listen("unix", in.path("server.sock"))
	for _, name := range []string{"tcp", "http", "unix", "signalled"} {
		in.await("health of "+name, func() bool { return in.has("supervisord.log", " healthy: "+name, 2) })
	}
	if s, n := in.state("stops"), len(in.spawns("stops")); s != "STOPPED" || n != 1 {
		t.Errorf("health_action=stop: %s after %d starts", s, n)
	}
	if out, n := in.output("signalled"), len(in.spawns("signalled")); strings.Count(out, "got USR1") != 1 || n != 1 {
		t.Errorf("health_action=signal:USR1: %d starts, it printed %q", n, out)
	}
	for _, never := range []string{"BACKOFF", "FATAL", "exited: "} {
		if in.has("supervisord.log", never, 1) {
			t.Errorf("%s: a restart for health is no failure\n%s", never, in.read("supervisord.log"))
		}
	}
	in.stopDaemon()
}

// A program that is never healthy is not restarted for ever where start_limit says so.
func TestHealthAndStartLimit(t *testing.T) {
	in := hostile(t, `
[program:sick]
command=/bin/cat
startsecs=0
health=unix:{{.Dir}}/nobody.sock
health_interval=100ms
start_limit=3/1h
`)
	in.mustStart()
	in.await("FATAL", func() bool { return in.state("sick") == "FATAL" })
	if n, why := len(in.spawns("sick")), in.spawnErr("sick"); n != 3 || why != "Started 3 times within 1h (start_limit)" {
		t.Errorf("%d starts, %q", n, why)
	}
	in.stopDaemon()
}

// A start that is not ready in time is stopped as any stop is, and then has failed.
func TestNotReady(t *testing.T) {
	in := hostile(t, `
[program:late]
command={{.Child}} slow {{.Dir}}/end 0
ready=notify
ready_timeout=500ms
startretries=0
autostart=false
[program:dies]
command={{.Child}} say dying -x 0
ready=log:^ready$
startretries=0
autostart=false
`)
	in.mustStart()
	in.wantStart("late", "fault 50 SPAWN_ERROR: late")
	in.await("its end to be waited for", func() bool { return in.state("late") == "STOPPING" })
	in.await("TERM", func() bool { return strings.Contains(in.output("late"), "got TERM") })
	in.must(in.write("end", ""))
	in.await("FATAL", func() bool { return in.state("late") == "FATAL" })
	if why := in.spawnErr("late"); !strings.HasPrefix(why, "not ready within ") || !strings.HasSuffix(why, ": no READY=1") {
		t.Errorf("spawnerr %q", why)
	}
	in.wantStart("dies", "fault 50 SPAWN_ERROR: dies")
	in.await("FATAL", func() bool { return in.state("dies") == "FATAL" })
	if why := in.spawnErr("dies"); why != "Exited before it was ready (process log may have details)" {
		t.Errorf("spawnerr %q", why)
	}
	in.stopDaemon()
}

// The end of the daemon is not held up by a start that is not ready, is being stopped for
// that and would be tried again.
func TestEndWhileNotReady(t *testing.T) {
	in := hostile(t, `
[program:late]
command={{.Child}} slow {{.Dir}}/end 0
ready=notify
ready_timeout=500ms
[program:sick]
command={{.Child}} slow {{.Dir}}/end2 0
ready=log:ready
health=unix:{{.Dir}}/nobody.sock
health_interval=100ms
`)
	in.mustStart()
	for _, name := range []string{"late", "sick"} {
		in.await("TERM of "+name, func() bool { return strings.Contains(in.output(name), "got TERM") })
	}
	in.signal(15)
	in.awaitLog("to die")
	in.must(in.write("end", ""))
	in.must(in.write("end2", ""))
	in.wantCleanEnd()
}

// A program that no longer says that it is alive gets the watchdog's signal, and is
// restarted.
func TestWatchdog(t *testing.T) {
	in := hostile(t, `
[program:silent]
command={{.Child}} notify send:READY=1+STATUS=working every:100:WATCHDOG=1 when:{{.Dir}}/silence
ready=notify
watchdog=2s
[program:broken]
command={{.Child}} notify send:READY=1 send:WATCHDOG=1 when:{{.Dir}}/broken send:WATCHDOG=trigger
ready=notify
watchdog=1h
watchdog_signal=QUIT
[program:off]
command={{.Child}} notify send:READY=1+WATCHDOG_USEC=0
ready=notify
watchdog=1s
`)
	in.mustStart()
	in.awaitLog(" healthy: silent")
	in.awaitLog(" healthy: broken")
	silent, broken, off := in.pidOf("silent"), in.pidOf("broken"), in.pidOf("off")
	in.must(in.write("silence", ""))
	in.awaitLog("unhealthy: silent (no WATCHDOG=1 for 2s); it is sent SIGABRT and restarted")
	in.must(in.write("broken", ""))
	in.awaitLog("unhealthy: broken (it sent WATCHDOG=trigger); it is sent SIGQUIT and restarted")
	in.awaitAnother("silent", silent)
	in.awaitAnother("broken", broken)
	if now := in.pidOf("off"); now != off {
		t.Error("a program that turned its watchdog off was restarted")
	}
	in.served()
	in.stopDaemon()
}

// A program without the keys finds no address to notify, and never that of a service
// manager that has started the daemon.
func TestNotifySocketIsNotPassedOn(t *testing.T) {
	in := hostile(t, `
[program:plain]
command={{.Child}} say "" 
[program:named]
command={{.Child}} say ""
environment=NOTIFY_SOCKET="@mine"
[program:notifies]
command={{.Child}} notify send:READY=1
ready=notify
watchdog=90s
`)
	in.setenv("NOTIFY_SOCKET=" + in.path("managers.sock"))
	in.setenv("WATCHDOG_USEC=123")
	in.setenv("WATCHDOG_PID=1")
	in.mustStart()
	for name, want := range map[string]string{
		"plain": "", "named": "NOTIFY_SOCKET=@mine", "notifies": "NOTIFY_SOCKET=@… WATCHDOG_USEC=90000000",
	} {
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", in.pidOf(name)))
		in.must(err)
		var got []string
		for pair := range strings.SplitSeq(string(env), "\x00") {
			if key, value, _ := strings.Cut(pair, "="); key == "NOTIFY_SOCKET" || strings.HasPrefix(key, "WATCHDOG_") {
				if name == "notifies" && strings.HasPrefix(value, "@") {
					value = "@…"
				}
				got = append(got, key+"="+value)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	in.stopDaemon()
}
