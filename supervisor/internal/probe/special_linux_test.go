package probe

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/internal/disk"
)

func TestUnixOfAnyKind(t *testing.T) {
	p := newPool(t, Options{})
	dir, err := os.MkdirTemp("", "probe")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	packets := filepath.Join(dir, "packets")
	l, err := net.Listen("unixpacket", packets)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	wants(t, p, unixSocket(packets), patience, "ok")
	name := "@reeve-probe-" + filepath.Base(dir)
	wants(t, p, unixSocket(name), patience, "failure: connection refused")
	abstract, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	defer abstract.Close()
	wants(t, p, unixSocket(name), patience, "ok")
}

// TestUnixFull: a program that accepts nothing does not answer, and nobody waits for it.
func TestUnixFull(t *testing.T) {
	dir, err := os.MkdirTemp("", "probe")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	path := filepath.Join(dir, "full")
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	p := newPool(t, Options{})
	wants(t, p, unixSocket(path), patience, "ok") // its connection stays in the queue
	wants(t, p, unixSocket(path), patience, "failure: it accepts no connections: its queue is full")
}

// TestHungDisk: a look-up that hangs costs its own program the time of a check.
func TestHungDisk(t *testing.T) {
	p := newPool(t, Options{})
	path, release := filepath.Join(t.TempDir(), "hung"), make(chan struct{})
	defer close(release)
	if err := disk.Go(path, func() { <-release }); err != nil {
		t.Fatal(err)
	}
	wants(t, p, unixSocket(path), 50*time.Millisecond, "failure: no answer within 50ms")
	wants(t, p, unixSocket(path+"-other"), patience, "failure: no such file or directory")
}

// TestNoDescriptors: while the daemon has none, nothing counts against a program.
func TestNoDescriptors(t *testing.T) {
	l := listener(t)
	p := newPool(t, Options{})
	wants(t, p, tcp(l.Addr().String()), patience, "ok")
	var before, none syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	none = before
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	wants(t, p, tcp(l.Addr().String()), patience, "inconclusive: too many open files")
	wants(t, p, url("http://"+l.Addr().String()), patience, "inconclusive: too many open files")
	wants(t, p, unixSocket("@any"), patience, "inconclusive: too many open files")
	wants(t, p, tcp("localhost:1"), patience, "inconclusive: ")
	wants(t, p, tcp("no-such-host.invalid:1"), patience, "inconclusive: ")
}
