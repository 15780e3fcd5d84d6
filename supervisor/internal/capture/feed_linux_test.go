package capture

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lineFill is how much must collect in an ordinary pipe for it to grow.
const lineFill = plainPipe / 4 * 3

// A pipe that fills with lines too fast grows, and has its old size when it is given
// back.
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
	f := &feed{fd: fd, pipe: &pipe{}}
	fill(lineFill)
	if n := f.Read(buf); n != lineFill || size() != before {
		t.Errorf("read %d bytes; the pipe, which was filled before anybody rested, has %d", n, size())
	}
	f = &feed{fd: fd, pipe: &pipe{}}
	fill(100)
	if n := f.Read(buf); n != 100 || f.Read(buf) != 0 || !more(f) || !f.rests {
		t.Fatalf("read %d bytes, or does not rest for more", n)
	}
	fill(lineFill)
	f.Read(buf)
	if size() != largePipe {
		t.Errorf("%d bytes after lines have filled it in a rest", size())
	}
	f.pipe.shrink(fd)
	if size() != before || grown.Load() != 0 {
		t.Errorf("%d bytes when it is given back, %d are large", size(), grown.Load())
	}
	// Blocks that fill the pipe make it grow too.
	f = &feed{fd: fd, pipe: &pipe{}}
	fill(plainPipe)
	if n := f.Read(buf); n != plainPipe || size() != largePipe || grown.Load() != 1 {
		t.Errorf("read %d bytes; the pipe has %d after a block has filled it, %d are large", n, size(), grown.Load())
	}
	f.pipe.shrink(fd)
	if size() != before || grown.Load() != 0 {
		t.Errorf("%d bytes when it is given back, %d are large", size(), grown.Load())
	}
}

func more(f *feed) bool {
	_, more := f.Rest()
	return more
}

func TestOnlyAFewPipesGrow(t *testing.T) {
	_, fd := childPipe(t)
	defer unix.Close(fd)
	before := pipeSize(fd)
	grown.Add(grownMax)
	defer grown.Add(-grownMax)
	f := &feed{fd: fd, pipe: &pipe{}}
	if f.pipe.grow(fd); pipeSize(fd) != before {
		t.Errorf("it grew to %d", pipeSize(fd))
	}
	if f.pipe.shrink(fd); grown.Load() != grownMax {
		t.Errorf("%d are large", grown.Load())
	}
}

// The next rest is as long as lines need to fill half the pipe, within its bounds.
func TestRestsFollowTheLines(t *testing.T) {
	for _, c := range []struct {
		large   bool
		rest    time.Duration
		brought int
		want    time.Duration
	}{
		{false, shortRest, plainPipe / 2, shortRest},     // just right
		{false, shortRest, plainPipe / 4, 2 * shortRest}, // half as many as wanted
		{false, 2 * shortRest, plainPipe, shortRest},     // full
		{false, shortRest, 10, longRest},                 // next to nothing
		{true, shortRest, lineRound / 2, 2 * shortRest},  // in a pipe that has grown
		{true, longRest, lineRound / 2 * 3, longRest * 2 / 3},
		{true, longRest, largePipe, longRest}, // these are not lines
	} {
		f := &feed{pipe: &pipe{}, rest: c.rest, round: c.brought, rests: true}
		if c.large {
			f.pipe.was = plainPipe
		}
		if f.adapt(); f.rest != c.want || f.rests != (c.brought < largePipe) {
			t.Errorf("pipe of %d, %d bytes in a rest of %v: the next is %v, want %v", f.pipe.capacity(), c.brought, c.rest, f.rest, c.want)
		}
	}
}

// A pipe too full to shrink counts as large until it can shrink or is closed.
func TestFullPipeStaysCounted(t *testing.T) {
	child, fd := childPipe(t)
	defer unix.Close(fd)
	p := &pipe{}
	if p.grow(fd); p.was == 0 {
		t.Skip("pipes can't grow here")
	}
	say(t, child, string(make([]byte, 200_000)))
	if p.shrink(fd); p.was == 0 || grown.Load() != 1 {
		t.Errorf("full: %+v, %d are large", *p, grown.Load())
	}
	p.asked = false // given to its log again
	if p.grow(fd); p.was == 0 || grown.Load() != 1 {
		t.Errorf("grown again: %+v, %d are large", *p, grown.Load())
	}
	for n := 200_000; n > 0; {
		m, err := unix.Read(fd, make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		n -= m
	}
	if p.shrink(fd); p.was != 0 || grown.Load() != 0 || pipeSize(fd) != plainPipe {
		t.Errorf("empty: %+v, the pipe has %d, %d are large", *p, pipeSize(fd), grown.Load())
	}
}

// A short read ends a round: lines are not read one by one as they come.
func TestShortReadEndsTheRound(t *testing.T) {
	child, fd := childPipe(t)
	defer unix.Close(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	f := &feed{fd: fd, pipe: &pipe{}}
	buf := make([]byte, plainPipe)
	say(t, child, "line\n")
	if n := f.Read(buf); n != 5 {
		t.Fatalf("read %d bytes", n)
	}
	say(t, child, "another line\n")
	if n := f.Read(buf); n != 0 || !more(f) {
		t.Fatalf("read %d bytes without a pause, or did not wait for more", n)
	}
	if n := f.Read(buf); n != 13 {
		t.Errorf("read %d bytes after the pause", n)
	}
	if f.Read(buf) != 0 || !more(f) || f.Read(buf) != 0 || more(f) {
		t.Error("waits for ever")
	}
}
