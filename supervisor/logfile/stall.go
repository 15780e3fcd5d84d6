package logfile

import (
	"fmt"
	"time"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/rescue"
)

// stallFor is how long a log that is full, or about to be closed, waits for the disk
// before that counts as a write failure.
const stallFor = 5 * time.Second

// lookIn has look called after d. The caller holds the lock.
func (s *sink) lookIn(d time.Duration) {
	if s.frozen {
		return // thaw calls it
	}
	if s.watch == nil {
		s.watch = time.AfterFunc(max(d, 0), rescue.Around("watching a log", s.look))
		return
	}
	s.watch.Reset(max(d, 0))
}

// look is called while the log is full or about to be closed, and checks whether the disk
// makes progress.
func (s *sink) look() {
	s.mu.Lock()
	if s.frozen || !s.closing && (!s.full || s.stalled) {
		s.mu.Unlock()
		return
	}
	if idle := time.Since(s.moved); idle < stallFor {
		s.lookIn(stallFor - idle)
		s.mu.Unlock()
		return
	}
	if s.closing {
		s.giveUp()
		return
	}
	rooms := s.room()
	s.full, s.stalled = true, true // what is written from now on is dropped
	s.mu.Unlock()
	s.tell(Outage{Path: s.path, Err: fmt.Errorf("cannot write to %s: no progress for %v; output is dropped", s.path, stallFor)})
	for _, room := range rooms {
		room()
	}
}

// giveUp drops what waits for a log that has no Queue any more, and reports that. It ends
// a write to a pipe or terminal; one that blocks a thread in the kernel ends when the
// kernel lets it, and until then a Queue opened for the path shares the log. The caller
// holds the lock, which giveUp releases.
func (s *sink) giveUp() {
	lost := s.lost + int64(s.putting)
	var done []func(error)
	for _, i := range s.items {
		if i.data != nil {
			lost += int64(i.data.n)
			s.held -= len(i.data.buf)
			queued.Add(int64(-len(i.data.buf)))
			i.data.Release()
			continue
		}
		s.asked -= i.n
		done = append(done, i.done...)
	}
	s.items, s.lost = nil, 0
	s.room()
	if s.putting > 0 {
		if s.gaveUp = true; s.own {
			s.f.abort(true)
		}
	}
	s.closed()
	s.mu.Unlock()
	if lost > 0 {
		s.tell(Outage{Path: s.path, Err: fmt.Errorf("cannot write to %s: no progress; it was given up, %d bytes were lost", s.path, lost)})
	}
	for _, d := range done {
		d(fmt.Errorf("cannot use log file %s: %w", s.path, disk.ErrBusy))
	}
}
