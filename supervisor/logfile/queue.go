package logfile

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// How much a Queue holds. queueHigh is where Write begins to ask for a pause, queueLow where the pause ends, queueMax where data
// is dropped. Between high and max there is room for the read that filled it and for what a pipe still holds when its writer
// has died, a mebibyte each at most.
const (
	queueHigh = 2 << 20
	queueLow  = 512 << 10
	queueMax  = queueHigh + 5<<20/2
)

// queueFew takes the place of queueHigh while all queues together hold more than queuedMany: a disk that hangs under hundreds of
// programs must not cost megabytes for each.
const (
	queueFew   = 128 << 10
	queuedMany = 64 << 20
)

// queued is what all queues hold.
var queued atomic.Int64

// gatherFor is how long lines are let gather if the disk took something not longer ago than that: to start a writer and to write
// cost more than a line is worth. What comes after a longer pause is written at once. No more than gatherMost queues do so at a
// time, because each holds a block meanwhile.
const (
	gatherFor  = time.Millisecond
	gatherMost = 64
)

// gathering counts those queues.
var gathering atomic.Int32

// stallFor is how long a full Queue waits for the disk before it takes that for an outage.
const stallFor = 5 * time.Second

// Queue writes to a File without ever making the caller wait. Its methods may be called from any goroutine; operations are
// carried out in the order of the calls. An idle Queue has no goroutine and no buffer. It owns the File.
//
// Data that the disk refuses is dropped and counted. A disk that only hangs first makes writers pause (Write returns false), and
// after five seconds without any progress counts as refusing too. Either is reported once; the Queue recovers by itself.
type Queue struct {
	f      target
	path   string
	report func(Outage)
	outage health // used by the writer goroutine alone

	mu      sync.Mutex
	items   []item
	bytes   int  // in items, and in the one being written
	writing bool // the writer goroutine exists, or will when gather fires
	gather  *time.Timer
	closed  bool
	full    bool // a Write returned false and OnRoom was not called since
	room    func()
	moved   time.Time // when the disk last took something, or had nothing to take
	stalled bool
	lost    int64 // dropped because the queue was full, not yet reported
	watch   *time.Timer
	apart   bool // what was written as one piece is passed on as one
	source  Source
	fed     uint64 // see Fed
	pulling bool   // the writer writes what the source gave
}

// target is what a Queue needs of a File.
type target interface {
	Write(p []byte) (int, error)
	Reopen() error
	Clear() error
	Close() error
}

// item is one thing to do: data, an operation, or to read from the source.
type item struct {
	data *Block
	op   func() error
	done func(error)
	pull bool // read from the source
}

// NewQueue takes over f. report is told when f can't be written and when it can again; it is called from other goroutines,
// must not block, and may be nil.
func NewQueue(f *File, report func(Outage)) *Queue {
	q := newQueue(f, f.Path(), report)
	q.apart = f.opt.MaxBytes > 0 && f.opt.MaxBytes < joinFrom
	return q
}

// joinFrom is the least limit of rotation at which waiting lines are joined: below it, where the file is cut shows.
const joinFrom = 1 << 20

func newQueue(f target, path string, report func(Outage)) *Queue {
	if report == nil {
		report = func(Outage) {}
	}
	return &Queue{f: f, path: path, report: report, outage: health{path: path, report: report}}
}

// Path is the name the file was opened by.
func (q *Queue) Path() string { return q.path }

// Write copies p and takes it whole. The result says whether there is room for more: false asks the caller to stop reading
// until the function given to OnRoom is called. Who writes on nevertheless is served up to about a pipe's capacity; what is
// beyond is dropped and counted. After Close data is dropped.
func (q *Queue) Write(p []byte) (room bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.accepts(len(p)) {
		return !q.full || q.stalled
	}
	// Join it to what waits already, so that many short lines behind a slow disk do not cost a block each.
	if n := len(q.items); n > 0 && !q.apart && q.items[n-1].data != nil && q.items[n-1].data.add(p) {
		return q.added(len(p))
	}
	b := NewBlock(len(p))
	b.add(p)
	q.items = append(q.items, item{data: b})
	if q.writing || q.apart || time.Since(q.moved) >= gatherFor || gathering.Load() >= gatherMost {
		q.begin()
	} else {
		q.beginSoon()
	}
	return q.added(len(p))
}

// accepts tells if n bytes more are taken; if not they are counted.
func (q *Queue) accepts(n int) bool {
	if q.closed || n == 0 {
		return false
	}
	if q.stalled || q.bytes > 0 && q.bytes+n > queueMax {
		q.lost += int64(n)
		return false
	}
	return true
}

// added notes n bytes more and tells if there is room for more. A queue that became full is watched for a stall.
func (q *Queue) added(n int) bool {
	q.bytes += n
	high := queueHigh
	if queued.Add(int64(n)) > queuedMany {
		high = queueFew
	}
	if q.bytes < high || q.full {
		return !q.full
	}
	q.full = true
	q.watch = time.AfterFunc(stallFor, q.look)
	return false
}

// push queues something and sees to it that it gets done.
func (q *Queue) push(i item) {
	q.items = append(q.items, i)
	q.begin()
}

// begin sees to it that there is a writer now.
func (q *Queue) begin() {
	switch {
	case !q.writing:
		q.writing = true
		q.moved = time.Now()
		busy.add(1)
	case q.gather == nil || !q.gather.Stop():
		return
	default:
		gathering.Add(-1)
	}
	go q.write()
}

// beginSoon sees to it that there is a writer in a moment.
func (q *Queue) beginSoon() {
	q.writing = true
	busy.add(1)
	gathering.Add(1)
	if q.gather == nil {
		q.gather = time.AfterFunc(gatherFor, func() {
			gathering.Add(-1)
			q.write()
		})
		return
	}
	q.gather.Reset(gatherFor)
}

// OnRoom sets the function to be called, from another goroutine and without waiting for it to do anything, each time that
// Write may be used again after it returned false.
func (q *Queue) OnRoom(room func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.room = room
}

// Reopen closes the file and opens it again by name, after what was written so far (checklist 182). done may be nil; it is
// called from another goroutine and must not block. On an error the old file stays in use.
func (q *Queue) Reopen(done func(error)) {
	q.operate(func() error { return q.outage.anew(q.f.Reopen()) }, done)
}

// Clear removes the file and opens it anew (checklist 183). done as for Reopen.
func (q *Queue) Clear(done func(error)) {
	q.operate(func() error { return q.outage.anew(q.f.Clear()) }, done)
}

// Sync calls done when all that was written so far has reached the file or was dropped. It does not flush to the medium.
func (q *Queue) Sync(done func(error)) { q.operate(func() error { return nil }, done) }

// Close closes the file after what was written so far. It does not wait. Later operations end in os.ErrClosed.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.closed, q.source = true, nil
	q.push(item{op: func() error {
		q.outage.end(q.takeLost())
		return q.f.Close()
	}})
}

func (q *Queue) operate(op func() error, done func(error)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		if done != nil {
			go done(fmt.Errorf("cannot use log file %s: %w", q.path, os.ErrClosed))
		}
		return
	}
	q.push(item{op: op, done: done})
}
