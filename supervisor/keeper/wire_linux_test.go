package keeper

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func wires(t *testing.T) (near, far wire) {
	t.Helper()
	a, b, err := pair()
	if err != nil {
		t.Fatal(err)
	}
	if near, err = newWire(a); err == nil {
		far, err = newWire(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.conn.Close(); far.conn.Close() })
	return near, far
}

func TestWire(t *testing.T) {
	near, far := wires(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, m := range []message{
		{kind: hold, tag: Tag{Pipe, 255, 1<<64 - 1}},
		{kind: ended, pid: 1<<31 - 1, status: 1<<32 - 1},
		{},
	} {
		for _, fd := range []int{-1, int(w.Fd())} {
			if err := near.raw.Control(func(socket uintptr) { err = transmit(int(socket), m, fd) }); err != nil {
				t.Fatal(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			got, other, err := far.receive()
			if got != m || err != nil || other >= 0 != (fd >= 0) {
				t.Errorf("received %v with %d, %v; sent %v with %d", got, other, err, m, fd)
			}
			if other >= 0 {
				flags, err := unix.FcntlInt(uintptr(other), unix.F_GETFD, 0)
				if err != nil || flags&unix.FD_CLOEXEC == 0 {
					t.Errorf("a received descriptor has flags %d, %v", flags, err)
				}
				_ = unix.Close(other)
			}
		}
	}
	near.conn.Close()
	if _, _, err := far.receive(); err == nil {
		t.Error("no error after the end")
	}
}

// Messages of another size are refused, and what came with them is closed.
func TestWireRefuses(t *testing.T) {
	near, far := wires(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, size := range []int{1, size - 1, size + 1, 4096} {
		if _, _, err := near.conn.WriteMsgUnix(make([]byte, size), unix.UnixRights(int(w.Fd())), nil); err != nil {
			t.Fatal(err)
		}
		_, fd, err := far.receive()
		if err == nil {
			t.Errorf("%d bytes are taken for a message", size)
		}
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	if _, _, err := near.conn.WriteMsgUnix((&message{kind: hold}).bytes(), unix.UnixRights(int(w.Fd()), int(w.Fd())), nil); err != nil {
		t.Fatal(err)
	}
	_, fd, _ := far.receive()
	if fd >= 0 {
		_ = unix.Close(fd)
	}
	w.Close()
	if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("a descriptor was leaked")
	}
}
