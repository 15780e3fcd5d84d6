package httpd

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// shortListener fails for lack of descriptors for a while.
type shortListener struct {
	net.Listener
	lack int
}

func (l *shortListener) Accept() (net.Conn, error) {
	if l.lack > 0 {
		l.lack--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// TestLackOfDescriptors: a lack of descriptors is logged once, and once it is over
// connections are served again.
func TestLackOfDescriptors(t *testing.T) {
	log := &logs{}
	s, err := Open([]Endpoint{unixEndpoint(filepath.Join(socketDir(t), "s"))}, Options{Log: log.add})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.endpoints[0].listener = &shortListener{s.endpoints[0].listener, 4}
	s.Serve(Handlers{RPC: infoRPC{}}.mounts(t, Options{}))
	dial(t, s.Addrs()[0]).wantOpen()
	if n := strings.Count(log.String(), "cannot accept a connection to unix_http_server"); n != 1 {
		t.Errorf("said %d times in:\n%s", n, log)
	}
}

// TestBeforeServe: a client that connects between Open and Serve waits and is then
// answered.
func TestBeforeServe(t *testing.T) {
	s, err := Open([]Endpoint{unixEndpoint(filepath.Join(socketDir(t), "s"))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := dial(t, s.Addrs()[0])
	c.send("GET /ok.html HTTP/1.1\r\n\r\n")
	s.Serve(Handlers{RPC: infoRPC{}}.mounts(t, Options{}))
	c.mustReply()
}
