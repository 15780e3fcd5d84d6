package logfile

import "time"

// Source is what the writer of a log reads by itself while nothing is queued. It is for floods: one goroutine that reads a
// buffer and writes it finds it in its processor's cache, a second one behind a queue does not (measured with 64 KiB writes:
// a third of the rate for two and a half times the CPU).
type Source interface {
	// Read reads what is there now, at most len(p) bytes, without waiting. 0: there is nothing, or nothing will come. It holds up
	// whoever uses the log, so it must be quick.
	Read(p []byte) int
	// Rest is called when Read had nothing. It says how long to wait before the next Read; false: the source is let go.
	Rest() (time.Duration, bool)
	// Done says that the log has let the source go because Rest said so. It is not called after Unfeed.
	Done()
}

// Feed lets the writer read src until src has nothing more or Unfeed is called. What was written before comes before what src
// gives. false: not now, the disk is behind, another source is read, or the Queue is closed.
func (q *Queue) Feed(src Source) bool {
	s := q.sink
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.closed || s.source != nil || s.pulling || s.held > blockSize {
		return false
	}
	s.source, s.feeder = src, q
	s.begin()
	return true
}

// Unfeed ends that: when it returns, the source is not read any more, and what was read comes before what is written from now on.
func (q *Queue) Unfeed() {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	if q.sink.feeder == q {
		q.sink.source, q.sink.feeder = nil, nil
	}
}

// Fed counts the turns in which the writer has read a source. A number that stands still shows a disk that hangs.
func (q *Queue) Fed() uint64 {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	return q.sink.fed
}

// pull reads from the source and writes that, at most about most bytes, until something is queued or the source is gone. It
// reports whether the writer rests meanwhile.
func (s *sink) pull(most int) (n int, rests bool) {
	b := NewBlock(blockSize)
	defer b.Release()
	for n < most {
		s.mu.Lock()
		src := s.source
		if s.pulling = false; src == nil || len(s.items) > 0 {
			s.mu.Unlock()
			return n, false
		}
		opt := &s.feeder.opt
		s.fed++
		m := src.Read(b.buf) // under the lock: Unfeed has the last word
		s.pulling, s.putting = m > 0, m
		s.mu.Unlock()
		if m == 0 {
			return n, s.rest(src)
		}
		s.put(b.buf[:m], opt)
		n += m
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pulling = false
	return n, false
}

// rest asks the source how to go on, and reports whether the writer rests.
func (s *sink) rest(src Source) bool {
	pause, more := src.Rest()
	s.mu.Lock()
	switch {
	case s.source != src || more && len(s.items) > 0:
		s.mu.Unlock()
		return false
	case more:
		s.startIn(pause)
		s.mu.Unlock()
		return true
	}
	s.source, s.feeder = nil, nil
	s.mu.Unlock()
	src.Done()
	return false
}
