package compat

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
)

// TestParentLeavesLast checks that the pidfile exists once the parent of a daemon has
// ended.
func TestParentLeavesLast(t *testing.T) {
	in := hostile(t, "")
	if ended, err := in.finish(in.command(ours.daemon, "-c", in.path("supervisord.conf"))); err != nil || ended != "exit 0" {
		t.Fatal(ended, err)
	}
	pid := in.pidfile()
	if pid <= 0 {
		t.Fatalf("the pidfile has %q", in.read("supervisord.pid"))
	}
	in.served()
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	in.await("the end of the daemon", func() bool { return in.pidfile() <= 0 })
}

// TestRestartWithOpenRequests checks that a client that follows a log does not keep a
// restart from opening the sockets again; upstream before 4.3 may fail with "already
// listening" (fact 10A.6, a restart during an open request).
func TestRestartWithOpenRequests(t *testing.T) {
	t.Attr("checklist", "10A.6")
	in := hostile(t, "[inet_http_server]\nport=127.0.0.1:{{.Port}}\n")
	in.mustStart()
	for _, at := range [][2]string{{"unix", in.path("s.sock")}, {"tcp", fmt.Sprintf("127.0.0.1:%d", in.port)}} {
		conn, err := net.Dial(at[0], at[1])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("GET /mainlogtail HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if status, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(status, " 200 ") {
			t.Fatalf("%s: %q, %v", at, status, err)
		}
	}
	if err := in.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	in.await("the second start", func() bool { return strings.Count(in.read("supervisord.log"), "started with pid") == 2 })
	in.served()
	if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", in.port)); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
	in.stopDaemon()
}
