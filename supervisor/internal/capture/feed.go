package capture

import (
	"errors"
	"sync/atomic"
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
	quietFor  = 2 * time.Millisecond   // nothing came for so long: it is over
	lineRead  = 16 << 10               // less than that came at once: lines
	shortRest = 500 * time.Microsecond // they are let gather, instead of a read for each of them, until the pipe is half full
	longRest  = 2 * time.Millisecond   // but no longer than that: somebody may be reading the log
	hangsFor  = 50 * time.Millisecond  // no write came to its end for so long: the disk hangs
)

// Sizes of pipes. A pipe that is flooded grows while the flood lasts: with blocks, so that its child writes while the log is
// written (still small enough for a processor's cache), and with lines, if they gather faster than it holds. An ordinary user has
// 16,384 pages for pipes in all, and without them each new pipe of his gets 8 KiB: so only a few grow.
const (
	plainPipe = 64 << 10
	blockPipe = 256 << 10
	largePipe = 1 << 20
	filled    = 48 << 10 // a pipe is, if so much has gathered
	grownMax  = 8
)

// grown counts the pipes that are large.
var grown atomic.Int32

// feed is a row in the hands of its log. Its methods are for the log's writer, one call at a time.
type feed struct {
	t   *Table
	id  ID
	fd  int
	fed uint64 // what the log counted when the Table last looked

	round int  // bytes since the last Wait
	rests bool // Wait rests, so that the pipe can fill
	rest  time.Duration
	ended bool
	size  int // that the pipe was given, or could not be given
	was   int // size of the pipe before it grew; 0: it is as it was
}

// feed gives a row to its log, if that wants it.
func (t *Table) feed(r *row) {
	f := &feed{t: t, id: r.id, fd: r.fd}
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
	r.feed.shrink()
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

// patience says how long to wait for input at most: for ever, unless there are feeds to look at.
func (t *Table) patience() time.Duration {
	if len(t.fed) == 0 {
		return -1
	}
	return hangsFor
}

// Read is for the log's writer.
func (f *feed) Read(p []byte) int {
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
	switch {
	case f.rests && f.round >= filled:
		f.grow(largePipe)
	case !f.rests && n == plainPipe:
		f.grow(blockPipe)
	}
	return n
}

// adapt decides, when a pipe is empty, how to wait for more. After little input the next wait is a rest; what fills even a large
// pipe in a rest is no lines.
func (f *feed) adapt() {
	switch {
	case !f.rests:
		f.rests = f.round < lineRead
	case f.round >= largePipe:
		f.rests = false
		f.shrink()
	}
}

// Wait is for the log's writer. Either it rests, or it waits only until there is more.
func (f *feed) Wait() bool {
	round := f.round
	f.round = 0
	switch {
	case f.ended, f.rests && round == 0:
		return false
	case f.rests:
		f.pace(round)
		time.Sleep(f.rest)
		return true
	}
	poll := []unix.PollFd{{Fd: int32(f.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, int(quietFor/time.Millisecond))
	return n > 0 || errors.Is(err, unix.EINTR)
}

// pace makes the next rest as long as it takes to fill half the pipe, if the last one brought so many bytes.
func (f *feed) pace(brought int) {
	half := plainPipe / 2
	if f.was > 0 {
		half = f.size / 2
	}
	f.rest = min(max(f.rest*time.Duration(half)/time.Duration(max(brought, 1)), shortRest), longRest)
}

// Done is for the log's writer.
func (f *feed) Done() { f.t.post(fedBack{f.id, f}) }

// grow makes the pipe as large as that, if it has not been tried yet. EPERM is no error: it works as it is.
func (f *feed) grow(size int) {
	if f.size >= size {
		return
	}
	f.size = size
	if f.was > 0 {
		_ = resizePipe(f.fd, size)
		return
	}
	if grown.Add(1) <= grownMax {
		was := pipeSize(f.fd)
		if was < size && resizePipe(f.fd, size) == nil {
			f.was = was
			return
		}
	}
	grown.Add(-1)
}

// shrink gives the pages of a large pipe back. A pipe that is too full for that keeps them until it is closed.
func (f *feed) shrink() {
	if f.was > 0 {
		_ = resizePipe(f.fd, f.was)
		grown.Add(-1)
		f.size, f.was = 0, 0
	}
}
