package capture

import "time"

// Sizes of pipes. A pipe grows when a read found more than busyRead in it, and shrinks when that has not happened for quietFor.
// An ordinary user has 16,384 pages for pipes in all, and without them each new pipe of his gets 8 KiB: so only a few grow.
const (
	plainPipe = 64 << 10
	largePipe = 1 << 20
	busyRead  = 48 << 10
	grownMax  = 8
	quietFor  = 5 * time.Second
)

// pipe is what is known of the size of a pipe that was busy once.
type pipe struct {
	size   int // at least plainPipe
	was    int // before it grew
	grown  bool
	fixed  bool // it can't grow
	busyAt time.Time
}

// sized adapts the pipe of r to what a read has just found in it.
func (t *Table) sized(r *row, n int) {
	if n <= busyRead || r.wanted() || r.capturing() {
		return
	}
	if r.pipe == nil {
		r.pipe = &pipe{size: plainPipe}
	}
	p := r.pipe
	p.busyAt = t.now
	if p.grown || p.fixed || t.grown >= grownMax {
		return
	}
	p.was = pipeSize(r.fd)
	if p.was >= largePipe || resizePipe(r.fd, largePipe) != nil {
		p.size, p.fixed = p.was, true // EPERM: no matter, it works as it is
		return
	}
	p.size, p.grown = largePipe, true
	t.grown++
}

// shrink gives back the pages of pipes that are quiet. It does nothing most of the time.
func (t *Table) shrink() {
	if t.grown == 0 || t.now.Sub(t.shrunk) < quietFor {
		return
	}
	t.shrunk = t.now
	for _, r := range t.rows {
		if r.pipe != nil && r.pipe.grown && r.fd >= 0 && t.now.Sub(r.pipe.busyAt) >= quietFor && resizePipe(r.fd, r.pipe.was) == nil {
			r.pipe.size, r.pipe.grown = r.pipe.was, false
			t.grown--
		}
	}
}

// patience says how long to wait for input at most: for ever, but for pipes to shrink.
func (t *Table) patience() time.Duration {
	if t.grown == 0 {
		return -1
	}
	return max(quietFor-t.now.Sub(t.shrunk), time.Millisecond)
}
