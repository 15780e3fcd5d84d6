package watch

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience is never reached unless something is wrong.
const patience = 20 * time.Second

// listener is a listening socket, and its descriptor.
func listener(t *testing.T, network, address string) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("cannot listen on %s %s here: %v", network, address, err)
	}
	t.Cleanup(func() { l.Close() })
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return l, int(f.Fd())
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func watcher(t *testing.T) *Watcher {
	t.Helper()
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func connection(t *testing.T, w *Watcher) uint64 {
	t.Helper()
	select {
	case e := <-w.Events():
		if e.Counted {
			t.Fatal("nobody has asked for a number")
		}
		return e.ID
	case <-time.After(patience):
		t.Fatal("nobody reports the connection")
		return 0
	}
}

// The first connection at any of its sockets ends a watch; one that waits already, too.
// Two watches may be about one socket.
func TestConnection(t *testing.T) {
	w := watcher(t)
	one, fd1 := listener(t, "tcp", "127.0.0.1:0")
	two, fd2 := listener(t, "unix", filepath.Join(t.TempDir(), "s"))
	if err := w.Watch(1, []int{fd1, fd2}); err != nil {
		t.Fatal(err)
	}
	dial(t, two)
	if id := connection(t, w); id != 1 {
		t.Errorf("watch %d", id)
	}
	dial(t, one) // nobody watches it now
	if err := w.Watch(2, []int{fd1}); err != nil {
		t.Fatal(err)
	}
	if err := w.Watch(3, []int{fd1}); err != nil {
		t.Fatal(err)
	}
	if sum := connection(t, w) + connection(t, w); sum != 5 {
		t.Errorf("the two watches have the sum %d", sum)
	}
	c, err := one.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := w.Watch(4, []int{fd1}); err != nil {
		t.Fatal(err)
	}
	w.Forget(4)
	dial(t, one)
	if err := w.Watch(5, []int{fd2}); err != nil { // its connection still waits
		t.Fatal(err)
	}
	if id := connection(t, w); id != 5 {
		t.Errorf("watch %d", id)
	}
	if err := w.Watch(6, []int{-1}); err == nil {
		t.Error("no socket can be watched")
	}
}

// A Watcher ends while reports wait that nobody takes.
func TestClose(t *testing.T) {
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	l, fd := listener(t, "tcp", "127.0.0.1:0")
	dial(t, l)
	for id := range uint64(3) {
		if err := w.Watch(id, []int{fd}); err != nil {
			t.Fatal(err)
		}
	}
	w.Count(7, []int{fd})
	w.Close()
}
