package capture

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// A row whose child floods its log leaves the poller: the log's own writer reads the pipe (logfile.Source) until it is quiet. The
// Table takes the row back whenever it has to read itself, and when the disk hangs, so that the child can go on while there is
// room in the queue.

// When a row is given to its log, and when it comes back.
const (
	blockRead = 32 << 10 // a read that finds so much is part of a flood
	lineReads = 4        // so many reads, each soon after the last, are one too
	soon      = 300 * time.Microsecond
	lineRead  = 16 << 10               // less than that came at once: lines
	lineRound = 128 << 10              // so much of them is let gather, instead of a read for each, or half a pipe
	blockRest = 100 * time.Microsecond // for so long more blocks are waited for
	shortRest = 200 * time.Microsecond // lines are let gather for so long at least
	longRest  = 2 * time.Millisecond   // and no longer than that: somebody may be reading the log
	hangsFor  = 50 * time.Millisecond  // no write came to its end for so long: the disk hangs
)

// feed is a row in the hands of its log. Its methods are for the log's writer, one call at a time.
type feed struct {
	t   *Table
	id  ID
	fd  int
	fed uint64 // what the log counted when the Table last looked

	round int  // bytes since the last rest
	short bool // the last read found little
	rests bool // as long as it takes the pipe to fill
	rest  time.Duration
	ended bool
	pipe  *pipe
}

// feed gives a row to its log, if that wants it.
func (t *Table) feed(r *row) {
	r.pipe.asked = false
	f := &feed{t: t, id: r.id, fd: r.fd, pipe: &r.pipe}
	if r.opt.Log.Feed(f) {
		t.unwatchRow(r)
		r.feed, t.fed[r] = f, struct{}{}
	}
}

// unfeed takes a row back. The caller watches it again, if it is to be read.
func (t *Table) unfeed(r *row) {
	if r.feed == nil {
		return
	}
	r.opt.Log.Unfeed()
	r.pipe.shrink(r.fd)
	r.feed, r.calls = nil, 0
	delete(t.fed, r)
}

// fedBack: a log gives a row back.
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
			r.feed.fed = n
			continue
		}
		t.unfeed(r)
		t.rewatch(r)
	}
}

// patience says how long to wait for input at most: for ever, unless there are feeds or
// lingering rows to look at.
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

// Read is for the log's writer. What it touches besides the fields of its own is the Table's again after Unfeed.
// A short read means that it has caught up: without a pause it would get the lines one by one.
func (f *feed) Read(p []byte) int {
	if f.short {
		f.short = false
		f.adapt()
		return 0
	}
	n, err := unix.Read(f.fd, p)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		f.adapt()
		return 0
	}
	if err != nil || n <= 0 {
		f.ended = true // for the Table to see
		return 0
	}
	f.round += n
	f.short = n < lineRead
	if n == plainPipe || f.rests && f.round >= f.pipe.capacity()/4*3 {
		f.pipe.grow(f.fd)
	}
	return n
}

// adapt decides, when a pipe is empty, how to wait for more. After little input the next wait is a rest; what fills even a large
// pipe in a rest is no lines.
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

// pace makes the next rest as long as it takes to gather as much as it should, if it brings as much as the last one did.
func (f *feed) pace() {
	want := min(f.pipe.capacity()/2, lineRound)
	f.rest = min(max(f.rest*time.Duration(want)/time.Duration(max(f.round, 1)), shortRest), longRest)
}

// Rest is for the log's writer. Nothing that came in a rest ends the flood.
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

// Done is for the log's writer.
func (f *feed) Done() { f.t.post(fedBack{f.id, f}) }
