package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// linksUser owns the directories in which links lead to files of other users.
const linksUser = 65534

// withVictims makes `home`, a directory of linksUser, and `own`, one of root's with files
// that must not be changed.
func (in *instance) withVictims(victims ...string) {
	in.t.Helper()
	if os.Geteuid() != 0 {
		in.t.Skip("only root has more rights than the user whose directory it is")
	}
	for _, dir := range []string{"own", "home", "home/dir"} {
		in.must(os.Mkdir(in.path(dir), 0o755))
	}
	in.must(os.Chown(in.path("home"), linksUser, linksUser))
	in.must(os.Chown(in.path("home/dir"), linksUser, linksUser))
	for _, name := range victims {
		in.must(in.write("own/"+name, "victim\n"))
	}
}

// plant makes a symbolic link that belongs to linksUser.
func (in *instance) plant(name, target string) {
	in.t.Helper()
	in.must(os.Symlink(target, in.path(name)))
	in.must(os.Lchown(in.path(name), linksUser, linksUser))
}

// intact fails the test unless own holds exactly these files, unchanged.
func (in *instance) intact(victims ...string) {
	in.t.Helper()
	there, err := os.ReadDir(in.path("own"))
	in.must(err)
	if len(there) != len(victims) {
		in.t.Errorf("own holds %v, want %v", there, victims)
	}
	for _, name := range victims {
		info, err := os.Stat(in.path("own/" + name))
		in.must(err)
		if text := in.read("own/" + name); text != "victim\n" || info.Mode() != 0o644 {
			in.t.Errorf("%s was changed: mode %v, %.100q", name, info.Mode(), text)
		}
	}
}

const linkRefused = "is a symbolic link of user 65534, which root does not follow out of that user's own directories"

// Logs are in a directory of a program's user, who has put links there: root does not
// follow them, and logs that. Links of root, and links of that user into that user's own
// directories, are followed as before.
func TestHostileLinks(t *testing.T) {
	const program = `
[program:%[1]s]
command=/bin/sh -c 'echo words of %[1]s; exec sleep 600'
user=nobody
redirect_stderr=true
stdout_logfile={{.Dir}}/home/%[2]s
autostart=false
startsecs=0
startretries=0
`
	var config strings.Builder
	for _, p := range [][2]string{
		{"file", "file.log"},
		{"nothing", "nothing.log"},
		{"directory", "link/victim"},
		{"hard", "hard.log"},
		{"roots", "roots.log"},
		{"current", "current/current.log"},
		{"stdout", "stdout.log"},
		{"plain", "plain.log"},
	} {
		fmt.Fprintf(&config, program, p[0], p[1])
	}
	in := hostile(t, config.String())
	in.withVictims("victim", "victim2", "victim3")
	in.plant("home/file.log", in.path("own/victim"))
	in.plant("home/nothing.log", in.path("own/new"))
	in.plant("home/link", in.path("own"))
	in.plant("home/current", "dir")
	in.must(os.Link(in.path("own/victim2"), in.path("home/hard.log")))
	in.must(os.Symlink(in.path("logs/roots.log"), in.path("home/roots.log")))
	in.must(os.Symlink("/dev/stdout", in.path("home/stdout.log")))
	in.mustStart()
	const refused = linkRefused
	for name, why := range map[string]string{
		"file": "home/file.log " + refused, "nothing": "home/nothing.log " + refused, "directory": "home/link " + refused,
		"hard": "home/hard.log has 2 hard links",
	} {
		if _, err := in.call("supervisor.startProcess", name); err == nil {
			t.Errorf("%s was started", name)
		}
		if info, err := in.call("supervisor.getProcessInfo", name); err != nil || !strings.Contains(info.member("spawnerr").text, in.path(why)) {
			t.Errorf("%s: %v, spawnerr %q", name, err, info.member("spawnerr").text)
		}
		if v, err := in.call("supervisor.readProcessStdoutLog", name, 0, 0); err == nil {
			t.Errorf("the log of %s reads %q", name, v.text)
		}
		if name != "nothing" { // what does not exist is empty already
			if _, err := in.call("supervisor.clearProcessLogs", name); err == nil {
				t.Errorf("the log of %s was cleared", name)
			}
		}
	}
	for name, log := range map[string]string{
		"roots": "logs/roots.log", "current": "home/dir/current.log", "stdout": "stdout", "plain": "home/plain.log",
	} {
		if _, err := in.call("supervisor.startProcess", name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if log != "stdout" {
			in.await("the words of "+name, func() bool { return in.read(log) == "words of "+name+"\n" })
		}
	}
	// The link is made while the log is open.
	in.must(os.Remove(in.path("home/plain.log")))
	in.plant("home/plain.log", in.path("own/victim3"))
	in.must(in.cmd.Process.Signal(unix.SIGUSR2))
	in.await("the reopening", func() bool { return in.has("supervisord.log", "indicating log reopen request", 1) })
	if _, err := in.call("supervisor.clearProcessLogs", "plain"); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(in.path("home/plain.log")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the cleared log is %v, %v: want a file in place of the link", info, err)
	}
	in.stopDaemon()
	in.intact("victim", "victim2", "victim3")
}

// Links in paths that the daemon opens when it starts are refused at once.
func TestHostileLinksAtTheStart(t *testing.T) {
	for _, key := range []string{"logfile", "childlogdir", "file", "socket"} {
		t.Run(key, func(t *testing.T) {
			in := hostile(t, "[fcgi-program:auto]\ncommand=/bin/sleep 600\nsocket=unix://{{.Dir}}/fcgi\n")
			in.withVictims("victim---supervisor-12345678.log")
			in.plant("home/link", "../own")
			dir := in.path("home/link")
			value := map[string]string{"logfile": dir + "/log", "childlogdir": dir, "file": dir + "/socket", "socket": "unix://" + dir + "/fcgi"}[key]
			text := in.read("supervisord.conf")
			lines := strings.Split(text, "\n")
			for i, line := range lines {
				if strings.HasPrefix(line, key+"=") {
					lines[i] = key + "=" + value
				}
			}
			in.must(in.write("supervisord.conf", strings.Join(lines, "\n")))
			cmd := in.command(ours.daemon, "-n", "-c", in.path("supervisord.conf"))
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			in.must(cmd.Start())
			// SIGTERM is sent if the daemon has started after all.
			timer := time.AfterFunc(in.limit(), func() { _ = cmd.Process.Signal(unix.SIGTERM) })
			defer timer.Stop()
			if err := cmd.Wait(); err == nil || !strings.Contains(out.String(), dir+" is a symbolic link of user 65534") {
				t.Errorf("%v, %s", err, out.String())
			}
			in.intact("victim---supervisor-12345678.log")
		})
	}
}

// The daemon runs without a pidfile if it cannot write it, as in other such cases.
func TestHostileLinkForThePidfile(t *testing.T) {
	in := hostile(t, "")
	in.withVictims("victim")
	in.plant("home/pid", "../own/victim")
	in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), "/supervisord.pid", "/home/pid", 1)))
	cmd := in.command(ours.daemon, "-n", "-c", in.path("supervisord.conf"))
	in.must(cmd.Start()) // not mustStart, which waits for a pidfile
	pid := in.path("home/pid")
	in.await("the line about it", func() bool {
		return in.has("supervisord.log", "could not write pidfile "+pid+": "+pid+" "+linkRefused+"\n", 1)
	})
	in.served()
	in.must(cmd.Process.Signal(unix.SIGTERM))
	in.must(cmd.Wait())
	in.intact("victim")
}

// Sockets in a directory of another user get their mode and owner as they do elsewhere.
func TestHostileDirectoryForSockets(t *testing.T) {
	in := hostile(t, `[fcgi-program:fcgi]
command=/bin/sleep 600
socket=unix://{{.Dir}}/home/fcgi.sock
socket_mode=0640
socket_owner=nobody
startsecs=0
`)
	in.withVictims()
	in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), "file="+in.path("s.sock"),
		"file="+in.path("home/s.sock")+"\nchmod=0765\nchown=nobody", 1)))
	in.must(os.Symlink("home/s.sock", in.path("s.sock")))
	in.mustStart()
	in.await("RUNNING", func() bool { return in.state("fcgi:fcgi") == "RUNNING" })
	for name, mode := range map[string]uint32{"s.sock": 0o765, "fcgi.sock": 0o640} {
		var st unix.Stat_t
		in.must(unix.Lstat(in.path("home/"+name), &st))
		if st.Uid != linksUser || st.Mode != unix.S_IFSOCK|mode {
			t.Errorf("%s has mode %o and owner %d", name, st.Mode, st.Uid)
		}
	}
	in.served()
	in.stopDaemon()
	// dir is left, and the FastCGI socket, which Supervisor leaves too.
	if left, _ := os.ReadDir(in.path("home")); len(left) != 2 {
		t.Errorf("%v was left", left)
	}
}

// A log rotates all the time while its directory's owner swaps the directory for a link.
func TestHostileLinkRaces(t *testing.T) {
	in := hostile(t, `[program:chatty]
command=/bin/sh -c 'while :; do echo 0123456789012345678901234567890123456789; done'
user=nobody
stdout_logfile={{.Dir}}/home/dir/log
stdout_logfile_maxbytes=200
stdout_logfile_backups=3
stderr_logfile=NONE
startsecs=0
`)
	in.withVictims("log", "log.1", "log.2")
	in.plant("home/other", "../own")
	in.plant("home/dir/trap", "../../own/log")
	in.mustStart()
	in.await("a rotation", func() bool { return fileExists(in.path("home/dir/log.3")) })
	swap := func(a, b string) {
		_ = unix.Renameat2(unix.AT_FDCWD, in.path(a), unix.AT_FDCWD, in.path(b), unix.RENAME_EXCHANGE)
	}
	for range 2000 {
		swap("home/dir/log", "home/dir/trap")
		swap("home/dir", "home/other")
		swap("home/dir", "home/other")
	}
	in.served()
	in.stopDaemon()
	in.intact("log", "log.1", "log.2")
	if left, _ := filepath.Glob(in.path("home/dir/log.*")); len(left) == 0 {
		t.Error("nothing was rotated: this test shows nothing")
	}
}
