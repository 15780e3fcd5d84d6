package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

var stdin = ID{1, Stdin}

// inputPipe returns the child's end of a stdin as a file and the parent's as a
// descriptor.
func inputPipe(t *testing.T) (child *os.File, parent int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	child = os.NewFile(uintptr(p[0]), "child")
	t.Cleanup(func() { child.Close() })
	return child, p[1]
}

func Test254QueuedInputArrivesInOrder(t *testing.T) {
	b := newBed(t)
	child, fd := inputPipe(t)
	b.AttachInput(stdin, fd)
	want := make([]byte, 0, 1<<20)
	for i := range 1 << 10 { // more than the pipe holds
		piece := bytes.Repeat([]byte{byte(i)}, 1<<10)
		want = append(want, piece...)
		if err := b.Send(stdin, piece); err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(child, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if err := b.Send(stdin, []byte("again")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(child, got[:5]); err != nil || string(got[:5]) != "again" {
		t.Errorf("read %q, %v", got[:5], err)
	}
	b.CloseInput(stdin)
	if rest, err := io.ReadAll(child); err != nil || len(rest) > 0 {
		t.Errorf("after CloseInput: %q, %v", rest, err)
	}
	if err := b.Send(stdin, []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Send after CloseInput: %v", err)
	}
}

func TestInputFull(t *testing.T) {
	b := newBed(t)
	_, fd := inputPipe(t)
	b.AttachInput(stdin, fd)
	if err := b.Send(stdin, make([]byte, MaxInput+1)); !errors.Is(err, ErrFull) {
		t.Errorf("Send of too much: %v", err)
	}
	var err error
	sent := 0
	for sent < 2*MaxInput {
		if err = b.Send(stdin, make([]byte, 1<<20)); err != nil {
			break
		}
		sent += 1 << 20
	}
	if !errors.Is(err, ErrFull) || sent < MaxInput {
		t.Errorf("after %d bytes: %v", sent, err)
	}
}

func TestInputClosedByChild(t *testing.T) {
	b := newBed(t)
	child, fd := inputPipe(t)
	b.AttachInput(stdin, fd)
	child.Close()
	for range 2 { // the first Send notices
		if err := b.Send(stdin, []byte("x")); !errors.Is(err, ErrClosed) {
			t.Errorf("Send: %v", err)
		}
	}
	if err := b.Send(ID{9, Stdin}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Send to nobody: %v", err)
	}
}

func TestInputClosedWithQueuedData(t *testing.T) {
	b := newBed(t)
	child, fd := inputPipe(t)
	b.AttachInput(stdin, fd)
	if err := b.Send(stdin, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	child.Close()
	b.wait(func(o Output) bool {
		c, ok := o.(InputClosed)
		return ok && c.ID == stdin && errors.Is(c.Err, unix.EPIPE)
	})
	if err := b.Send(stdin, []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Send: %v", err)
	}
}

func TestCloseGivesBackDescriptors(t *testing.T) {
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	child, out := childPipe(t)
	input, in := inputPipe(t)
	table.Attach(stdout, out, Options{})
	table.AttachInput(stdin, in)
	for range 2 {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := child.Write([]byte("x")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("the output is still open: %v", err)
	}
	if _, err := input.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the input is still open: %v", err)
	}
	// Afterwards nothing leaks and no call waits for ever.
	child, out = childPipe(t)
	table.Attach(stdout, out, Options{})
	if _, err := child.Write([]byte("x")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("a late Attach: %v", err)
	}
	done := make(chan error)
	table.Sync(stdout, func(err error) { done <- err })
	if err := <-done; err == nil {
		t.Error("a late Sync: no error")
	}
	if err := table.Send(stdin, []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("a late Send: %v", err)
	}
}
