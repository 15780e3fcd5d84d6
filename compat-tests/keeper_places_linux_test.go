package compat

import (
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// As PID 1 of a container it is the keeper that orphans are left to, and that ends the
// container.
func TestKeeperIsFirstProcess(t *testing.T) {
	in := kept(t, survives+"[program:web]\ncommand=/bin/sh -c \"(true &); (true &); exec cat\"\nstartsecs=0\n")
	in.mustStartFirst()
	in.await("the pidfile of PID 1", func() bool { return in.read("supervisord.pid") == "1\n" })
	in.pidOf("web")
	for range 3 {
		before := in.runs()
		in.killDaemon()
		in.wantRuns(before)
	}
	var zombies []string
	if !in.poll(func() bool {
		zombies = nil
		for _, pid := range family(in.cmd.Process.Pid) {
			if stat := statOf(pid); strings.Contains(stat, ") Z ") {
				zombies = append(zombies, stat)
			}
		}
		return len(zombies) == 0
	}) {
		t.Errorf("zombies stay: %q", zombies)
	}
	in.served()
	in.stopDaemon()
}

// An ordinary user has a keeper as root has.
func TestKeeperOfOrdinaryUser(t *testing.T) {
	in := kept(t, survives+twoPrograms)
	nobody := in.giveAway()
	cmd := in.command(ours.daemon, "-n", "-c", in.path("supervisord.conf"))
	if nobody != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
	}
	in.must(cmd.Start())
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	in.cmd, in.exited, in.pids = cmd, exited, append(in.pids, cmd.Process.Pid)
	in.pidOf("web")
	in.pidOf("worker")
	before := in.runs()
	for range 2 {
		in.killDaemon()
		in.wantRuns(before)
	}
	in.served()
	in.stopDaemon()
}

// giveAway gives the instance's directory to another user, if we may; nil: we are one.
func (in *instance) giveAway() *syscall.Credential {
	in.t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		in.t.Skip("no user nobody here: ", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	for _, name := range []string{"", "logs", "tmp"} {
		in.must(os.Chown(in.path(name), uid, gid))
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// The daemon switches its user, the keeper stays root.
func TestKeeperOfDaemonWithUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can switch the user")
	}
	in := kept(t, "user=nobody\n"+survives+twoPrograms)
	nobody := in.giveAway()
	in.mustStart()
	in.pidOf("web")
	in.pidOf("worker")
	before := in.runs()
	for range 2 {
		in.killDaemon()
		in.wantRuns(before)
		var st syscall.Stat_t
		in.must(syscall.Stat("/proc/"+strconv.Itoa(in.daemon()), &st))
		if st.Uid != nobody.Uid {
			t.Errorf("the daemon runs as %d", st.Uid)
		}
	}
	in.served()
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
}

// In the background the keeper is what stays.
func TestKeeperInBackground(t *testing.T) {
	in := kept(t, survives+twoPrograms)
	out, err := in.command(ours.daemon, "-c", in.path("supervisord.conf")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	keeper := in.pidfile()
	in.await("a daemon", func() bool { return daemonOf(keeper) != 0 })
	web := in.pidOf("web")
	for range 2 {
		old := daemonOf(keeper)
		in.must(syscall.Kill(old, syscall.SIGKILL))
		in.await("another daemon", func() bool {
			pid := daemonOf(keeper)
			_, err := in.call("supervisor.getState")
			return pid != 0 && pid != old && err == nil
		})
		if now := in.pidOf("web"); now != web {
			t.Errorf("the pid was %d and is %d", web, now)
		}
	}
	for _, pid := range []int{keeper, daemonOf(keeper)} {
		for fd := range 3 {
			if to, _ := os.Readlink("/proc/" + strconv.Itoa(pid) + "/fd/" + strconv.Itoa(fd)); to != os.DevNull {
				t.Errorf("descriptor %d of process %d is %s", fd, pid, to)
			}
		}
	}
	in.must(syscall.Kill(keeper, syscall.SIGTERM))
	in.await("the end", func() bool { return !in.has0("/proc/*/environ", "HOME="+in.dir+"\x00") })
	for _, name := range []string{"supervisord.pid", "s.sock"} {
		if fileExists(in.path(name)) {
			t.Errorf("%s is left", name)
		}
	}
}

// A log on /dev/stdout goes on there.
func TestKeeperLogsToStdout(t *testing.T) {
	in := kept(t, "survive_crash=true\n[program:web]\ncommand=/bin/cat\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstartsecs=0\n")
	text := strings.Replace(in.read("supervisord.conf"), "logfile="+in.path("supervisord.log"), "logfile=/dev/stdout\nlogfile_maxbytes=0", 1)
	in.must(in.write("supervisord.conf", text))
	in.mustStart()
	in.pidOf("web")
	for i := range 3 {
		in.killDaemon()
		if _, err := in.call("supervisor.sendProcessStdin", "web", "line "+strconv.Itoa(i)+"\n"); err != nil {
			t.Fatal(err)
		}
		in.await("its output", func() bool { return in.has("daemon.out", "\nline "+strconv.Itoa(i)+"\n", 1) })
	}
	// With -n each line is there twice.
	out := in.read("daemon.out")
	if n, each := strings.Count(out, "another one goes on"), strings.Count(out, "supervisord started with pid"); n != 3*each {
		t.Errorf("%d deaths were said, each of 3 %d times", n, each)
	}
	in.stopDaemon()
}
