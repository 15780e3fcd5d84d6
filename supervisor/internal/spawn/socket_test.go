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
	l, err := first.listener()
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

// listener returns a net.Listener of a duplicate.
func (s *Socket) listener() (net.Listener, error) {
	fd, err := syscall.Dup(s.fd)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	return net.FileListener(f)
}

// Listeners of IPv6, and two at one address if both say so.
func TestListenAddresses(t *testing.T) {
	six, err := OpenSocket(SocketSpec{Network: "tcp", Address: "[::1]:0"})
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	defer six.Close()
	first, err := OpenSocket(SocketSpec{Network: "tcp", Address: ":0", ReusePort: true})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	l, err := first.listener()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	second, err := OpenSocket(SocketSpec{Network: "tcp", Address: l.Addr().String(), ReusePort: true})
	if err != nil {
		_, port, _ := net.SplitHostPort(l.Addr().String())
		second, err = OpenSocket(SocketSpec{Network: "tcp", Address: ":" + port, ReusePort: true})
	}
	if err != nil {
		t.Fatalf("a second socket at %v: %v", l.Addr(), err)
	}
	second.Close()
}

// A file that is no socket stays, and an open socket gets another mode without a gap.
func TestCarefulSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	spec := SocketSpec{Network: "unix", Address: path, Mode: 0o640, Careful: true}
	if s, err := OpenSocket(spec); err == nil {
		s.Close()
		t.Fatal("a file was replaced")
	}
	if text, _ := os.ReadFile(path); string(text) != "precious" {
		t.Errorf("the file is now %q", text)
	}
	spec.Address += "ocket"
	for range 2 { // the second time one is there
		s, err := OpenSocket(spec)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		other := spec
		other.Mode, other.Backlog = 0o600, 7
		if err := s.Adjust(other); err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(spec.Address); err != nil || st.Mode() != os.ModeSocket|0o600 {
			t.Errorf("%v, %v", st.Mode(), err)
		}
		c, err := net.Dial("unix", spec.Address)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
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
