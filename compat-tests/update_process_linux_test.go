package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// liveKey is a key that is put in force while a program runs: an actor
// (children_actor_test.go) that is called as the key.
type liveKey struct {
	name          string
	before, after string // lines of its section
	args          string // of the actor
	shows         func(in *instance, pid int)
}

// order gives the actor of a key an order.
func (in *instance) order(key, order string) {
	in.t.Helper()
	if !in.tell(filepath.Join(in.dir, "actors", key+":"+key), order) {
		in.t.Fatalf("%s does not listen", key)
	}
}

func (in *instance) awaitState(key, state string) {
	in.t.Helper()
	in.await(key+" "+state, func() bool { return in.state(key) == state })
}

func (in *instance) stop(key string) {
	in.t.Helper()
	_, err := in.call("supervisor.stopProcess", key)
	in.must(err)
}

var liveKeys = []liveKey{
	{"autorestart", "autorestart=false", "autorestart=true", "", func(in *instance, pid int) {
		in.order("autorestart", "exit 0")
		in.awaitAnother("autorestart", pid)
	}},
	{"exitcodes", "autorestart=unexpected", "autorestart=unexpected\nexitcodes=0,3", "", func(in *instance, _ int) {
		in.order("exitcodes", "exit 3")
		in.awaitState("exitcodes", "EXITED")
		in.awaitLog("exited: exitcodes (exit status 3; expected)")
	}},
	{"startretries", "startsecs=3600\nstartretries=1000", "startsecs=3600\nstartretries=0", "", func(in *instance, _ int) {
		in.order("startretries", "exit 1")
		in.awaitState("startretries", "FATAL")
	}},
	{"start_limit", "autorestart=true", "autorestart=true\nstart_limit=1/1h", "", func(in *instance, pid int) {
		in.order("start_limit", "exit 0")
		next := in.awaitAnother("start_limit", pid)
		in.must(syscall.Kill(next, syscall.SIGKILL))
		in.awaitState("start_limit", "FATAL")
	}},
	{"stopsignal", "stopsignal=USR2", "stopsignal=USR1", "end=USR1", func(in *instance, _ int) {
		in.stop("stopsignal")
		if !strings.Contains(in.output("stopsignal"), "got SIGUSR1") {
			in.t.Error("stopsignal: it did not get USR1")
		}
	}},
	{"stopwaitsecs", "stopwaitsecs=3600", "stopwaitsecs=0", "on=hold", func(in *instance, _ int) { in.stop("stopwaitsecs") }},
	{"stopasgroup", "stopasgroup=false", "stopasgroup=true", "", func(in *instance, pid int) {
		in.stop("stopasgroup")
		in.awaitLog(fmt.Sprintf("killing stopasgroup (pid %d) process group with signal SIGTERM", pid))
	}},
	{"killasgroup", "stopwaitsecs=1\nkillasgroup=false", "stopwaitsecs=0\nkillasgroup=true", "on=hold", func(in *instance, pid int) {
		in.stop("killasgroup")
		in.awaitLog(fmt.Sprintf("killing killasgroup (pid %d) process group with signal SIGKILL", pid))
	}},
	{"logfile_maxbytes", "stdout_logfile={{.Dir}}/rotated", "stdout_logfile={{.Dir}}/rotated\nstdout_logfile_maxbytes=100\nstdout_logfile_backups=2", "", func(in *instance, _ int) {
		in.await("rotation", func() bool {
			in.order("logfile_maxbytes", `out `+strings.Repeat("x", 60)+`\n`)
			return fileExists(in.path("rotated.2"))
		})
		if fileExists(in.path("rotated.3")) {
			in.t.Error("three backups, not two")
		}
	}},
	{"health", "", "health=exec:/bin/false\nhealth_interval=100ms\nhealth_retries=1\nhealth_action=signal:USR2", "", func(in *instance, _ int) {
		in.await("a signal of health", func() bool { return strings.Contains(in.output("health"), "got SIGUSR2") })
	}},
	{"health_action", "health=exec:/bin/false\nhealth_interval=100ms\nhealth_action=none", "health=exec:/bin/true\nhealth_interval=100ms", "", func(in *instance, _ int) {
		in.await("healthy", func() bool {
			v, err := in.call("reeve.getProcess", "health_action")
			return err == nil && v.member("health").text == "healthy"
		})
	}},
	{"on_dependency", "depends_on=stopsignal", "depends_on=other2\non_dependency=stop", "", func(in *instance, _ int) {
		in.stop("other2")
		in.awaitState("on_dependency", "STOPPED")
	}},
	{"events", "stdout_events_enabled=false", "stdout_events_enabled=true", "", func(in *instance, _ int) {
		in.await("an event", func() bool {
			in.order("events", `out look here, this is what is to be heard\n`)
			return strings.Contains(in.read("heard"), "what is to be heard")
		})
	}},
	{"unchanged", "startsecs=0", "startsecs=1", "", func(*instance, int) {}},
}

// TestUpdateLive: what is live shows without a new pid, the plan says so beforehand, and
// what takes a restart gets one.
func TestUpdateLive(t *testing.T) {
	conf := func(lines func(k liveKey) string, command, numprocs string) string {
		var b strings.Builder
		b.WriteString("[program:other2]\ncommand=/bin/cat\nstartsecs=0\n[eventlistener:ears]\ncommand={{.Child}} listen {{.Dir}}/heard\nevents=PROCESS_LOG\n[supervisord]\nloglevel=debug\n")
		fmt.Fprintf(&b, "[program:restarted]\ncommand=%s\nstartsecs=0\n", command)
		fmt.Fprintf(&b, "[program:many]\ncommand=/bin/cat\nstartsecs=0\nprocess_name=%%(program_name)s_%%(process_num)d\nnumprocs=%s\n", numprocs)
		for _, k := range liveKeys {
			fmt.Fprintf(&b, "[program:%s]\ncommand={{.Child}} actor %s\nstartsecs=0\n%s\n", k.name, k.args, lines(k))
		}
		return b.String()
	}
	in := hostile(t, conf(func(k liveKey) string { return k.before }, "/bin/cat", "3"))
	in.mustStart()
	pids := map[string]int{}
	programs := []string{"other2", "restarted", "many:many_0", "many:many_1", "many:many_2"}
	for _, k := range liveKeys {
		programs = append(programs, k.name)
	}
	for _, name := range programs {
		if name == "startretries" {
			in.awaitState(name, "STARTING")
			continue
		}
		pids[name] = in.pidOf(name)
	}
	text := in.read("supervisord.conf")
	first, _, found := strings.Cut(text, "[program:other2]")
	if !found {
		t.Fatal("no such section")
	}
	after := in.expand.Replace(conf(func(k liveKey) string { return k.after }, "/bin/cat -u", "2"))
	in.must(os.WriteFile(in.path("supervisord.conf"), []byte(first+after), 0o600))
	ctl := func(want string, args ...string) string {
		t.Helper()
		cmd := in.command(ours.ctl, append([]string{"-c", in.path("supervisord.conf")}, args...)...)
		out, _ := cmd.Output()
		if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != want {
			t.Fatalf("%v ended with %s: %s", args, got, out)
		}
		return string(out)
	}
	said := ctl("10", "update", "--dry-run")
	done := ctl("0", "update", "--by-process")
	for line := range strings.Lines(done) {
		if !strings.Contains(said, line) {
			t.Errorf("the plan did not say %s", line)
		}
	}
	for _, want := range []string{"restarted: restart (command)\n", "many:many_2: remove\n", "unchanged: live (from its next start)\n", "stopsignal: live\n"} {
		if !strings.Contains(done, want) {
			t.Errorf("the update lacks %q: %s", want, done)
		}
	}
	ctl("0", "update", "--dry-run")
	for name, pid := range pids {
		if name == "restarted" || name == "many:many_2" {
			continue
		}
		if now := in.pidOf(name); now != pid {
			t.Errorf("%s: its pid was %d, now it is %d", name, pid, now)
		}
	}
	in.awaitAnother("restarted", pids["restarted"])
	for _, k := range liveKeys {
		k.shows(in, pids[k.name])
	}
	in.served()
	in.stopDaemon()
}
