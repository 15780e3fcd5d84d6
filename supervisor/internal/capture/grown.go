package capture

import "sync/atomic"

// Sizes of pipes, in bytes. A flooded pipe grows while the flood lasts, so that its child
// writes while the log is being written; beyond the size of a processor's cache that
// gains nothing. An ordinary user has 16,384 pages for all pipes, and once they are used
// up each new pipe gets only 8 KiB: so at most grownMax pipes grow.
const (
	plainPipe = 64 << 10
	largePipe = 512 << 10
	grownMax  = 16
)

// grown counts the enlarged pipes.
var grown atomic.Int32

// pipe is what is known about the size of a row's pipe.
type pipe struct {
	asked bool // grow was tried since the row was given to its log
	was   int  // its size before it grew; 0 if it did not
}

// capacity is roughly how many bytes the pipe holds.
func (p *pipe) capacity() int {
	if p.was > 0 {
		return largePipe
	}
	return plainPipe
}

// grow makes the pipe large, if that has not been tried yet. Errors such as EPERM are
// ignored; the pipe keeps its size.
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

// shrink gives back the pages of a large pipe. A pipe that holds too much for that stays
// large, and counts as such, until the next try.
func (p *pipe) shrink(fd int) {
	if p.was > 0 && resizePipe(fd, p.was) == nil {
		p.forget()
	}
}

// forget stops counting a pipe that has its old size again, or is closed.
func (p *pipe) forget() {
	if p.was > 0 {
		grown.Add(-1)
	}
	*p = pipe{}
}
