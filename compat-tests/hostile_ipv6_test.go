package compat

import (
	"net"
	"strings"
	"syscall"
	"testing"
)

// TestHostileIPv6 has a server on ::1: the daemon opens it, its children get its URL, and
// supervisorctl connects to it.
func TestHostileIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 loopback here: ", err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	url := "http://[::1]:" + port
	in := hostile(t, "[program:teller]\ncommand=/bin/sh -c 'echo $SUPERVISOR_SERVER_URL'\nstartsecs=0\nautorestart=false\nstdout_logfile={{.Dir}}/url\n")
	text := in.read("supervisord.conf")
	text = strings.Replace(text, "[unix_http_server]\nfile="+in.path("s.sock"), "[inet_http_server]\nport=[::1]:"+port, 1)
	if err := in.write("supervisord.conf", text); err != nil {
		t.Fatal(err)
	}
	cmd := in.command(ours.daemon, "-n", "-s", "-c", in.path("supervisord.conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.cmd, in.exited = cmd, make(chan struct{})
	go func() { _ = cmd.Wait(); close(in.exited) }()
	var out []byte
	in.await("an answer to "+url, func() bool {
		out, _ = in.command(ours.ctl, "-s", url, "status", "other").Output()
		return strings.HasPrefix(string(out), "other ")
	})
	in.await("the child's word", func() bool { return in.has("url", "\n", 1) })
	if got := in.read("url"); got != url+"\n" {
		t.Errorf("the child was told %q, want %q", got, url)
	}
	if out, err := in.command(ours.ctl, "-s", url, "tail", "-f", "nosuch").CombinedOutput(); err != nil || !strings.Contains(string(out), url+"/logtail/nosuch/stdout Cannot read, status code 404") {
		t.Errorf("a stream: %v %q", err, out)
	}
	for _, wrong := range []string{"http://::1:" + port} {
		out, _ := in.command(ours.ctl, "-s", wrong, "pid").CombinedOutput()
		if !strings.Contains(string(out), "is not a URL") && !strings.Contains(string(out), "in brackets") {
			t.Errorf("%s: %q", wrong, out)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-in.exited
}
