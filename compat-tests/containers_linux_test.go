package compat

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The daemon as PID 1 of a container, with a program whose end is the container's:
// docs/containers.md.

// wantExit waits for the daemon's end, and compares how it ended. Nothing is left of it.
func (in *instance) wantExit(want string) {
	in.t.Helper()
	var w strings.Builder
	if err := in.awaitExit(&w); err != nil || w.String() != want+"\n" {
		in.t.Errorf("the daemon: %v %s, want %s\n%s", err, w.String(), want, in.read("supervisord.log"))
	}
	in.await("the end of all programs", func() bool { return !in.has0("/proc/*/environ", "HOME="+in.dir+"\x00") })
}

// killFirst kills the process in the daemon's namespace whose command line has the text.
func (in *instance) killFirst(text string) {
	in.t.Helper()
	killed := false
	for _, pid := range family(in.cmd.Process.Pid)[1:] {
		if args, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline"); strings.Contains(string(args), text) {
			in.must(syscall.Kill(pid, syscall.SIGKILL))
			killed = true
		}
	}
	if !killed {
		in.t.Fatal("no process with ", text)
	}
}

// stops returns the names of programs in the order in which the log says they stopped.
func (in *instance) stops() (names []string) {
	for line := range strings.Lines(in.read("supervisord.log")) {
		if _, rest, ok := strings.Cut(line, " stopped: "); ok {
			name, _, _ := strings.Cut(rest, " ")
			names = append(names, name)
		}
	}
	return names
}

const essentials = `
[program:db]
command=/bin/cat
priority=900
startsecs=0
[program:app]
command=/bin/cat
priority=10
startsecs=0
depends_on=db
[program:late]
command=/bin/cat
priority=100
startsecs=0
`

// An essential program crashes: the others stop in order, and the exit status is its own.
func TestEssentialProgramCrashes(t *testing.T) {
	in := hostile(t, essentials+`
[program:main]
command={{.Child}} exit-on {{.Dir}}/crash 3
startsecs=0
autorestart=false
essential=exit
`)
	in.mustStartFirst()
	for _, name := range []string{"db", "app", "late", "main"} {
		in.pidOf(name)
	}
	in.must(in.write("crash", ""))
	in.wantExit("exit 3")
	in.awaitLog("CRIT essential program main is EXITED; shutting down, the exit status will be 3")
	// By priority, the highest number first; but what needs db before db.
	if got := in.stops(); !slices.Equal(got, []string{"app", "db", "late"}) {
		t.Errorf("they stopped in the order %v\n%s", got, in.read("supervisord.log"))
	}
}

func TestEssentialProgramEnds(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"well", "command={{.Child}} exit-on {{.Dir}}/end 0\nautorestart=unexpected\nessential=exit", "exit 0"},
		{"oneshot", "command={{.Child}} exit-on {{.Dir}}/end 0\noneshot=true\nessential=exit", "exit 0"},
		{"killed", "command={{.Child}} exit-on {{.Dir}}/never 0\nautorestart=false\nessential=exit", "exit 137"},
		{"fatal", "command={{.Child}} exit-on {{.Dir}}/end 3\nstartsecs=1000\nstartretries=0\nessential=fatal", "exit 3"},
		{"fatal-0", "command={{.Child}} exit-on {{.Dir}}/end 0\nstartsecs=1000\nstartretries=0\nessential=fatal", "exit 1"},
		{"start_limit", "command={{.Child}} exit-on {{.Dir}}/end 4\nautorestart=true\nstart_limit=1/1h\nessential=fatal", "exit 4"},
		{"sick", "command=/bin/cat\nhealth=unix:{{.Dir}}/nobody\nhealth_interval=100ms\nstart_limit=2/1h\nessential=fatal", "exit 143"},
		{"missing", "command={{.Dir}}/missing\nstartretries=0\nessential=fatal", "exit 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := hostile(t, "[program:main]\nstartsecs=0\n"+c.keys+"\n")
			if strings.Contains(c.keys, "startsecs") {
				in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), "\nstartsecs=0\ncommand={{", "\ncommand={{", 1)))
			}
			in.mustStartFirst()
			if c.name == "killed" {
				in.pidOf("main")
				in.killFirst("exit-on")
			}
			in.must(in.write("end", ""))
			in.wantExit(c.want)
		})
	}
}

// What is asked for is not the end: a stop, a restart, another configuration, a restart of
// the daemon. Nor is an end after which the program is started again.
func TestEssentialProgramIsRestarted(t *testing.T) {
	for _, essential := range []string{"fatal", "exit"} {
		t.Run(essential, func(t *testing.T) {
			in := hostile(t, `
[program:main]
command={{.Child}} exit-on {{.Dir}}/crash 3
startsecs=0
autorestart=true
essential=`+essential+`
[program:sick]
command=/bin/cat
health=unix:{{.Dir}}/nobody
health_interval=100ms
health_action=stop
essential=`+essential+`
[program:failing]
command={{.Child}} say no -x 5
autostart=false
startretries=1
backoff_delay=1h
backoff_limit=1h
essential=`+essential+`
`)
			in.mustStartFirst()
			ctl := func(args ...string) {
				t.Helper()
				cmd := in.command(ours.ctl, append([]string{"-c", in.path("supervisord.conf")}, args...)...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %v\n%s\n%s", args, err, out, in.read("supervisord.log"))
				}
			}
			pid := in.pidOf("main")
			in.must(in.write("crash", ""))
			pid = in.awaitAnother("main", pid)
			for range 3 {
				ctl("restart", "main")
				pid = in.awaitAnother("main", pid)
			}
			ctl("stop", "main")
			ctl("start", "main")
			pid = in.pidOf("main")
			ctl("signal", "KILL", "main") // it is started again
			pid = in.awaitAnother("main", pid)
			in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), "/crash 3", "/crash 4", 1)))
			ctl("update")
			in.awaitAnother("main", pid)
			// One that waits for its next try is stopped.
			if _, err := in.call("supervisor.startProcess", "failing", false); err != nil {
				t.Fatal(err)
			}
			in.await("BACKOFF", func() bool { return in.state("failing") == "BACKOFF" })
			ctl("stop", "failing")
			in.await("the stop for health", func() bool { return in.state("sick") == "STOPPED" })
			in.served()
			ctl("reload")
			in.await("the second session", func() bool { return in.has("supervisord.log", "started with pid", 2) })
			in.pidOf("main")
			in.served()
			ctl("shutdown")
			in.wantExit("exit 0")
		})
	}
}
