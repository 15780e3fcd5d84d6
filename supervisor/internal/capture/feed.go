package capture

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// When a child floods its log, its row leaves the poller: the log's own writer reads the
// pipe (logfile.Source) until it is quiet. The Table takes the row back whenever it has
// to read it itself, and when the disk hangs, so that the child can go on while there is
// room in the queue.

// These decide when a row is given to its log, and when it comes back.
const (
	blockRead = 32 << 10 // bytes: a read of that much is part of a flood
	lineReads = 4        // that many reads, each soon after the last, are one too
	soon      = 300 * time.Microsecond
	lineRead  = 16 << 10 // bytes: reads of less are of lines
	// bytes of lines, or half a pipe, to collect per read
	lineRound = 128 << 10
	blockRest = 100 * time.Microsecond // how long to wait for more blocks
	shortRest = 200 * time.Microsecond // shortest time for lines to collect
	// longest time, because someone may be reading the log
	longRest = 2 * time.Millisecond
	hangsFor = 50 * time.Millisecond // no write has ended for that long: the disk hangs
	// What is left in the pipe until it is written waits longer: what is read would be lost
	// with this process.
	carefulFor = 2 * time.Second
)

// feed is a row that its log reads. Its methods are for the log's writer, one call at a
// time.
type feed struct {
	t     *Table
	id    ID
	fd    int
	fed   uint64    // the log's count at the Table's last check
	moved time.Time // when that was another one; only if it leaves what it reads

	round int  // bytes since the last rest
	short bool // the last read was short
	rests bool // whether to rest while the pipe fills
	rest  time.Duration
	ended bool
	pipe  *pipe
	leaves
}

// feed gives a row to its log, if the log accepts it.
func (t *Table) feed(r *row) {
	r.pipe.asked = false
	f := &feed{t: t, id: r.id, fd: r.fd, pipe: &r.pipe}
	var src logfile.Source = f
	if f.begin(t.marks) {
		src, f.moved = careful{f}, time.Now()
	}
	if r.opt.Log.Feed(src) {
		t.unwatchRow(r)
		r.feed, t.fed[r] = f, struct{}{}
	} else {
		f.finish(f.fd)
	}
}

// unfeed takes a row back from its log. The caller watches it again if it is to be read.
func (t *Table) unfeed(r *row) {
	if r.feed == nil {
		return
	}
	r.opt.Log.Unfeed()
	r.feed.finish(r.fd)
	r.pipe.shrink(r.fd)
	r.feed, r.calls = nil, 0
	delete(t.fed, r)
}

// fedBack returns a row from its log to the Table.
type fedBack struct {
	id   ID
	feed *feed
}

func (c fedBack) do(t *Table) {
	if r := t.rows[c.id]; r != nil && r.feed == c.feed {
		t.unfeed(r)
		t.rewatch(r)
	}
}

func (fedBack) refuse() {}

// lookAtFeeds takes rows back from logs whose disk hangs.
func (t *Table) lookAtFeeds() {
	if len(t.fed) == 0 || t.now.Sub(t.looked) < hangsFor {
		return
	}
	t.looked = t.now
	for r := range t.fed {
		if n := r.opt.Log.Fed(); n != r.feed.fed {
			r.feed.fed, r.feed.moved = n, t.now
			continue
		}
		if r.feed.marks != nil && t.now.Sub(r.feed.moved) < carefulFor {
			continue
		}
		t.unfeed(r)
		t.rewatch(r)
	}
}

// patience returns how long to wait for input at most: for ever (-1), unless there are
// feeds or lingering rows to check.
func (t *Table) patience() time.Duration {
	patience := time.Duration(-1)
	if len(t.fed) > 0 {
		patience = hangsFor
	}
	if len(t.lingering) > 0 {
		left := max(time.Until(t.lingering[0].until), 0)
		if patience < 0 || left < patience {
			patience = left
		}
	}
	return patience
}

// Read implements logfile.Source. Apart from its own fields, what it uses belongs to the
// Table again after Unfeed. A short read means that it has caught up: without a pause it
// would read the lines one by one.
func (f *feed) Read(p []byte) int {
	if f.short {
		f.short = false
		f.adapt()
		return 0
	}
	n, err := f.take(f.fd, p)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		f.adapt()
		return 0
	}
	if err != nil || n <= 0 {
		f.ended = true // the Table will see the end itself
		return 0
	}
	f.round += n
	f.short = n < lineRead
	if n == plainPipe || f.rests && f.round >= f.pipe.capacity()/4*3 {
		f.pipe.grow(f.fd)
	}
	return n
}

// adapt decides how to wait for more when a pipe is empty. After little input the next
// wait is a rest; input that fills even a large pipe during a rest is not lines.
func (f *feed) adapt() {
	switch {
	case !f.rests:
		f.rests = f.round < lineRead
		f.rest = max(f.rest, shortRest)
	case f.round >= largePipe:
		f.rests = false
	default:
		f.pace()
	}
}

// pace sets the next rest to the time in which the wanted amount collects at the rate of
// the last rest.
func (f *feed) pace() {
	want := min(f.pipe.capacity()/2, lineRound)
	f.rest = min(max(f.rest*time.Duration(want)/time.Duration(max(f.round, 1)), shortRest), longRest)
}

// Rest implements logfile.Source. A rest in which nothing came ends the flood.
func (f *feed) Rest() (time.Duration, bool) {
	round := f.round
	f.round = 0
	switch {
	case f.ended, round == 0:
		return 0, false
	case f.rests:
		return f.rest, true
	}
	return blockRest, true
}

// Done implements logfile.Source.
func (f *feed) Done() { f.t.post(fedBack{f.id, f}) }
