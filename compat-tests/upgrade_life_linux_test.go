package compat

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"syscall"
	"testing"
)

// A daemon that was upgraded is as good as one that was not: started in each way, with
// logs that were moved, and with everything that can be asked of it.

const livesOn = `[program:echo]
command={{.Child}} echo
stdout_logfile={{.Dir}}/logs/echo
startsecs=0
[program:rolls]
command={{.Child}} numbers short 1000
stdout_logfile={{.Dir}}/logs/rolls
stdout_logfile_maxbytes=20000
stdout_logfile_backups=1000
startsecs=0
[program:shown]
command={{.Child}} echo
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
startsecs=0
[program:surroundings]
command=/bin/sh -c 'grep -E "^(Sig[BIC]|Shd|Cap|NoNew|Secc|Groups|Uid|Gid|Umask)" /proc/self/status; cat /proc/self/limits; cat /proc/self/oom_score_adj; cat /proc/self/cgroup; pwd; env | sort; for f in /proc/self/fd/*; do echo "$f" | sed s:.*/:fd-:; done'
stdout_logfile={{.Dir}}/logs/surroundings
stdout_logfile_maxbytes=0
autostart=false
autorestart=false
startsecs=0
environment=A="b"
[fcgi-program:fast]
command={{.Child}} serve fast
socket=unix://{{.Dir}}/fast.sock
startsecs=0
`

// ways are how a daemon may have been started.
var ways = map[string]func(in *instance) (pid int){
	"foreground": func(in *instance) int {
		in.script.pipes = true
		in.under = "umask 027; ulimit -S -n 300; trap '' USR2"
		in.mustStart()
		return in.cmd.Process.Pid
	},
	"background": func(in *instance) int {
		// What the command line names counts from where it was given.
		in.setKeys("directory=/")
		in.must(in.write("supervisord.conf", strings.ReplaceAll(in.read("supervisord.conf"), "logfile="+in.dir+"/supervisord.log\n", "")))
		if ended, err := in.finish(in.command(ours.daemon, "-c", "supervisord.conf", "-l", "supervisord.log")); err != nil || ended != "exit 0" {
			in.t.Fatal(ended, err)
		}
		return in.pidfile()
	},
	"settings": func(in *instance) int {
		in.setKeys("umask=037\nminfds=400\nminprocs=100\nenvironment=GODEBUG=\"x=1\",E=\"1\"\nstrip_ansi=true")
		in.under = "ulimit -S -n 300"
		in.mustStart()
		return in.cmd.Process.Pid
	},
	"user": func(in *instance) int {
		in.giveToNobody()
		in.setKeys("user=nobody")
		in.mustStart()
		return in.cmd.Process.Pid
	},
	"ordinary": func(in *instance) int {
		in.giveToNobody()
		cmd := in.command(ours.daemon, "-n", "-c", in.path("supervisord.conf"))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody(in.t)}
		in.mustRun(cmd)
		return in.cmd.Process.Pid
	},
	"first": func(in *instance) int {
		in.mustStartFirst()
		return in.cmd.Process.Pid
	},
}

func nobody(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("to become another user this needs root")
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("no nobody here: ", err)
	}
	return &syscall.Credential{Uid: uint32(atoi(u.Uid)), Gid: uint32(atoi(u.Gid))}
}

// giveToNobody makes nobody the owner of all files of the instance.
func (in *instance) giveToNobody() {
	in.t.Helper()
	who := nobody(in.t)
	exe, err := os.Executable()
	in.must(err)
	// The test binary may be where nobody can't execute it.
	in.must(copyProgram(exe, in.path("child")))
	in.must(in.write("supervisord.conf", strings.ReplaceAll(in.read("supervisord.conf"), exe, in.path("child"))))
	for _, f := range append(mustGlob(in.path("*")), in.dir) {
		in.must(os.Chown(f, int(who.Uid), int(who.Gid)))
	}
}

// setKeys adds keys to [supervisord].
func (in *instance) setKeys(keys string) {
	in.t.Helper()
	in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), "[supervisord]\n", "[supervisord]\n"+keys+"\n", 1)))
}

// mustRun runs a daemon that was prepared otherwise than by mustStart.
func (in *instance) mustRun(cmd *exec.Cmd) {
	in.t.Helper()
	if err := cmd.Start(); errors.Is(err, os.ErrPermission) {
		in.t.Skip("it can't be started: ", err)
	} else if err != nil {
		in.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	in.cmd, in.exited, in.pids = cmd, exited, append(in.pids, cmd.Process.Pid)
}

func TestUpgradeLife(t *testing.T) {
	for name, start := range ways {
		t.Run(name, func(t *testing.T) {
			in := hostile(t, livesOn)
			next := theNext(t)
			pid := start(in)
			in.await("the socket", func() bool { return in.state("rolls") == "RUNNING" && in.state("fast") == "RUNNING" })
			l := &lifeOf{in, pid, next}
			shape := l.shape()
			surroundings := l.surroundings()
			l.goesOnIntoMovedLogs()
			l.clearsAndRotates()
			if got := l.surroundings(); got != surroundings {
				t.Errorf("before an upgrade a program gets\n%s\nafter it\n%s", surroundings, got)
			}
			l.readsAnotherConfiguration()
			if got := l.shape(); got != shape {
				t.Errorf("the daemon was\n%s\nis\n%s", shape, got)
			}
			if name == "foreground" {
				l.showsOnStdout()
			}
			l.restarts()
			if got := l.surroundings(); got != surroundings {
				t.Errorf("before an upgrade a program gets\n%s\nafter it and a restart\n%s", surroundings, got)
			}
			l.shutsDown()
		})
	}
}

// lifeOf is a daemon that is upgraded.
type lifeOf struct {
	*instance
	pid  int
	next string
}

// again upgrades there and back.
func (l *lifeOf) again() {
	l.t.Helper()
	for _, program := range []string{l.next, ours.daemon} {
		l.mustUpgrade(program)
	}
	if got := l.read("supervisord.pid"); l.cmd == nil && got != fmt.Sprintln(l.pid) {
		l.t.Errorf("the pidfile has %s", got)
	}
}

// shape is what can be seen of the daemon itself.
func (l *lifeOf) shape() string {
	var b strings.Builder
	for _, name := range []string{"comm", "cmdline", "limits", "oom_score_adj"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", l.pid, name))
		l.must(err)
		fmt.Fprintf(&b, "%s: %q\n", name, data)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.pid))
	l.must(err)
	for line := range strings.Lines(string(status)) {
		for _, name := range []string{"Uid", "Gid", "Groups", "Umask", "CapEff", "SigIgn", "SigCgt", "NSsid", "NSpgid"} {
			if strings.HasPrefix(line, name+":") {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

// surroundings is what a program gets.
func (l *lifeOf) surroundings() string {
	l.t.Helper()
	l.must(os.RemoveAll(l.path("logs/surroundings")))
	_, err := l.call("supervisor.startProcess", "surroundings")
	l.must(err)
	l.await("its end", func() bool { return l.state("surroundings") == "EXITED" })
	text := l.read("logs/surroundings")
	if !strings.Contains(text, "SigBlk") || !strings.Contains(text, "fd-2") || strings.Contains(text, "REEVE_STAGE") {
		l.t.Errorf("the surroundings: %s", text)
	}
	return text
}

func (l *lifeOf) signalTo(sig syscall.Signal) {
	l.t.Helper()
	l.must(syscall.Kill(l.pid, sig))
}

func (l *lifeOf) say(program, text string) {
	l.t.Helper()
	_, err := l.call("supervisor.sendProcessStdin", program, text+"\n")
	l.must(err)
}

func (l *lifeOf) wantIn(file, text string) {
	l.t.Helper()
	l.await(text+" in "+file, func() bool { return l.has(file, text, 1) })
}

// A log that logrotate moved goes on where it was, until it is to be opened again.
func (l *lifeOf) goesOnIntoMovedLogs() {
	l.t.Helper()
	l.say("echo", "one")
	l.wantIn("logs/echo", "one")
	for _, name := range []string{"logs/echo", "supervisord.log"} {
		l.must(os.Rename(l.path(name), l.path(name+"-moved")))
	}
	l.again()
	l.say("echo", "two")
	l.wantIn("logs/echo-moved", "two")
	l.wantIn("supervisord.log-moved", "upgraded from version "+nextVersion)
	for _, name := range []string{"logs/echo", "supervisord.log"} {
		if fileExists(l.path(name)) {
			l.t.Errorf("%s was made by an upgrade", name)
		}
	}
	l.signalTo(syscall.SIGUSR2)
	l.await("the logs opened again", func() bool {
		return fileExists(l.path("supervisord.log")) && fileExists(l.path("logs/echo"))
	})
	l.say("echo", "three")
	l.wantIn("logs/echo", "three")
	if l.has("logs/echo-moved", "three", 1) {
		l.t.Error("the moved log still grows")
	}
}

func (l *lifeOf) clearsAndRotates() {
	l.t.Helper()
	l.say("rolls", "more")
	l.again()
	l.say("rolls", "more")
	l.again()
	for range 8 {
		l.say("rolls", "more")
	}
	l.await("the last line", func() bool { return l.endsWith("logs/rolls", "9999\n") || l.endsWith("logs/rolls.1", "9999\n") })
	l.wantNumbered("rolls", "short", 10000)
	l.await("a rotation", func() bool { return fileExists(l.path("logs/rolls.1")) }) // one more may be under way
	if v, err := l.call("supervisor.clearProcessLogs", "echo"); err != nil || v.text != "1" {
		l.t.Errorf("clearProcessLogs: %v %v", v, err)
	}
	l.say("echo", "four")
	l.wantIn("logs/echo", "four")
	if got := l.read("logs/echo"); got != "\"four\"\n" {
		l.t.Errorf("a log that was cleared has %q", got)
	}
}

func (l *lifeOf) ctlSays(want string, args ...string) {
	l.t.Helper()
	out, err := l.command(ours.ctl, append([]string{"-c", l.path("supervisord.conf")}, args...)...).CombinedOutput()
	if got := string(out); got != want {
		l.t.Errorf("supervisorctl %v says %q, %v, want %q", args, got, err, want)
	}
}

func (l *lifeOf) readsAnotherConfiguration() {
	l.t.Helper()
	conf := l.read("supervisord.conf")
	l.must(l.write("supervisord.conf", conf+"[program:more]\ncommand=/bin/sleep 600\nstartsecs=0\n"))
	l.ctlSays("more: available\n", "reread")
	l.again()
	l.ctlSays("more: added process group\n", "update")
	l.again()
	l.pidOf("more")
	l.must(l.write("supervisord.conf", conf))
	l.ctlSays("more: stopped\nmore: removed process group\n", "update")
	l.again()
	l.ctlSays("", "update")
}

// showsOnStdout checks the daemon's own stdout, with the log of a program.
func (l *lifeOf) showsOnStdout() {
	l.t.Helper()
	l.say("shown", "before")
	l.again()
	l.say("shown", "after")
	l.wantIn("daemon.out", "\"before\"\n")
	l.wantIn("daemon.out", "\"after\"\n")
	l.wantIn("daemon.out", "WARN upgraded from version")
}

func (l *lifeOf) restarts() {
	l.t.Helper()
	pid := l.pidOf("echo")
	l.ctlSays("Restarted supervisord\n", "reload")
	l.awaitAnother("echo", pid)
	l.again()
	l.pidOf("rolls")
}

func (l *lifeOf) shutsDown() {
	l.t.Helper()
	l.ctlSays("Shut down\n", "shutdown")
	if l.cmd != nil {
		l.wantCleanEnd()
	}
	l.await("the end", func() bool { return syscall.Kill(l.pid, 0) == syscall.ESRCH })
	for _, name := range []string{"supervisord.pid", "s.sock"} {
		if fileExists(l.path(name)) {
			l.t.Errorf("%s is left", name)
		}
	}
}
