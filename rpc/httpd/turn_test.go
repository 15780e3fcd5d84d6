package httpd

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// unixPair returns both ends of a connection.
func unixPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if far, err = net.Dial("unix", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// Clients that do not read delay neither one another nor a client that does, which gets
// every byte.
func TestInTurn(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	const deaf = 20
	stuck := make(chan error, deaf)
	for range deaf {
		near, _ := unixPair(t)
		if err := near.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := inTurn(near, data)
			stuck <- err
		}()
	}
	near, far := unixPair(t)
	sent := make(chan error, 1)
	go func() {
		_, err := inTurn(near, data)
		sent <- err
		near.Close()
	}()
	if got, err := io.ReadAll(far); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v; sent %d", len(got), err, len(data))
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	for range deaf {
		if err := <-stuck; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a client that does not read: %v", err)
		}
	}
	gone, far := unixPair(t)
	far.Close()
	if _, err := inTurn(gone, data); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("a client that is gone: %v", err)
	}
}
