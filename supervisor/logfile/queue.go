package logfile

import (
	"time"

	"reeve/supervisor/rescue"
)

// How many bytes a log may hold, counted in whole blocks. From queueHigh on Write asks
// for a pause, which ends at queueLow; beyond queueMax data is dropped. Between queueHigh
// and queueMax there is room for the read that filled it and for what a pipe still holds
// when its writer has died, at most a mebibyte each.
const (
	queueHigh = 2 << 20
	queueLow  = 512 << 10
	queueMax  = queueHigh + 5<<20/2
)

// queueFew replaces queueHigh while all logs together hold more than queuedMany: a disk
// that hangs under hundreds of programs must not cost megabytes for each.
const (
	queueFew   = 128 << 10
	queuedMany = 64 << 20
)

// gatherFor is how long lines are collected before a write, if the last write was no
// longer ago than that: starting a writer and writing cost too much for one line. What
// comes after a longer pause is written at once. At most gatherMost logs collect lines at
// a time, because each holds a block meanwhile.
const (
	gatherFor  = time.Millisecond
	gatherMost = 64
)

// operationsMost is how many operations may wait for a log.
const operationsMost = 1000

// Queue writes to a log and never blocks the caller. Its methods may be called from any
// goroutine; operations are carried out in the order of the calls, also across the Queues
// of one log (see OpenQueue). An idle Queue has no goroutine and no buffer.
//
// Data that the disk refuses is dropped and counted. A disk that hangs first makes
// writers pause (Write returns false), and after five seconds without progress counts as
// refusing too. Either failure is reported when it starts and when it ends; the log
// recovers by itself.
type Queue struct {
	sink *sink

	// The rest is guarded by the sink's lock.
	opt    *Options // what it points to does not change: blocks point to it as well
	apart  bool     // each Write is passed on as a separate piece
	closed bool
	paused bool // a Write returned false, and room was not called since
	room   func()
}

// joinFrom is the smallest MaxBytes with which waiting lines are joined; with a smaller
// one it would show where the file is rotated.
const joinFrom = 1 << 20

// apart reports whether each Write stays a piece of its own.
func (o *Options) apart() bool { return o.MaxBytes > 0 && o.MaxBytes < joinFrom }

// Path returns the name by which the file was opened.
func (q *Queue) Path() string { return q.Options().Path }

// Options returns what the Queue was opened with, or was last told by Rotate.
func (q *Queue) Options() Options {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	return *q.opt
}

// Rotate changes size limit and number of backups, for what is written from now on.
func (q *Queue) Rotate(maxBytes int64, backups int) {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	q.opt = &Options{Path: q.opt.Path, MaxBytes: maxBytes, Backups: backups}
	q.apart = q.opt.apart()
}

// Shares reports whether both Queues write to one log.
func (q *Queue) Shares(other *Queue) bool { return other != nil && q.sink == other.sink }

// Write copies p and accepts all of it. room reports whether there is room for more:
// false asks the caller to pause until the function given to OnRoom is called. Further
// writes are still accepted up to about a pipe's capacity; beyond that, data is dropped
// and counted. After Close data is dropped. A Write of nothing only asks.
func (q *Queue) Write(p []byte) (room bool) {
	s := q.sink
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.closed || len(p) == 0 {
		return !q.paused
	}
	if s.stalled {
		s.lost += int64(len(p))
		return true
	}
	// Join p to what waits already, so that many short lines waiting for a slow disk do
	// not cost a block each.
	if n := len(s.items); n > 0 && s.items[n-1].data != nil && s.items[n-1].data.add(p, q.opt, q.apart) {
		return q.goOn()
	}
	if s.held > 0 && s.held+max(len(p), blockSize) > queueMax {
		s.lost += int64(len(p))
		return q.goOn()
	}
	b := NewBlock(len(p))
	b.add(p, q.opt, q.apart)
	s.items = append(s.items, item{data: b})
	if s.writing || q.apart || time.Since(s.moved) >= gatherFor || gathering.Load() >= gatherMost {
		s.begin()
	} else {
		s.beginSoon()
	}
	s.hold(len(b.buf))
	return q.goOn()
}

// goOn reports whether there is room for more; if not, it records that the caller waits
// for it.
func (q *Queue) goOn() bool {
	q.paused = q.sink.full && !q.sink.stalled
	return !q.paused
}

// OnRoom sets the function that is called each time Write may be used again after it
// returned false. It is called from another goroutine and must not block.
func (q *Queue) OnRoom(room func()) {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	q.room = room
}

// Reopen closes the file and opens it again by name, after what was written so far (fact
// 182: reopening after USR2). done may be nil; it is called from another goroutine and
// must not block. On an error the old file stays in use.
func (q *Queue) Reopen(done func(error)) { q.operate(reopen, done) }

// Clear removes the file and opens it again (fact 183: clearProcessLogs). done as for
// Reopen.
func (q *Queue) Clear(done func(error)) { q.operate(empty, done) }

// Sync calls done when all that was written so far has reached the file or was dropped.
// It does not flush the file to disk.
func (q *Queue) Sync(done func(error)) { q.operate(nothing, done) }

// Close ends the use of the log. It does not wait. The file is closed after what was
// written so far, unless another Queue uses it; if there is no progress for five seconds,
// the rest is dropped and reported. Later operations fail with os.ErrClosed.
func (q *Queue) Close() {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	if !q.closed {
		q.closed, q.room = true, nil
		q.sink.leave(q)
	}
}

func (q *Queue) operate(kind operation, done func(error)) {
	s := q.sink
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuses(q); err != nil {
		if done != nil {
			go rescue.Run("saying that a log is closed", func() { done(err) })
		}
		return
	}
	s.push(kind, done)
}
