package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/disk"
)

func tcp(address string) health.Target { return health.Target{Kind: health.TCP, Address: address} }

func unixSocket(path string) health.Target { return health.Target{Kind: health.Unix, Address: path} }

// listener listens on a free port.
func listener(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// full returns the address of a listener whose queue is full, so that connecting hangs.
func full(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 20 {
		conn, err := net.DialTimeout("tcp", address, 50*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this system queues any number of connections")
	return ""
}

func TestTCP(t *testing.T) {
	p := newPool(t, Options{})
	l := listener(t)
	wants(t, p, tcp(l.Addr().String()), patience, "ok")
	l.Close()
	wants(t, p, tcp(l.Addr().String()), patience, "failure: connection refused")
	wants(t, p, tcp(full(t)), 50*time.Millisecond, "failure: no answer within 50ms")
	_, port, _ := net.SplitHostPort(l.Addr().String())
	wants(t, p, tcp("localhost:"+port), patience, "failure: connection refused")
}

// TestSelf: a connection that has met itself is no answer of the program.
func TestSelf(t *testing.T) {
	l := listener(t)
	address := l.Addr().(*net.TCPAddr)
	conn, err := net.Dial("tcp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	if meetsItself(conn) {
		t.Error("a connection to a listener")
	}
	conn.Close()
	l.Close()
	own := net.Dialer{LocalAddr: address}
	conn, err = own.Dial("tcp", address.String())
	if err != nil {
		t.Skipf("this system connects no socket to itself: %v", err)
	}
	defer conn.Close()
	if !meetsItself(conn) {
		t.Errorf("%v to %v", conn.LocalAddr(), conn.RemoteAddr())
	}
}

func TestUnix(t *testing.T) {
	p := newPool(t, Options{})
	dir, err := os.MkdirTemp("", "probe") // short enough for a socket everywhere
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "stream")
	wants(t, p, unixSocket(path), patience, "failure: no such file or directory")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	wants(t, p, unixSocket(path), patience, "ok")
	l.Close()
	wants(t, p, unixSocket(path), patience, "failure: connection refused") // left behind
	datagrams := filepath.Join(dir, "datagrams")
	conn, err := net.ListenPacket("unixgram", datagrams)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	wants(t, p, unixSocket(datagrams), patience, "ok")
}

// TestVerdict: what the daemon lacks does not count against a program.
func TestVerdict(t *testing.T) {
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	j := &job{Probe: check.Probe{Timeout: 5 * time.Second}}
	op := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, c := range []struct {
		ctx  context.Context
		err  error
		want string
	}{
		{t.Context(), nil, "ok"},
		{t.Context(), op(syscall.ECONNREFUSED), "failure: connection refused"},
		{t.Context(), op(syscall.EMFILE), "inconclusive: too many open files"},
		{late, op(syscall.ENFILE), "inconclusive: too many open files in system"},
		{t.Context(), op(syscall.EADDRNOTAVAIL), "inconclusive: cannot assign requested address"},
		{t.Context(), fmt.Errorf("cannot use /mnt/x: %w", disk.ErrBusy), "inconclusive: cannot use /mnt/x: too much waits for its file system"},
		{late, errors.New("any"), "failure: no answer within 5s"},
		{t.Context(), &net.DNSError{Name: "db", IsNotFound: true}, "failure: there is no host db"},
		{late, &net.DNSError{Name: "db", IsTimeout: true}, "inconclusive: cannot look up db"},
		{t.Context(), errors.New("a\x1b[31mb\xff"), "failure: a [31mb?"},
	} {
		outcome, detail := verdict(c.ctx, j, c.err)
		if got := shown(check.Result{Outcome: outcome, Detail: detail}); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}

func TestFile(t *testing.T) {
	p := newPool(t, Options{})
	path := filepath.Join(t.TempDir(), "ready")
	file := health.Target{Kind: health.File, Address: path}
	began := time.Now()
	looks := func(since time.Time) string {
		number++
		id := check.ID{Run: number, Number: 1}
		p.Ask(check.Probe{ID: id, Target: file, Timeout: patience, Since: since})
		return shown(result(t, p, id))
	}
	if got := looks(began); got != "failure: no such file or directory" {
		t.Error(got)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := looks(began); got != "ok" {
		t.Errorf("a new file: %s", got)
	}
	if got := looks(began.Add(time.Hour)); got[:len("failure: it is from before the start (")] != "failure: it is from before the start (" {
		t.Errorf("one that was left behind: %s", got)
	}
	// What was there counts again when it was touched: the kernel dates that, whatever
	// time it is set to.
	if err := os.Chtimes(path, began.Add(-time.Hour), began.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := looks(began); got != "ok" {
		t.Errorf("one that was touched: %s", got)
	}
}
