package keeper

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutDescriptors has f called while this process can open no file.
func withoutDescriptors(t *testing.T, f func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
			t.Fatal(err)
		}
	}()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 4, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	f()
}

// What is posted is under way when post returns, whatever becomes of this process then. It
// costs no descriptor as long as the other side has room; else the lack of one is said, and
// nothing else is lost by that.
func TestSenderIsPrompt(t *testing.T) {
	near, far := wires(t)
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := newSender(near)
	sent := 0
	post := func() error {
		err := s.post(outgoing{message: message{kind: hold, pid: sent + 1}, fd: int(file.Fd())})
		if err == nil {
			sent++
		}
		return err
	}
	withoutDescriptors(t, func() {
		for err = nil; err == nil && sent < 100_000; {
			err = post()
		}
	})
	if !errors.Is(err, syscall.EMFILE) || sent == 0 {
		t.Fatalf("without descriptors it sent %d and then: %v", sent, err)
	}
	for range 3 { // these wait
		if err := post(); err != nil {
			t.Fatal(err)
		}
	}
	for n := range sent {
		m, fd, err := far.receive()
		if err != nil || fd < 0 || m.pid != n+1 {
			t.Fatalf("received %v with %d, %v; message %d was expected", m, fd, err, n+1)
		}
		_ = unix.Close(fd)
	}
	s.end()
	if _, err := file.Stat(); err != nil {
		t.Error("the caller's descriptor was closed: ", err)
	}
}
