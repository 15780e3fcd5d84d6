package logfile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/rescue"
)

// queued is the capacity of the blocks that all logs hold, in bytes.
var queued atomic.Int64

// gathering counts the logs that are collecting lines.
var gathering atomic.Int32

// sink is one open log with the data that waits to be written, for all its Queues. It has
// a writer while there is something to do: turns on the pool of package disk, or its own
// goroutine if writes never block a thread (a pipe, a terminal).
type sink struct {
	path   string
	task   *disk.Task
	f      target   // this and the next two belong to the writer, but for abort
	by     *Options // how f rotates now
	outage health

	mu      sync.Mutex
	queues  []*Queue     // those not closed
	report  func(Outage) // of the Queue opened last
	own     bool         // the writer is its own goroutine
	items   []item
	asked   int  // operations in items
	held    int  // capacity of the blocks in items, and of the one being written
	putting int  // bytes being written
	writing bool // there is a writer, or will be when later fires
	closing bool // counted in busy: it has no queues and is about to be closed
	gaveUp  bool // what is being written was reported as lost
	gathers bool // later fires when lines have been collected
	later   *time.Timer
	full    bool      // a Write returned false and there was no room since
	moved   time.Time // when the disk last took something, or had nothing to take
	stalled bool
	lost    int64 // dropped because the log was full, not yet reported
	watch   *time.Timer
	source  Source
	feeder  *Queue // the Queue that source is of
	fed     uint64 // see Fed
	pulling bool   // the writer is writing what it read from the source

	frozen  bool          // no writer may begin, and a running one stops (HandOver)
	aborted bool          // the write in progress was ended because of that
	kept    bool          // it stays open without Queues until CloseUnclaimed
	ceased  chan struct{} // closed when writing becomes false; nil: nobody waits
	names   []string      // other paths by which it was opened

	id    identity // this and the next are guarded by shared's lock
	fixed bool     // it never rotates, and is the same file under any name
}

// target is what a sink needs from a File.
type target interface {
	rotateBy(opt *Options)
	Write(p []byte) (int, error)
	Reopen() error
	Clear() error
	refresh() error // opens the path again if another file is there now
	Close() error
	identity() (id identity, fixed bool)
	place() Place // of the next write
	waits() bool  // a write may block a thread
	// abort(true) fails a write that blocks no thread, and further ones until
	// abort(false)
	abort(begin bool)
	handOver() HandedFile
}

// item is one thing to do: write data, carry out an operation, or read from the source.
type item struct {
	data *Block
	kind operation
	n    int // how often it was requested
	done []func(error)
	pull bool
}

// operation is an operation on the file, in order with the data.
type operation int

const (
	nothing operation = iota
	reopen
	empty
	lookAgain
)

func newSink(f target, path string) *sink {
	s := &sink{path: path, f: f, own: !f.waits()}
	s.outage = health{path: path, report: s.tell}
	s.task = disk.NewTask(path, s.advance)
	s.id, s.fixed = f.identity()
	return s
}

// join adds a Queue. The caller holds the lock.
func (s *sink) join(opt Options, report func(Outage)) *Queue {
	if report == nil {
		report = func(Outage) {}
	}
	q := &Queue{sink: s, opt: &opt, apart: opt.apart(), paused: s.full && !s.stalled}
	if name := filepath.Clean(opt.Path); name != s.path && !slices.Contains(s.names, name) {
		s.names = append(s.names, name)
	}
	s.queues = append(s.queues, q)
	s.report = report
	if s.closing {
		s.closing = false // the watch goes on: look finds out what for
		busy.add(-1)
	}
	return q
}

// leave removes a Queue, and has the log closed if that was the last. The caller holds
// the lock.
func (s *sink) leave(q *Queue) {
	s.remove(q)
	if len(s.queues) == 0 && !s.kept {
		s.close()
	}
}

func (s *sink) remove(q *Queue) {
	s.queues = slices.DeleteFunc(s.queues, func(other *Queue) bool { return other == q })
	if s.feeder == q {
		s.source, s.feeder = nil, nil
	}
}

// close has the log closed after what is queued. The caller holds the lock.
func (s *sink) close() {
	s.closing = true
	busy.add(1)
	s.begin()
	s.lookIn(stallFor - time.Since(s.moved))
}

// tell passes an Outage to the current report function.
func (s *sink) tell(o Outage) {
	s.mu.Lock()
	report := s.report
	s.mu.Unlock()
	report(o)
}

// hold adds the capacity of one more block. From the limit on, writers have to pause.
func (s *sink) hold(n int) {
	s.held += n
	high := queueHigh
	if queued.Add(int64(n)) > queuedMany {
		high = queueFew
	}
	if s.held >= high && !s.full {
		s.full = true
		s.lookIn(stallFor)
	}
}

// refuses returns why q can't queue an operation now, or nil.
func (s *sink) refuses(q *Queue) error {
	switch {
	case q.closed:
		return fmt.Errorf("cannot use log file %s: %w", s.path, os.ErrClosed)
	case s.asked >= operationsMost:
		return fmt.Errorf("cannot use log file %s: %w", s.path, disk.ErrBusy)
	}
	return nil
}

// push queues an operation, joined with the last item if that is of the same kind. The
// caller holds the lock.
func (s *sink) push(kind operation, done func(error)) {
	if n := len(s.items); n == 0 || s.items[n-1].data != nil || s.items[n-1].kind != kind {
		s.items = append(s.items, item{kind: kind})
	}
	last := &s.items[len(s.items)-1]
	if last.n++; done != nil {
		last.done = append(last.done, done)
	}
	s.asked++
	s.begin()
}

// begin makes sure that there is a writer now. The caller holds the lock.
func (s *sink) begin() {
	switch {
	case s.frozen:
		return
	case !s.writing:
		s.writing, s.moved = true, time.Now()
	case s.later == nil || !s.later.Stop():
		return
	}
	s.gatherNoMore()
	s.start()
}

func (s *sink) gatherNoMore() {
	if s.gathers {
		s.gathers = false
		gathering.Add(-1)
	}
}

// start starts the writer, or its next turn.
func (s *sink) start() {
	if s.own {
		go func() { rescue.Vital(writing, s.advance) }()
		return
	}
	s.task.Wake()
}

// beginSoon makes sure that there is a writer after gatherFor. The caller holds the lock.
func (s *sink) beginSoon() {
	if s.frozen {
		return
	}
	s.writing, s.gathers = true, true
	gathering.Add(1)
	s.startIn(gatherFor)
}

func (s *sink) startIn(d time.Duration) {
	if s.later != nil {
		s.later.Reset(d)
		return
	}
	s.later = time.AfterFunc(d, rescue.Around(writing, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.gatherNoMore()
		s.start()
	}))
}
