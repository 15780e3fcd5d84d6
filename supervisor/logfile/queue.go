package logfile

import "time"

// How much a log holds, counted in whole blocks. queueHigh is where Write begins to ask for a pause, queueLow where the pause
// ends, queueMax where data is dropped. Between high and max there is room for the read that filled it and for what a pipe
// still holds when its writer has died, a mebibyte each at most.
const (
	queueHigh = 2 << 20
	queueLow  = 512 << 10
	queueMax  = queueHigh + 5<<20/2
)

// queueFew takes the place of queueHigh while all logs together hold more than queuedMany: a disk that hangs under hundreds of
// programs must not cost megabytes for each.
const (
	queueFew   = 128 << 10
	queuedMany = 64 << 20
)

// gatherFor is how long lines are let gather if the disk took something not longer ago than that: to start a writer and to write
// cost more than a line is worth. What comes after a longer pause is written at once. No more than gatherMost logs do so at a
// time, because each holds a block meanwhile.
const (
	gatherFor  = time.Millisecond
	gatherMost = 64
)

// operationsMost bounds the operations that wait for a log that hangs.
const operationsMost = 1000

// Queue writes to a log without ever making the caller wait. Its methods may be called from any goroutine; operations are
// carried out in the order of the calls, also among the Queues of one log (see OpenQueue). An idle Queue has no goroutine and
// no buffer.
//
// Data that the disk refuses is dropped and counted. A disk that only hangs first makes writers pause (Write returns false), and
// after five seconds without any progress counts as refusing too. Either is reported when it begins and when it ends; the log
// recovers by itself.
type Queue struct {
	sink  *sink
	opt   Options
	apart bool // what was written as one piece is passed on as one

	// The rest is guarded by the sink's lock.
	closed bool
	paused bool // a Write returned false and room was not called since
	room   func()
}

// joinFrom is the least limit of rotation at which waiting lines are joined: below it, where the file is cut shows.
const joinFrom = 1 << 20

// Path is the name the file was opened by.
func (q *Queue) Path() string { return q.opt.Path }

// Shares reports whether both write to one log.
func (q *Queue) Shares(other *Queue) bool { return other != nil && q.sink == other.sink }

// Write copies p and takes it whole. The result says whether there is room for more: false asks the caller to stop reading
// until the function given to OnRoom is called. Who writes on nevertheless is served up to about a pipe's capacity; what is
// beyond is dropped and counted. After Close data is dropped.
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
	// Join it to what waits already, so that many short lines behind a slow disk do not cost a block each.
	if n := len(s.items); n > 0 && s.items[n-1].data != nil && s.items[n-1].data.add(p, &q.opt, q.apart) {
		return q.goOn()
	}
	if s.held > 0 && s.held+max(len(p), blockSize) > queueMax {
		s.lost += int64(len(p))
		return q.goOn()
	}
	b := NewBlock(len(p))
	b.add(p, &q.opt, q.apart)
	s.items = append(s.items, item{data: b})
	if s.writing || q.apart || time.Since(s.moved) >= gatherFor || gathering.Load() >= gatherMost {
		s.begin()
	} else {
		s.beginSoon()
	}
	s.hold(len(b.buf))
	return q.goOn()
}

// goOn reports whether there is room for more, and notes that the caller waits for it if not.
func (q *Queue) goOn() bool {
	q.paused = q.sink.full && !q.sink.stalled
	return !q.paused
}

// OnRoom sets the function to be called, from another goroutine and without waiting for it to do anything, each time that
// Write may be used again after it returned false.
func (q *Queue) OnRoom(room func()) {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	q.room = room
}

// Reopen closes the file and opens it again by name, after what was written so far (checklist 182). done may be nil; it is
// called from another goroutine and must not block. On an error the old file stays in use.
func (q *Queue) Reopen(done func(error)) { q.operate(reopen, done) }

// Clear removes the file and opens it anew (checklist 183). done as for Reopen.
func (q *Queue) Clear(done func(error)) { q.operate(empty, done) }

// Sync calls done when all that was written so far has reached the file or was dropped. It does not flush to the medium.
func (q *Queue) Sync(done func(error)) { q.operate(nothing, done) }

// Close ends the use of the log. It does not wait. The file is closed after what was written so far, unless another Queue
// uses it; if the file does not take it for five seconds it is dropped, and that is reported. Later operations end in
// os.ErrClosed.
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
			go done(err)
		}
		return
	}
	s.push(kind, done)
}
