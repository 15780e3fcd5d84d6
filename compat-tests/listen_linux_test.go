package compat

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Sockets that supervisord holds for programs (listen=, docs/sockets.md).

// visit connects to an address as listen= has it, and returns what the server says.
func visit(address string) (string, error) {
	network, at, _ := strings.Cut(address, ":")
	c, err := net.DialTimeout(network, at, patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	text, err := io.ReadAll(c)
	if err == nil && len(text) == 0 {
		err = errors.New("the server said nothing")
	}
	return strings.TrimSuffix(string(text), "\n"), err
}

// crowd is clients that come again and again.
type crowd struct {
	served  atomic.Int64
	mu      sync.Mutex
	failed  []error
	servers map[string]bool
	stop    chan struct{}
	busy    sync.WaitGroup
}

func comeAgain(addresses ...string) *crowd {
	c := &crowd{stop: make(chan struct{}), servers: map[string]bool{}}
	for _, address := range addresses {
		c.busy.Go(func() {
			for {
				select {
				case <-c.stop:
					return
				default:
				}
				who, err := visit(address)
				c.mu.Lock()
				if c.servers[who] = true; err != nil {
					c.failed = append(c.failed, fmt.Errorf("%s: %w", address, err))
				}
				c.mu.Unlock()
				c.served.Add(1)
			}
		})
	}
	return c
}

// more waits for some more visits.
func (c *crowd) more(in *instance) {
	in.t.Helper()
	want := c.served.Load() + 10
	in.await("visits", func() bool { return c.served.Load() >= want })
}

// leave ends the visits; all must have been served.
func (c *crowd) leave(in *instance, atLeast int) {
	in.t.Helper()
	close(c.stop)
	c.busy.Wait()
	if len(c.failed) > 0 {
		in.t.Errorf("%d of %d visits failed, the first one: %v", len(c.failed), c.served.Load(), c.failed[0])
	}
	if len(c.servers) < atLeast {
		in.t.Errorf("served by %v, not by %d", c.servers, atLeast)
	}
}

func (in *instance) waitsForConnection(name string) {
	in.t.Helper()
	in.await(name+" waits for a connection", func() bool {
		v, err := in.call("reeve.getProcess", name)
		return err == nil && v.member("waiting_for").text == "a connection"
	})
}

func (in *instance) description(name string) string {
	in.t.Helper()
	v, err := in.call("supervisor.getProcessInfo", name)
	in.must(err)
	return v.member("statename").text + " " + v.member("description").text
}

const listens = `[program:web]
command={{.Child}} accept web
listen=tcp:127.0.0.1:{{.Port}},admin=unix:{{.Dir}}/web.sock
listen_mode=0660
listen_backlog=4096
startsecs=0
[program:lazy]
command={{.Child}} accept lazy
listen=unix:{{.Dir}}/lazy.sock
start_on_connect=true
startsecs=0
`

// TestListenRestarts: nobody is refused while a program is restarted and the daemon is
// upgraded, and nobody's connection is lost.
func TestListenRestarts(t *testing.T) {
	in := hostile(t, listens)
	in.mustStart()
	in.pidOf("web")
	tcp, unix := in.expand.Replace("tcp:127.0.0.1:{{.Port}}"), in.expand.Replace("unix:{{.Dir}}/web.sock")
	if st, err := os.Stat(in.path("web.sock")); err != nil || st.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	c := comeAgain(tcp, unix)
	const restarts = 5
	for i := range restarts {
		c.more(in)
		_, err := in.call("supervisor.stopProcess", "web")
		in.must(err)
		if i == 2 {
			_, err := in.upgrade("")
			in.must(err)
		}
		_, err = in.call("supervisor.startProcess", "web")
		in.must(err)
	}
	c.more(in)
	c.leave(in, 2*(restarts+1))
	for who := range c.servers {
		if name, _, _ := strings.Cut(who, " "); name != "web" && name != "admin" {
			t.Errorf("%q is not the name of a socket", who)
		}
	}
	in.stopDaemon()
	if _, err := visit(tcp); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the end of the daemon: %v", err)
	}
}

// TestListenWaits: a connection starts what waits for one, over upgrades and sudden deaths
// of the daemon; a stop by hand ends that.
func TestListenWaits(t *testing.T) {
	in := kept(t, survives+listens)
	in.mustStart()
	address := in.expand.Replace("unix:{{.Dir}}/lazy.sock")
	ended := func() {
		t.Helper()
		in.must(syscall.Kill(in.pidOf("lazy"), syscall.SIGTERM))
		in.waitsForConnection("lazy")
	}
	served := func() {
		t.Helper()
		if who, err := visit(address); err != nil || !strings.HasPrefix(who, "lazy ") {
			t.Errorf("%q, %v", who, err)
		}
	}
	in.waitsForConnection("lazy")
	if got := in.description("lazy"); got != "STOPPED waiting for a connection" {
		t.Error(got)
	}
	served()
	v, err := in.call("reeve.getProcess", "lazy")
	in.must(err)
	if why := v.member("reason").text; why != "connection" {
		t.Errorf("it was started for the reason %q", why)
	}
	for _, replace := range []func(){
		func() { _, err := in.upgrade(""); in.must(err) },
		func() { settled(); in.killDaemon() },
	} {
		before := in.runs()
		replace() // while it runs
		in.wantRuns(before)
		served()
		ended()
		replace() // while it waits
		in.waitsForConnection("lazy")
		served()
		pid := in.pidOf("lazy")
		in.stop("lazy")
		late := make(chan error, 1)
		go func() { _, err := visit(address); late <- err }()
		replace() // while it neither runs nor waits, and a client does
		if got := in.description("lazy"); !strings.HasPrefix(got, "STOPPED ") || strings.Contains(got, "waiting") {
			t.Error(got)
		}
		_, err := in.call("supervisor.startProcess", "lazy")
		in.must(err)
		if err := <-late; err != nil {
			t.Errorf("who connected while it was stopped by hand: %v", err)
		}
		if in.pidOf("lazy") == pid {
			t.Error("it has the same pid")
		}
		ended()
		served()
	}
	in.stopDaemon()
}

// TestListenIdle: a program without connections is stopped, one with some is not, and no
// client notices.
func TestListenIdle(t *testing.T) {
	in := hostile(t, `[program:busy]
command={{.Child}} accept busy
listen=unix:{{.Dir}}/busy.sock
start_on_connect=true
idle_timeout=400ms
startsecs=0
[program:held]
command=/bin/sleep 1000
listen=tcp:127.0.0.1:{{.Port}}
start_on_connect=true
idle_timeout=400ms
startsecs=0
`)
	in.mustStart()
	held, err := net.Dial("tcp", in.expand.Replace("127.0.0.1:{{.Port}}"))
	in.must(err)
	pid := in.pidOf("held")
	address := in.expand.Replace("unix:{{.Dir}}/busy.sock")
	servers := map[string]bool{}
	for range 3 {
		who, err := visit(address)
		in.must(err)
		servers[who] = true
		in.waitsForConnection("busy")
	}
	if len(servers) != 3 {
		t.Errorf("served by %v", servers)
	}
	c := comeAgain(address) // while it is stopped again and again, or not
	for range 3 {
		c.more(in)
	}
	c.leave(in, 1)
	in.waitsForConnection("busy")
	if in.pidOf("held") != pid {
		t.Error("a program with a connection was stopped")
	}
	in.must(held.Close())
	in.stop("held") // the connection was never accepted, so it stays
	in.stopDaemon()
}

// TestListenUpdate: an update closes what has left, opens what is new, and refuses nobody
// at what stays.
func TestListenUpdate(t *testing.T) {
	in := hostile(t, listens)
	in.mustStart()
	in.pidOf("web")
	tcp, old, fresh := in.expand.Replace("tcp:127.0.0.1:{{.Port}}"), "unix:"+in.path("web.sock"), "unix:"+in.path("new.sock")
	change := func(from, to, shown string) {
		t.Helper()
		in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), from, to, 1)))
		out, err := in.command(ours.ctl, "-c", in.path("supervisord.conf"), "update", "--by-process").CombinedOutput()
		if err != nil || !strings.Contains(string(out), shown) {
			t.Fatalf("%v: %s", err, out)
		}
	}
	c := comeAgain(tcp)
	c.more(in)
	change("admin="+old, fresh, "web: restart (listen)\n")
	if _, err := visit(fresh); err != nil {
		t.Error(err)
	}
	if _, err := visit(old); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("where nobody listens any more: %v", err)
	}
	c.more(in)
	pid := in.pidOf("web")
	change("listen_mode=0660", "listen_mode=0600", "web: live\n")
	in.await("the mode", func() bool {
		st, err := os.Stat(in.path("new.sock"))
		return err == nil && st.Mode().Perm() == 0o600
	})
	if in.pidOf("web") != pid {
		t.Error("another mode has started it again")
	}
	c.more(in)
	c.leave(in, 2)
	change("start_on_connect=true", "start_on_connect=false", "lazy: start (start_on_connect)\n")
	in.pidOf("lazy")
	in.stopDaemon()
}

// TestListenReload: who connects while supervisord is restarted by reload waits until the
// program is back, and sockets that the file no longer has are closed.
func TestListenReload(t *testing.T) {
	in := kept(t, survives+listens)
	in.mustStart()
	in.pidOf("web")
	tcp, old := in.expand.Replace("tcp:127.0.0.1:{{.Port}}"), "unix:"+in.path("web.sock")
	in.must(in.write("supervisord.conf", strings.NewReplacer(",admin="+old, "", "listen_mode=0660\n", "").Replace(in.read("supervisord.conf"))))
	c := comeAgain(tcp)
	for range 2 {
		c.more(in)
		pid := in.pidOf("web")
		_, err := in.call("supervisor.restart")
		in.must(err)
		in.awaitAnother("web", pid)
	}
	c.more(in)
	c.leave(in, 3)
	in.await("nobody listens where the file has no socket any more", func() bool {
		_, err := visit(old)
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	in.waitsForConnection("lazy")
	if _, err := visit("unix:" + in.path("lazy.sock")); err != nil {
		t.Error(err)
	}
	in.stopDaemon()
}

// TestListenRolls: nobody is refused while processes that share a socket are restarted one
// after the other, with an extra one meanwhile.
func TestListenRolls(t *testing.T) {
	in := hostile(t, `[program:web]
command={{.Child}} accept web
process_name=%(program_name)s_%(process_num)d
numprocs=3
listen=unix:{{.Dir}}/web.sock
startsecs=0
`)
	in.mustStart()
	for i := range 3 {
		in.pidOf(fmt.Sprint("web:web_", i))
	}
	c := comeAgain("unix:"+in.path("web.sock"), "unix:"+in.path("web.sock"))
	c.more(in)
	for _, args := range [][]string{{"restart", "--rolling", "web:*"}, {"restart", "--rolling", "--surge", "1", "web:*"}} {
		out, err := in.command(ours.ctl, append([]string{"-c", in.path("supervisord.conf")}, args...)...).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v: %s", args, err, out)
		}
		c.more(in)
	}
	c.leave(in, 3)
	in.stopDaemon()
}

// TestListenLikeSystemd: a program finds the same as with systemd-socket-activate: in its
// environment and in what its descriptors are like.
func TestListenLikeSystemd(t *testing.T) {
	const look = `import fcntl, os, socket
print({k: v for k, v in os.environ.items() if k.startswith("LISTEN_") and k != "LISTEN_PID"} == {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"})
print(int(os.environ["LISTEN_PID"]) == os.getpid())
print(fcntl.fcntl(3, fcntl.F_GETFD), fcntl.fcntl(3, fcntl.F_GETFL) & os.O_NONBLOCK)
s = socket.fromfd(3, socket.AF_INET, socket.SOCK_STREAM)
print(s.getsockname()[0], s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR), flush=True)
c, _ = s.accept()
c.sendall(b"hello")
`
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here: ", err)
	}
	in := hostile(t, "[program:web]\ncommand="+python+" {{.Dir}}/look.py\nlisten=http=tcp:127.0.0.1:{{.Port}}\nstdout_logfile={{.Dir}}/found\nautorestart=false\nstartsecs=0\n")
	in.must(in.write("look.py", look))
	in.mustStart()
	in.pidOf("web")
	address := in.expand.Replace("tcp:127.0.0.1:{{.Port}}")
	if said, err := visit(address); said != "hello" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	in.awaitState("web", "EXITED")
	in.stopDaemon()
	const want = "True\nTrue\n0 0\n127.0.0.1 1 1\n"
	if got := in.read("found"); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	activate, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Skip("only compared with what systemd gave before: ", err)
	}
	port, err := freePort()
	in.must(err)
	systemd := in.command(activate, "-l", fmt.Sprint("127.0.0.1:", port), "--fdname=http", python, in.path("look.py"))
	var out strings.Builder
	systemd.Stdout = &out
	in.must(systemd.Start())
	in.await("a visit", func() bool { said, _ := visit(fmt.Sprint("tcp:127.0.0.1:", port)); return said == "hello" })
	in.must(systemd.Wait())
	if out.String() != want {
		t.Errorf("systemd's program found %q, ours %q", out.String(), want)
	}
}

// TestListenFastCGI: with listen_style=fcgi the socket is descriptor 0, as that of an
// fcgi-program is, but it stays open.
func TestListenFastCGI(t *testing.T) {
	in := hostile(t, "[program:php]\ncommand={{.Child}} serve php\nlisten=unix://{{.Dir}}/php.sock\nlisten_style=fcgi\nstartsecs=0\n")
	in.mustStart()
	in.pidOf("php")
	address := "unix:" + in.path("php.sock")
	c := comeAgain(address)
	c.more(in)
	in.stop("php")
	_, err := in.call("supervisor.startProcess", "php")
	in.must(err)
	c.more(in)
	close(c.stop)
	c.busy.Wait()
	for _, err := range c.failed { // it does not finish what it has accepted when it is stopped
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) {
			t.Error(err)
		}
	}
	in.stopDaemon()
}

// TestKeeperLetsSocketsGo: a keeper does not hold an address that the daemon has closed: it
// can be opened again, by the same program, after a reload, and by another daemon.
func TestKeeperLetsSocketsGo(t *testing.T) {
	in := kept(t, survives+`[fcgi-program:fast]
command={{.Child}} serve fast
socket=tcp://127.0.0.1:{{.Port}}
startsecs=0
[program:web]
command={{.Child}} accept web
listen=unix:{{.Dir}}/web.sock
startsecs=0
`)
	in.mustStart()
	tcp, unix := in.expand.Replace("tcp:127.0.0.1:{{.Port}}"), "unix:"+in.path("web.sock")
	for range 3 {
		in.pidOf("fast")
		if said, err := visit(tcp); said != "fast" {
			t.Errorf("%q, %v", said, err)
		}
		in.stop("fast")
		_, err := in.call("supervisor.startProcess", "fast")
		in.must(err)
	}
	if _, err := visit(unix); err != nil {
		t.Error(err)
	}
	for _, method := range []string{"supervisor.stopProcessGroup", "supervisor.removeProcessGroup"} {
		_, err := in.call(method, "web")
		in.must(err)
	}
	in.await("nobody listens where a removed program did", func() bool {
		_, err := visit(unix)
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	_, err := in.call("supervisor.restart")
	in.must(err)
	in.await("the programs after a reload", func() bool {
		said, _ := visit(tcp)
		who, _ := visit(unix)
		return said == "fast" && who != ""
	})
	in.stopDaemon()
}
