package compat

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// What can't be upgraded to is refused, and then nothing has changed.

// refusal is a program, or a state of things, and what is said about it.
type refusal struct {
	name    string
	program func(in *instance) string // its path, as supervisorctl is given it
	says    string
}

var refusals = []refusal{
	{"missing", at("{{.Dir}}/nowhere/supervisord"), "can't find command '{{.Dir}}/nowhere/supervisord'"},
	{"relative", at("nowhere"), "can't find command '{{.Dir}}/nowhere'"},
	{"directory", at("{{.Dir}}/logs"), "command at '{{.Dir}}/logs' is a directory"},
	{"not-executable", at("{{.Dir}}/supervisord.conf"), "command at '{{.Dir}}/supervisord.conf' is not executable"},
	{"fifo", func(in *instance) string {
		in.must(syscall.Mkfifo(in.path("fifo"), 0o777))
		return in.path("fifo")
	}, "{{.Dir}}/fifo"},
	{"script", func(in *instance) string {
		in.must(in.write("script", "#!/bin/sh\nexec sleep 600\n"))
		return in.path("script")
	}, "{{.Dir}}/script is a script or empty: it can't be executed in place of a running program"},
	{"empty", func(in *instance) string {
		in.must(os.WriteFile(in.path("empty"), nil, 0o755))
		return in.path("empty")
	}, "{{.Dir}}/empty is a script or empty"},
	{"text", func(in *instance) string {
		in.must(os.WriteFile(in.path("text"), []byte("ELF? No."), 0o755))
		return in.path("text")
	}, "{{.Dir}}/text can't go on from here: "},
	{"truncated", func(in *instance) string {
		data, err := os.ReadFile(ours.daemon)
		in.must(err)
		in.must(os.WriteFile(in.path("truncated"), data[:100_000], 0o755))
		return in.path("truncated")
	}, "{{.Dir}}/truncated can't go on from here: it ended with "},
	{"another", func(*instance) string { return "/bin/ls" }, "/bin/ls can't go on from here: it ended with exit status 2: "},
	{"supervisorctl", func(*instance) string { return ours.ctl }, "can't go on from here: it ended with exit status 2: "},
	{"garbage", impostorAt("garbage"), "can't go on from here: it is no supervisord that can take over"},
	{"silent", impostorAt("silent"), "can't go on from here: it is no supervisord that can take over"},
	{"much", impostorAt("much"), "can't go on from here: it is no supervisord that can take over"},
	{"refuses", impostorAt("refuses"), "can't go on from here: it is too new for that"},
	{"fails", impostorAt("fails"), "can't go on from here: it ended with exit status 127: no shared library"},
	{"killed", impostorAt("killed"), "can't go on from here: it ended with signal: killed"},
	{"configuration", func(in *instance) string {
		in.must(in.write("supervisord.conf", in.read("supervisord.conf")+"[program:new]\ncommand=/bin/cat\nstartsecs=soon\n"))
		return ours.daemon
	}, "the configuration is broken: "},
	{"no-configuration", func(in *instance) string {
		in.must(os.Remove(in.path("supervisord.conf")))
		return ours.daemon
	}, "the configuration is broken: "},
}

func at(path string) func(*instance) string {
	return func(in *instance) string { return in.expand.Replace(path) }
}

func impostorAt(name string) func(*instance) string {
	return func(in *instance) string { return in.impostor(name) }
}

func TestUpgradeRefused(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	conf := in.read("supervisord.conf")
	in.must(in.write("ctl.conf", conf))
	in.pidOf("worker")
	before, open := in.soul(), descriptors(in.cmd.Process.Pid)
	for _, r := range refusals {
		program := r.program(in)
		text, status := in.ctlUpgrade(program)
		in.must(in.write("supervisord.conf", conf))
		if want := "ERROR: cannot upgrade, nothing was changed: "; !strings.HasPrefix(text, want) || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: supervisorctl says %q", r.name, text)
		}
		if want := in.expand.Replace(r.says); !strings.Contains(text, want) || status != 1 {
			t.Errorf("%s: supervisorctl says, with status %d:\n%swant\n%s", r.name, status, text, want)
		}
		if now := in.soul(); now != before {
			t.Errorf("%s: the daemon was %s, is %s", r.name, before, now)
		}
	}
	if _, err := in.call("reeve.upgrade", "supervisord"); err == nil ||
		err.Error() != "fault 30 FAILED: cannot upgrade, nothing was changed: supervisord is not an absolute path" {
		t.Error("a relative path: ", err)
	}
	if _, err := in.call("reeve.upgrade", 7); err == nil || !strings.Contains(err.Error(), "INCORRECT_PARAMETERS") {
		t.Error("a path that is none: ", err)
	}
	if text, status := in.ctlUpgrade("a", "b"); status == 0 || !strings.Contains(text, "at most") {
		t.Errorf("two paths: %d %q", status, text)
	}
	in.served()
	in.await("as many descriptors as before", func() bool { return descriptors(in.cmd.Process.Pid) <= open })
	if in.has("supervisord.log", "upgrading to", 1) {
		t.Error(in.read("supervisord.log"))
	}
	// And after all that an upgrade works.
	in.mustUpgrade("")
	in.stopDaemon()
}

// ctlUpgrade runs supervisorctl upgrade and returns what it prints, and its exit status.
func (in *instance) ctlUpgrade(args ...string) (text string, status int) {
	in.t.Helper()
	conf := "ctl.conf"
	if !fileExists(in.path(conf)) {
		conf = "supervisord.conf"
	}
	cmd := in.command(ours.ctl, append([]string{"-c", in.path(conf), "upgrade"}, args...)...)
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode() // -1 if it was not started
}

// soul is what makes a daemon the one that it was.
func (in *instance) soul() string {
	in.t.Helper()
	lives := in.processLives()
	delete(lives, "other")
	return fmt.Sprintf("%s version %s, %v", in.program(), in.version(), lives)
}

// descriptors counts those that a process has open.
func descriptors(pid int) int { return len(mustGlob(fmt.Sprintf("/proc/%d/fd/*", pid))) }

// A program that does not answer holds up nobody, and there is one upgrade at a time.
func TestUpgradeToAProgramThatHangs(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	in.pidOf("worker")
	before := in.soul()
	program := in.impostor("hangs")
	said := make(chan string, 1)
	go func() {
		text, status := in.ctlUpgrade(program)
		said <- fmt.Sprintf("%d %s", status, text)
	}()
	in.await("the program that hangs", func() bool { return in.asked(program) != 0 })
	in.served()
	const busy = "ERROR: cannot upgrade, nothing was changed: an upgrade is under way\n"
	if text, status := in.ctlUpgrade(ours.daemon); text != busy || status != 1 {
		t.Errorf("a second upgrade: %d %s", status, text)
	}
	in.signal(syscall.SIGUSR1)
	in.awaitLog("cannot upgrade, nothing was changed: an upgrade is under way")
	want := fmt.Sprintf("1 ERROR: cannot upgrade, nothing was changed: %s can't go on from here: it has not answered within 20s\n", program)
	if got := <-said; got != want {
		t.Errorf("supervisorctl says %s, want %s", got, want)
	}
	in.await("the end of the program that hung", func() bool { return in.asked(program) == 0 })
	if now := in.soul(); now != before {
		t.Errorf("the daemon was %s, is %s", before, now)
	}
	in.mustUpgrade("")
	in.stopDaemon()
}

// asked returns the pid of a program that a daemon asks, or 0.
func (in *instance) asked(program string) int {
	for _, link := range mustGlob("/proc/[1-9]*/exe") {
		if exe, _ := os.Readlink(link); exe == program {
			return atoi(strings.Split(link, "/")[2])
		}
	}
	return 0
}

// A daemon that is told to end does not wait for the program that it asks, and leaves
// nothing of it.
func TestUpgradeEndsWithTheDaemon(t *testing.T) {
	for _, by := range []string{"TERM", "SIGUSR1 and TERM", "shutdown", "reload"} {
		t.Run(by, func(t *testing.T) {
			in := hostile(t, twoPrograms)
			program := in.impostor("hangs")
			if by == "SIGUSR1 and TERM" {
				// It will be where the daemon was started from.
				in.must(os.Rename(program, program+".new"))
				in.must(copyProgram(ours.daemon, program))
				in.prog.daemon = program
			}
			in.mustStart()
			in.pidOf("worker")
			if by == "SIGUSR1 and TERM" {
				in.must(os.Rename(program+".new", program))
				in.signal(syscall.SIGUSR1)
			} else {
				go in.ctlUpgrade(program)
			}
			in.await("the program that hangs", func() bool { p := in.asked(program); return p != 0 && p != in.cmd.Process.Pid })
			switch by {
			case "shutdown", "reload":
				_, err := in.call(map[string]string{"shutdown": "supervisor.shutdown", "reload": "supervisor.restart"}[by])
				in.must(err)
			default:
				in.signal(syscall.SIGTERM)
			}
			if by == "reload" {
				in.await("another session", func() bool { return in.has("supervisord.log", "started with pid", 2) })
				in.await("the end of the program that hung", func() bool { return in.asked(program) == 0 })
				in.mustUpgrade(ours.daemon)
				in.signal(syscall.SIGTERM)
			}
			in.wantCleanEnd()
			if pid := in.asked(program); pid != 0 {
				t.Errorf("%d is left", pid)
			}
		})
	}
}

// While a daemon ends nothing follows it.
func TestUpgradeWhileEnding(t *testing.T) {
	in := hostile(t, "[program:slow]\ncommand={{.Child}} slow {{.Dir}}/free 0\nready=log:ready\nstopwaitsecs=3600\n")
	in.mustStart()
	in.pidOf("slow")
	in.signal(syscall.SIGTERM)
	in.awaitLog("waiting for slow to die")
	text, status := in.ctlUpgrade(ours.daemon)
	if status == 0 || !strings.Contains(text, "SHUTDOWN_STATE") && !strings.Contains(text, "shutting down") {
		t.Errorf("supervisorctl says, with status %d: %s", status, text)
	}
	in.signal(syscall.SIGUSR1)
	if _, err := in.call("supervisor.getAPIVersion"); err == nil || !strings.Contains(err.Error(), "SHUTDOWN_STATE") {
		t.Error("a daemon that ends answers: ", err)
	}
	in.must(in.write("free", ""))
	in.wantCleanEnd()
}
