package notify

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/internal/check"
)

// The programs here are Debian's, with their own implementations of the protocol. Where
// one is not installed its test is skipped.

// partner is a program that notifies.
type partner struct {
	*exec.Cmd
	s *Server
}

// program finds a program, in the directories of root's PATH too.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/bin") {
			found, err := filepath.Glob(filepath.Join(dir, name))
			if err == nil && len(found) > 0 {
				return found[0]
			}
		}
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

// startPartner starts a program as the only one that notifies. At the end of the test it
// is stopped.
func startPartner(t *testing.T, dir, file string, args ...string) *partner {
	t.Helper()
	s, r := newServer(t, Options{})
	c := exec.Command(file, args...)
	c.Dir, c.Env = dir, append(Inherited(os.Environ()), Variables(s.Address(), 0)...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	s.Add(1, c.Process.Pid, "partner")
	p := &partner{c, s}
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			text, _ := os.ReadFile(out.Name())
			t.Logf("it printed:\n%s\nand the log has %q", text, r.all())
		}
	})
	return p
}

func (p *partner) stop(t *testing.T) {
	if p.ProcessState != nil {
		return
	}
	_ = p.Process.Signal(syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		_ = p.Wait()
		close(ended)
	}()
	for late := time.After(patience); ; {
		select {
		case <-p.s.Messages():
			continue
		case <-ended:
		case <-late:
			t.Error("it does not stop")
			_ = syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		return
	}
}

// says waits for a message with something, and returns it.
func (p *partner) says(t *testing.T, what string, is func(check.Notice) bool) Message {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case m := <-p.s.Messages():
			if is(m.Notice) {
				if m.Run != 1 {
					t.Errorf("%s of run %d", what, m.Run)
				}
				return m
			}
		case <-late:
			t.Fatalf("no %s", what)
		}
	}
}

func isReady(n check.Notice) bool     { return n.Ready }
func isStopping(n check.Notice) bool  { return n.Stopping }
func isReloading(n check.Notice) bool { return n.Reloading }

// partnerDir is a directory that every user may search.
func partnerDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestRedis(t *testing.T) {
	file, dir := program(t, "redis-server"), partnerDir(t)
	p := startPartner(t, dir, file, "--supervised", "systemd", "--port", "0", "--unixsocket", dir+"/socket", "--save", "", "--dir", dir)
	p.says(t, "READY=1", isReady)
	if _, err := os.Stat(dir + "/socket"); err != nil {
		t.Errorf("READY=1 before it listens: %v", err)
	}
	p.Process.Signal(syscall.SIGTERM)
	p.says(t, "STOPPING=1", isStopping)
}

func TestHaproxy(t *testing.T) {
	file, dir := program(t, "haproxy"), partnerDir(t)
	config := "defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nfrontend f\n bind unix@" + dir + "/socket\n"
	if err := os.WriteFile(dir+"/haproxy.cfg", []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startPartner(t, dir, file, "-Ws", "-f", dir+"/haproxy.cfg", "-p", dir+"/pid")
	m := p.says(t, "READY=1", isReady)
	if m.Pid != p.Process.Pid {
		t.Errorf("from %d, the master is %d", m.Pid, p.Process.Pid)
	}
	p.Process.Signal(syscall.SIGUSR2)
	p.says(t, "RELOADING=1", isReloading)
	p.says(t, "READY=1 after that", isReady)
}

func TestPHP(t *testing.T) {
	file, dir := program(t, "php-fpm", "php-fpm[0-9]*"), partnerDir(t)
	config := "[global]\nerror_log = " + dir + "/log\nsystemd_interval = 1\n[www]\nlisten = " + dir + "/socket\npm = static\npm.max_children = 1\n"
	args := []string{"--nodaemonize", "--fpm-config", dir + "/fpm.conf"}
	if os.Getuid() == 0 {
		config += "user = nobody\ngroup = nogroup\n"
	}
	if err := os.WriteFile(dir+"/fpm.conf", []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startPartner(t, dir, file, args...)
	// It sends its pid when it is ready, at first and after a reload, which it does not
	// announce; and READY=1 with every status.
	isMain := func(n check.Notice) bool { return n.Ready && n.MainPid == p.Process.Pid }
	p.says(t, "READY=1 and MAINPID", isMain)
	p.says(t, "STATUS", func(n check.Notice) bool { return n.Status != nil && strings.Contains(*n.Status, "Processes active") })
	p.Process.Signal(syscall.SIGUSR2)
	p.says(t, "READY=1 and MAINPID after a reload", isMain)
}

// TestPostgres: started through runuser, it is not the child, and leads its own session.
func TestPostgres(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("runuser needs root")
	}
	runuser := program(t, "runuser")
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	u, err := user.Lookup("postgres")
	if len(found) == 0 || err != nil {
		t.Skip("postgresql is not installed")
	}
	bin, dir := found[len(found)-1], partnerDir(t)
	uid, _ := strconv.Atoi(u.Uid)
	if err := os.Chown(dir, uid, -1); err != nil {
		t.Fatal(err)
	}
	as := func(command string) []string { return []string{"postgres", "-s", "/bin/sh", "-c", command} }
	init := exec.Command(runuser, as(fmt.Sprintf("%s/initdb -D %s/data -A trust --no-sync", bin, dir))...)
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p := startPartner(t, dir, runuser, as(fmt.Sprintf("exec %s/postgres -D %s/data -k %s -c listen_addresses= -c fsync=off", bin, dir, dir))...)
	m := p.says(t, "READY=1", isReady)
	if m.Pid == p.Process.Pid {
		t.Errorf("it sends from the child, pid %d, itself", m.Pid)
	}
	p.Process.Signal(syscall.SIGTERM)
	p.says(t, "STOPPING=1", isStopping)
}

// TestSystemdNotify: from a script, by a process that has ended as soon as its barrier is
// passed.
func TestSystemdNotify(t *testing.T) {
	file := program(t, "systemd-notify")
	p := startPartner(t, partnerDir(t), "/bin/sh", "-c", file+" --ready --status='up and running' && "+file+" WATCHDOG=1 && exec sleep 1000")
	m := p.says(t, "READY=1", isReady)
	if m.Notice.Status == nil || *m.Notice.Status != "up and running" {
		t.Errorf("%+v", m)
	}
	p.says(t, "WATCHDOG=1", func(n check.Notice) bool { return n.Alive })
}
