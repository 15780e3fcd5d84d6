package logfile

import "time"

// Source is what the writer of a log reads by itself while nothing is queued. It is for
// floods: a goroutine that both reads and writes a buffer finds it in its processor's
// cache, a second goroutine behind a queue does not (measured with 64 KiB writes: a third
// of the rate for two and a half times the CPU).
type Source interface {
	// Read reads what is there now, at most len(p) bytes, without waiting. 0: there is
	// nothing now, or nothing will come. It delays all users of the log, so it must be
	// quick.
	Read(p []byte) int
	// Rest is called when Read had nothing. It returns how long to wait before the next
	// Read; false: release the source.
	Rest() (time.Duration, bool)
	// Done is called when the log has released the source because Rest returned false. It
	// is not called after Unfeed.
	Done()
}

// Careful is a Source that leaves what it has read where it was until that is written: if
// this process dies, another one finds it there.
type Careful interface {
	Source
	// Writing is called before what Read returned is written, with where that will be.
	Writing(at Place)
	// Written is called when it is written, given up or queued.
	Written()
}

// Place is a place in a file. Its Offset is negative if it is in no regular file.
type Place struct {
	Dev, Ino uint64
	Offset   int64
}

// Feed has the writer read src until src has nothing more or Unfeed is called. What was
// written before comes before the data of src. false: not now, because the disk is
// behind, there is another source, or the Queue is closed.
func (q *Queue) Feed(src Source) bool {
	s := q.sink
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.closed || s.frozen || s.source != nil || s.pulling || s.held > blockSize {
		return false
	}
	s.source, s.feeder = src, q
	s.begin()
	return true
}

// Unfeed ends what Feed began: when it returns, the source is no longer read, and what
// was read from it comes before what is written from now on.
func (q *Queue) Unfeed() {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	if q.sink.feeder == q {
		q.sink.source, q.sink.feeder = nil, nil
	}
}

// Fed returns how often the writer has read a source. If the number stays the same, the
// disk hangs.
func (q *Queue) Fed() uint64 {
	q.sink.mu.Lock()
	defer q.sink.mu.Unlock()
	return q.sink.fed
}

// pull reads from the source and writes, about most bytes at most, until something is
// queued or the source is gone. rests reports whether the writer pauses; a timer or begin
// then starts it again.
func (s *sink) pull(most int) (n int, rests bool) {
	b := NewBlock(blockSize)
	defer b.Release()
	for n < most {
		src, opt, m := s.readSource(b.buf)
		switch {
		case src == nil:
			return n, false
		case m == 0:
			return n, s.rest(src)
		}
		careful, leaves := src.(Careful)
		if leaves {
			careful.Writing(s.f.place())
		}
		if left, _ := s.put(b.buf[:m], opt); left > 0 {
			s.keep(b.buf[m-left:m], opt)
		}
		if leaves {
			careful.Written()
		}
		n += m
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pulling = false
	return n, false
}

// readSource reads from the source, if it is its turn. It holds the lock, so that nothing
// is read after Unfeed.
func (s *sink) readSource(buf []byte) (src Source, opt *Options, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pulling = false; s.source == nil || len(s.items) > 0 || s.frozen {
		return nil, nil, 0
	}
	s.fed++
	n = s.source.Read(buf)
	s.pulling, s.putting = n > 0, n
	return s.source, s.feeder.opt, n
}

// rest asks the source how to go on, and reports whether the writer pauses.
func (s *sink) rest(src Source) bool {
	pause, more := src.Rest()
	s.mu.Lock()
	switch {
	case s.source != src || more && (len(s.items) > 0 || s.frozen):
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
