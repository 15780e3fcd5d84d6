package spawn

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func Test167UnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	spec := SocketSpec{Network: "unix", Address: path, Mode: 0o640, Owner: &SocketOwner{os.Getuid(), -1}}
	if os.Getuid() == 0 {
		spec.Owner = &SocketOwner{65534, 1}
	}
	s, err := OpenSocket(spec)
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode() != os.ModeSocket|0o640 || int(st.Sys().(*syscall.Stat_t).Uid) != spec.Owner.UID {
		t.Errorf("mode %v, owner %d", st.Mode(), st.Sys().(*syscall.Stat_t).Uid)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.Close()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the path is gone with the socket: %v", err)
	}
	if s, err = OpenSocket(spec); err != nil {
		t.Fatalf("once more: %v", err)
	}
	s.Close()
}

func Test167TCPSocket(t *testing.T) {
	first, err := OpenSocket(SocketSpec{Network: "tcp", Address: "localhost:0"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(first)
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	defer l.Close()
	defer first.Close()
	if !strings.HasPrefix(addr, "127.") {
		t.Errorf("listens on %s", addr)
	}
	if s, err := OpenSocket(SocketSpec{Network: "tcp", Address: addr}); err == nil {
		s.Close()
		t.Error("a used address was given out again")
	}
}

func TestOpenSocketLeavesNothing(t *testing.T) {
	before := fdCount(t)
	for _, s := range []SocketSpec{
		{Network: "unix", Address: "/nonexistent/s"},
		{Network: "unix", Address: t.TempDir()},
		{Network: "tcp", Address: "nowhere"},
	} {
		if f, err := OpenSocket(s); err == nil {
			f.Close()
			t.Errorf("%+v could be opened", s)
		}
	}
	if after := fdCount(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// A FastCGI child has the socket as descriptor 0 and no stdin pipe.
func TestSocketIsDescriptor0(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, err := OpenSocket(SocketSpec{Network: "unix", Address: path, Mode: 0o700})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		out, _, _ := run(t, k, &Spec{Argv: []string{"/bin/ls", "-l", "/proc/self/fd/0"}, Socket: s, Umask: -1})
		if !strings.Contains(out, "-> socket:[") {
			t.Errorf("descriptor 0: %q", out)
		}
	})
}
