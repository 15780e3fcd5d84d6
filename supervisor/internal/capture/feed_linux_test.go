package capture

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"
)

// A pipe in which lines gather faster than it holds grows, and is as large as before when it is given back.
func TestFloodedPipeGrowsAndShrinks(t *testing.T) {
	child, fd := childPipe(t)
	defer unix.Close(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	size := func() int { return pipeSize(fd) }
	before := size()
	if err := resizePipe(fd, largePipe); err != nil {
		t.Skip("pipes can't grow here:", err)
	}
	if err := resizePipe(fd, before); err != nil {
		t.Fatal(err)
	}
	fill := func(n int) {
		t.Helper()
		say(t, child, string(bytes.Repeat([]byte("x"), n)))
	}
	buf := make([]byte, plainPipe)
	f := &feed{fd: fd}
	fill(filled)
	if n := f.Read(buf); n != filled || size() != before {
		t.Errorf("read %d bytes; the pipe, which was filled before anybody rested, has %d", n, size())
	}
	f = &feed{fd: fd}
	fill(100)
	if n := f.Read(buf); n != 100 || f.Read(buf) != 0 || !f.Wait() || !f.rests {
		t.Fatalf("read %d bytes, or does not rest for more", n)
	}
	fill(filled)
	f.Read(buf)
	if size() != largePipe {
		t.Errorf("%d bytes after lines have filled it in a rest", size())
	}
	f.shrink()
	if size() != before || grown.Load() != 0 {
		t.Errorf("%d bytes when it is given back, %d are large", size(), grown.Load())
	}
	// What was taken for blocks in between and is lines after all grows again.
	fill(filled)
	if f.Read(buf); size() != largePipe {
		t.Errorf("%d bytes after lines have filled it again", size())
	}
	f.shrink()
}

func TestOnlyAFewPipesGrow(t *testing.T) {
	_, fd := childPipe(t)
	defer unix.Close(fd)
	before := pipeSize(fd)
	grown.Add(grownMax)
	defer grown.Add(-grownMax)
	f := &feed{fd: fd}
	if f.grow(); pipeSize(fd) != before {
		t.Errorf("it grew to %d", pipeSize(fd))
	}
	if f.shrink(); grown.Load() != grownMax {
		t.Errorf("%d are large", grown.Load())
	}
}
