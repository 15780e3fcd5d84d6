package capture

import "sync/atomic"

// Sizes of pipes. A pipe that is flooded grows while the flood lasts, so that its child writes while the log is written: beyond
// what fits into a processor's cache that brings nothing more. An ordinary user has 16,384 pages for pipes in all, and without them
// each new pipe of his gets 8 KiB: so only some grow.
const (
	plainPipe = 64 << 10
	largePipe = 512 << 10
	grownMax  = 16
)

// grown counts the pipes that are larger than they were.
var grown atomic.Int32

// pipe is what is known of the size of a row's pipe.
type pipe struct {
	asked bool // it was to grow since it was fed
	was   int  // its size before it grew; 0: it has not
}

// capacity is what the pipe holds, about.
func (p *pipe) capacity() int {
	if p.was > 0 {
		return largePipe
	}
	return plainPipe
}

// grow makes the pipe large, if that has not been tried yet. EPERM is no error: it works as it is.
func (p *pipe) grow(fd int) {
	if p.asked || p.was > 0 {
		return
	}
	p.asked = true
	if grown.Add(1) <= grownMax {
		was := pipeSize(fd)
		if was < largePipe && resizePipe(fd, largePipe) == nil {
			p.was = was
			return
		}
	}
	grown.Add(-1)
}

// shrink gives the pages of a large pipe back. One that holds too much for that stays large, and counts, until it is tried again.
func (p *pipe) shrink(fd int) {
	if p.was > 0 && resizePipe(fd, p.was) == nil {
		p.forget()
	}
}

// forget is for a pipe that is as it was, or closed.
func (p *pipe) forget() {
	if p.was > 0 {
		grown.Add(-1)
	}
	*p = pipe{}
}
