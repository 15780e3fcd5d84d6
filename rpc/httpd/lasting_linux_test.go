package httpd

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// eventually waits until done returns true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what, "did not come about")
		}
	}
}

// TestRemovedSocket: a socket file that is removed is made again, also by the successor of
// a Server that was handed over, and the one that was made again is ours: it is known as
// such by a successor, and removed in the end.
func TestRemovedSocket(t *testing.T) {
	path := filepath.Join(socketDir(t), "s")
	log := &logs{}
	all := []Endpoint{unixEndpoint(path)}
	var remade atomic.Int32
	opt := Options{Log: log.add, Remade: func() { remade.Add(1) }}
	s, err := Open(all, opt)
	if err != nil {
		t.Fatal(err)
	}
	handOver := func(first bool) {
		if !first {
			s.BeginHandOver()
			h := s.FinishHandOver(t.Context())
			if s, err = Take(all, opt, h); err != nil {
				t.Fatal(err)
			}
		}
		s.Serve(Handlers{RPC: infoRPC{}}.mounts(t, Options{}))
	}
	there := func() bool {
		nc, err := net.Dial("unix", path)
		if err == nil {
			nc.Close()
		}
		return err == nil
	}
	handOver(true)
	for range 3 {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		handOver(false) // without a file
		eventually(t, "the socket", there)
		handOver(false) // with one that was made again
	}
	dial(t, s.Addrs()[0]).wantOpen()
	if n := remade.Load(); n == 0 {
		t.Error("nobody was told that the socket was made again")
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end the socket is there: %v", err)
	}
	if strings.Contains(log.String(), "something else") || !strings.Contains(log.String(), "was removed and is made again") {
		t.Errorf("the log:\n%s", log)
	}
}
