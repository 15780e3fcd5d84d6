package compat

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const sayer = `[program:chatty]
command=/bin/cat
stdout_logfile={{.Dir}}/sub/log
stdout_logfile_maxbytes=1000
stdout_logfile_backups=50
startsecs=0
startretries=1000
autorestart=true
`

// says has the program chatty write a line.
func (in *instance) says(line string) {
	in.t.Helper()
	_, err := in.call("supervisor.sendProcessStdin", "chatty", line+"\n")
	in.must(err)
}

// TestHostileLogDirectoryRemoved removes the directory of a program's log while the
// program writes and its log is to rotate: it never waits, the failure is said once, and
// when the directory is back so is the log. A start without the directory fails as
// upstream's does, and works by itself when it is back.
func TestHostileLogDirectoryRemoved(t *testing.T) {
	in := hostile(t, sayer)
	in.must(os.Mkdir(in.path("sub"), 0o755))
	in.mustStart()
	pid := in.pidOf("chatty")
	in.must(os.RemoveAll(in.path("sub")))
	line := strings.Repeat("x", 99)
	for range 30 {
		in.says(line)
	}
	in.awaitLog("cannot rotate " + in.path("sub/log"))
	in.served()
	if n := strings.Count(in.read("supervisord.log"), in.path("sub/log")); n != 2 { // one line that names it twice
		t.Errorf("it was said %d times:\n%s", n, in.read("supervisord.log"))
	}
	in.must(os.Mkdir(in.path("sub"), 0o755))
	in.await("the log", func() bool { // a rotation that failed is tried again after 64 KiB
		in.says(strings.Repeat(line, 100))
		return fileExists(in.path("sub/log"))
	})

	in.must(os.RemoveAll(in.path("sub")))
	in.must(syscall.Kill(pid, syscall.SIGKILL))
	in.awaitLog("spawnerr: unknown error making dispatchers for 'chatty': ENOENT")
	in.must(os.Mkdir(in.path("sub"), 0o755))
	in.awaitAnother("chatty", pid)
	in.says("after")
	in.await("a line in the log", func() bool { return in.read("sub/log") == "after\n" })
	in.stopDaemon()
}

// TestHostileLogDirectoryReplaced puts a link to another directory in the place of that of
// a program's log: what was begun goes on in the old file, the next rotation and each
// later start go where the link points, and no byte is lost.
func TestHostileLogDirectoryReplaced(t *testing.T) {
	in := hostile(t, sayer)
	in.must(os.Mkdir(in.path("sub"), 0o755))
	in.mustStart()
	pid := in.pidOf("chatty")
	in.says("before")
	in.await("the first line", func() bool { return in.read("sub/log") == "before\n" })
	in.must(os.Rename(in.path("sub"), in.path("old")))
	in.must(os.Mkdir(in.path("elsewhere"), 0o755))
	in.must(os.Symlink(in.path("elsewhere"), in.path("sub")))
	want := len("before\n")
	for range 100 {
		line := strings.Repeat("x", 99)
		in.says(line)
		want += len(line) + 1
	}
	in.await("all bytes", func() bool {
		got := len(in.read("old/log"))
		for _, name := range mustGlob(in.path("elsewhere/*")) {
			got += len(in.read(name))
		}
		return got == want
	})
	in.must(syscall.Kill(pid, syscall.SIGKILL))
	in.awaitAnother("chatty", pid)
	in.says("after")
	in.await("a line of the next start", func() bool { return strings.HasSuffix(in.read("elsewhere/log"), "after\n") })
	if in.has("supervisord.log", "ERRO", 1) {
		t.Errorf("the log:\n%s", in.read("supervisord.log"))
	}
	in.stopDaemon()
}

// TestHostileReopenWithoutDescriptors reopens the logs while there is no descriptor left:
// the old files stay in use, that is said once for each, and the next time it works.
func TestHostileReopenWithoutDescriptors(t *testing.T) {
	in := hostile(t, "[program:chatty]\ncommand=/bin/cat\nstdout_logfile={{.Dir}}/log\nredirect_stderr=true\nstartsecs=0\n")
	in.mustStart()
	in.pidOf("chatty")
	c := in.connect()
	c.call("getState")
	in.must(os.Rename(in.path("log"), in.path("log.1")))
	enough := in.noMoreDescriptors()
	in.signal(syscall.SIGUSR2)
	in.awaitLog("cannot open log file " + in.path("log") + ": too many open files")
	c.call("sendProcessStdin", "chatty", "meanwhile\n")
	in.await("a line in the old file", func() bool { return in.has("log.1", "meanwhile\n", 1) })
	enough()
	in.signal(syscall.SIGUSR2)
	in.await("the new file", func() bool { return fileExists(in.path("log")) })
	in.says("after")
	in.await("a line in the new file", func() bool { return in.read("log") == "after\n" })
	if n := strings.Count(in.read("supervisord.log"), "too many open files"); n != 2 {
		t.Errorf("it was said %d times, of two files:\n%s", n, in.read("supervisord.log"))
	}
	in.stopDaemon()
}

// TestHostilePidfile starts the daemon where its pidfile can't be written: it says so once
// and runs.
func TestHostilePidfile(t *testing.T) {
	for _, errno := range []string{"ENOSPC", "EROFS", "EIO"} {
		t.Run(errno, func(t *testing.T) {
			in := hostile(t, "")
			place := in.path("place/pid")
			in.must(os.Mkdir(in.path("place"), 0o755))
			switch errno {
			case "ENOSPC":
				place = "/dev/full"
			case "EROFS":
				if err := unix.Mount("tmpfs", in.path("place"), "tmpfs", unix.MS_RDONLY, ""); err != nil {
					t.Skip("a file system: can't be mounted here: ", err)
				}
				t.Cleanup(func() { in.close(); in.must(unix.Unmount(in.path("place"), 0)) })
			case "EIO":
				mustHave(t, "strace", "-V")
				in.under = "exec strace -D -f -o " + in.path("strace") + " -P " + place + " -e inject=" + writes + `:error=EIO "$0" "$@"`
			}
			conf := strings.Replace(in.read("supervisord.conf"), in.path("supervisord.pid"), place, 1)
			in.must(in.write("supervisord.conf", conf))
			cmd := in.command("/bin/sh", "-c", in.under+"\n"+`exec "$0" "$@"`, in.prog.daemon, "-n", "-c", in.path("supervisord.conf"))
			in.must(cmd.Start())
			in.exited, in.cmd = make(chan struct{}), cmd
			go func() { _ = cmd.Wait(); close(in.exited) }()
			in.awaitLog("CRIT could not write pidfile " + place)
			in.served()
			if n := strings.Count(in.read("supervisord.log"), place); n != 1 || in.has("supervisord.log", "ERRO", 1) {
				t.Errorf("it was said %d times:\n%s", n, in.read("supervisord.log"))
			}
			in.stopDaemon()
			if errno == "ENOSPC" && !fileExists(place) {
				t.Error("a pidfile that was not written was removed")
			}
		})
	}
}

// TestHostileStdoutGone has nobody take what the daemon prints: its stdout is closed from
// the start, or a pipe whose reader goes away. Programs whose output goes there are served
// like others.
func TestHostileStdoutGone(t *testing.T) {
	for _, how := range []string{"closed", "broken"} {
		t.Run(how, func(t *testing.T) {
			in := hostile(t, "[program:chatty]\ncommand=/bin/cat\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nredirect_stderr=true\nstartsecs=0\n")
			in.under = "exec >&- 2>&-"
			if how == "broken" {
				in.must(unix.Mkfifo(in.path("fifo"), 0o600))
				reader, err := os.OpenFile(in.path("fifo"), os.O_RDWR, 0)
				in.must(err)
				in.under = "exec > " + in.path("fifo") + " 2>&1"
				in.mustStart()
				in.pidOf("chatty")
				reader.Close()
			} else {
				in.mustStart()
			}
			pid := in.pidOf("chatty")
			for range 5 {
				in.says("lost")
				in.served()
			}
			if how == "broken" {
				in.awaitLog("cannot write to /dev/stdout: broken pipe; output is dropped")
			}
			if n := strings.Count(in.read("supervisord.log"), "/dev/stdout"); n > 1 {
				t.Errorf("it was said %d times:\n%s", n, in.read("supervisord.log"))
			}
			if in.pidOf("chatty") != pid || in.has("supervisord.log", "exited: ", 1) {
				t.Errorf("a program ended:\n%s", in.read("supervisord.log"))
			}
			in.stopDaemon()
		})
	}
}
