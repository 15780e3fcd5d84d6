package capture

import (
	"bytes"
	"testing"
	"time"

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
	// Blocks that fill the pipe make it grow, too, and lines further.
	f = &feed{fd: fd}
	fill(plainPipe)
	if n := f.Read(buf); n != plainPipe || size() != blockPipe || grown.Load() != 1 {
		t.Errorf("read %d bytes; the pipe has %d after a block has filled it, %d are large", n, size(), grown.Load())
	}
	f.rests = true
	fill(filled)
	if f.Read(buf); size() != largePipe || grown.Load() != 1 {
		t.Errorf("%d bytes after lines have filled it, %d are large", size(), grown.Load())
	}
	f.shrink()
	if size() != before || grown.Load() != 0 {
		t.Errorf("%d bytes when it is given back, %d are large", size(), grown.Load())
	}
}

func TestOnlyAFewPipesGrow(t *testing.T) {
	_, fd := childPipe(t)
	defer unix.Close(fd)
	before := pipeSize(fd)
	grown.Add(grownMax)
	defer grown.Add(-grownMax)
	f := &feed{fd: fd}
	if f.grow(largePipe); pipeSize(fd) != before {
		t.Errorf("it grew to %d", pipeSize(fd))
	}
	if f.shrink(); grown.Load() != grownMax {
		t.Errorf("%d are large", grown.Load())
	}
}

// The next rest is as long as lines need to fill half the pipe, within its bounds.
func TestRestsFollowTheLines(t *testing.T) {
	for _, c := range []struct {
		size, was int
		rest      time.Duration
		brought   int
		want      time.Duration
	}{
		{0, 0, 0, 1000, shortRest},                                      // the first
		{0, 0, shortRest, plainPipe / 2, shortRest},                     // just right
		{0, 0, shortRest, plainPipe / 4, 2 * shortRest},                 // half as many as wanted
		{0, 0, 2 * shortRest, plainPipe, shortRest},                     // full
		{0, 0, shortRest, 10, longRest},                                 // next to nothing
		{largePipe, plainPipe, shortRest, largePipe / 4, 2 * shortRest}, // of a pipe that has grown
		{largePipe, plainPipe, longRest, 3 * largePipe / 4, longRest * 2 / 3},
		{largePipe, 0, shortRest, plainPipe / 2, shortRest}, // of one that could not grow
	} {
		f := &feed{size: c.size, was: c.was, rest: c.rest}
		if f.pace(c.brought); f.rest != c.want {
			t.Errorf("pipe of %d, %d bytes in a rest of %v: the next is %v, want %v", c.size, c.brought, c.rest, f.rest, c.want)
		}
	}
}
