package httpd

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"reeve/rpc/transport"
)

// TestHandOverDrops: a handler that does not end in time costs its own connection only.
func TestHandOverDrops(t *testing.T) {
	log, entered, release := &logs{}, make(chan bool), make(chan bool)
	path := filepath.Join(socketDir(t), "s")
	s, err := Open([]Endpoint{unixEndpoint(path)}, Options{Log: log.add})
	if err != nil {
		t.Fatal(err)
	}
	mounts := transport.Mounts{{Prefix: "/stuck", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- true
		<-release
	})}}
	s.Serve(mounts)
	stuck, other := dial(t, s.Addrs()[0]), dial(t, s.Addrs()[0])
	other.send("GET /none HTTP/1.1\r\n\r\n")
	other.mustReply()
	stuck.send("GET /stuck HTTP/1.1\r\n\r\n")
	<-entered
	s.BeginHandOver()
	gone, cancel := context.WithCancel(t.Context())
	until(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.handed.Conns) == 1 }, func() string { return "the idle one is not parked" })
	cancel()
	h := s.FinishHandOver(gone)
	log.has(t, "a request from localhost:0 was dropped")
	stuck.wantEnd()
	next, err := Take([]Endpoint{unixEndpoint(path)}, Options{Log: log.add}, h)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	next.Serve(mounts)
	other.send("GET /none HTTP/1.1\r\n\r\n")
	if r := other.mustReply(); r.code() != "404" {
		t.Errorf("got %+v", r)
	}
	close(release)
	_ = s.Close()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestTakeOtherEndpoints: an endpoint that is new is opened, one that is gone is closed
// with its connections.
func TestTakeOtherEndpoints(t *testing.T) {
	dir := socketDir(t)
	a, b := unixEndpoint(filepath.Join(dir, "a")), unixEndpoint(filepath.Join(dir, "b"))
	b.Section = "unix_http_server:b"
	d := found(t, noLogs{}, a, b)
	defer func() { d.end() }()
	onA, onB := dial(t, d.server.Addrs()[0]), dial(t, d.server.Addrs()[1])
	onA.wantOpen()
	onB.wantOpen()
	tcp := Endpoint{Section: "inet_http_server", Host: "127.0.0.1"}
	d.endpoints = []Endpoint{tcp, b}
	d.handOver()
	onA.wantEnd()
	onB.wantOpen()
	dial(t, d.server.Addrs()[0]).wantOpen()
	if _, err := net.Dial("unix", a.Path); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("connecting to the endpoint that is gone: %v", err)
	}
}

// TestTakeFails: when a new endpoint can't be opened, what was handed over can be taken
// back.
func TestTakeFails(t *testing.T) {
	d := lonely(t)
	c := dial(t, d.server.Addrs()[0])
	c.wantOpen()
	d.server.BeginHandOver()
	h := d.server.FinishHandOver(t.Context())
	bad := Endpoint{Section: "inet_http_server", Host: "192.0.2.1", Port: 1}
	if _, err := Take([]Endpoint{d.endpoints[0], bad}, d.options(), h); err == nil {
		t.Fatal("an address that is not ours was opened")
	}
	s, err := Take(d.endpoints, d.options(), h)
	if err != nil {
		t.Fatal(err)
	}
	d.serve(s, d.calls.HandOver(), "")
	c.wantOpen()
}

// TestHandOverSocketFile: the last of a line removes the socket file that the first made,
// and no other.
func TestHandOverSocketFile(t *testing.T) {
	for name, replaced := range map[string]bool{"ours": false, "replaced": true} {
		t.Run(name, func(t *testing.T) {
			d := found(t, noLogs{}, unixEndpoint(filepath.Join(socketDir(t), "s")))
			d.handOver()
			path := d.endpoints[0].Path
			if replaced {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				add(t, path, "another file")
			}
			d.handOver()
			d.end()
			if _, err := os.Stat(path); (err == nil) != replaced {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}
