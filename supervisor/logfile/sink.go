package logfile

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"reeve/supervisor/internal/disk"
)

// queued is the capacity that all logs hold.
var queued atomic.Int64

// gathering counts the logs that let lines gather.
var gathering atomic.Int32

// sink is one open log and what waits to be written to it, for all its Queues. It has a writer while there is something to do:
// turns on the disk's pool, or a goroutine of its own if the file never makes a thread wait (a pipe, a terminal).
type sink struct {
	path   string
	task   *disk.Task
	f      target   // this and the next two are the writer's, but for abort
	by     *Options // how f rotates just now
	outage health

	mu      sync.Mutex
	queues  []*Queue     // those not closed
	report  func(Outage) // of the one opened last
	own     bool         // the writer is a goroutine of its own
	items   []item
	asked   int  // operations in items
	held    int  // capacity of the blocks in items, and of the one being written
	putting int  // bytes being written
	writing bool // there is a writer, or will be when later fires
	closing bool // in busy: it has no queues and is about to be closed
	gaveUp  bool // what is being written was reported as lost
	gathers bool // later is for lines to gather
	later   *time.Timer
	full    bool      // a Write returned false and there was no room since
	moved   time.Time // when the disk last took something, or had nothing to take
	stalled bool
	lost    int64 // dropped because the log was full, not yet reported
	watch   *time.Timer
	source  Source
	feeder  *Queue // whose source it is
	fed     uint64 // see Fed
	pulling bool   // the writer writes what the source gave

	id    identity // this and the next are guarded by the lock of shared
	fixed bool     // it never rotates, and is the same file under any name
}

// target is what a sink needs of a File.
type target interface {
	rotateBy(opt *Options)
	Write(p []byte) (int, error)
	Reopen() error
	Clear() error
	refresh() error // opens the path again if something else is there now
	Close() error
	identity() (id identity, fixed bool)
	waits() bool      // a write may make a thread wait
	abort(begin bool) // ends a write that makes none wait, and further ones until abort(false)
}

// item is one thing to do: data, an operation, or to read from the source.
type item struct {
	data *Block
	kind operation
	n    int // how often it was asked for
	done []func(error)
	pull bool
}

// operation is what is done to the file in order with the data.
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
	q := &Queue{sink: s, opt: opt, apart: opt.MaxBytes > 0 && opt.MaxBytes < joinFrom}
	s.queues = append(s.queues, q)
	s.report = report
	if s.closing {
		s.closing = false
		s.watch.Stop()
		busy.add(-1)
	}
	return q
}

// leave takes a Queue away, and has the log closed if that was the last. The caller holds the lock.
func (s *sink) leave(q *Queue) {
	s.queues = slices.DeleteFunc(s.queues, func(other *Queue) bool { return other == q })
	if s.feeder == q {
		s.source, s.feeder = nil, nil
	}
	if len(s.queues) > 0 {
		return
	}
	s.closing = true
	busy.add(1)
	s.begin()
	s.lookIn(stallFor - time.Since(s.moved))
}

// tell reports.
func (s *sink) tell(o Outage) {
	s.mu.Lock()
	report := s.report
	s.mu.Unlock()
	report(o)
}

// hold notes the capacity of one block more.
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

// refuses returns why q can't have an operation now, or nil.
func (s *sink) refuses(q *Queue) error {
	switch {
	case q.closed:
		return fmt.Errorf("cannot use log file %s: %w", s.path, os.ErrClosed)
	case s.asked >= operationsMost:
		return fmt.Errorf("cannot use log file %s: %w", s.path, disk.ErrBusy)
	}
	return nil
}

// push queues an operation, together with one of the same kind if that is the last thing to do anyway.
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

// begin sees to it that there is a writer now.
func (s *sink) begin() {
	switch {
	case !s.writing:
		s.writing, s.moved = true, time.Now()
	case s.later == nil || !s.later.Stop():
		return
	case s.gathers:
		s.gathers = false
		gathering.Add(-1)
	}
	s.start()
}

// start starts the writer, or lets it go on.
func (s *sink) start() {
	if s.own {
		go s.advance()
		return
	}
	s.task.Wake()
}

// beginSoon sees to it that there is a writer in a moment.
func (s *sink) beginSoon() {
	s.writing, s.gathers = true, true
	gathering.Add(1)
	s.startIn(gatherFor)
}

func (s *sink) startIn(d time.Duration) {
	if s.later != nil {
		s.later.Reset(d)
		return
	}
	s.later = time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.gathers {
			s.gathers = false
			gathering.Add(-1)
		}
		s.start()
	})
}
