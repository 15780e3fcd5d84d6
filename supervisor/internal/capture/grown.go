package capture

import "sync/atomic"

// Sizes of pipes. A pipe that is flooded grows while the flood lasts: with blocks, so that its child writes while the log is
// written (still small enough for a processor's cache), and with lines, if they gather faster than it holds. An ordinary user has
// 16,384 pages for pipes in all, and without them each new pipe of his gets 8 KiB: so only a few grow.
const (
	plainPipe = 64 << 10
	blockPipe = 256 << 10
	largePipe = 1 << 20
	grownMax  = 8
)

// grown counts the pipes that are larger than they were.
var grown atomic.Int32

// pipe is what is known of the size of a row's pipe.
type pipe struct {
	asked int // the largest size that was asked for since it was fed
	size  int // that it has grown to; 0: it has not
	was   int // before it grew
}

// capacity is what the pipe holds, about.
func (p *pipe) capacity() int { return max(p.size, plainPipe) }

// grow makes the pipe as large as that, if it has not been tried yet. EPERM is no error: it works as it is.
func (p *pipe) grow(fd, size int) {
	if p.asked >= size || p.size >= size {
		return
	}
	p.asked = size
	if p.size > 0 {
		if resizePipe(fd, size) == nil {
			p.size = size
		}
		return
	}
	if grown.Add(1) <= grownMax {
		was := pipeSize(fd)
		if was < size && resizePipe(fd, size) == nil {
			p.size, p.was = size, was
			return
		}
	}
	grown.Add(-1)
}

// shrink gives the pages of a large pipe back. One that holds too much for that stays large, and counts, until it is tried again.
func (p *pipe) shrink(fd int) {
	if p.size > 0 && resizePipe(fd, p.was) == nil {
		p.forget()
	}
}

// forget is for a pipe that is as it was, or closed.
func (p *pipe) forget() {
	if p.size > 0 {
		grown.Add(-1)
	}
	*p = pipe{}
}
