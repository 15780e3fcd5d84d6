package logfile

// Source is what the writer of a Queue reads by itself while nothing is queued. It is for floods: one goroutine that reads a
// buffer and writes it finds it in its processor's cache, a second one behind a queue does not (measured with 64 KiB writes:
// a third of the rate for two and a half times the CPU).
type Source interface {
	// Read reads what is there now, at most len(p) bytes, without waiting. 0: there is nothing, or nothing will come. It holds up
	// whoever uses the Queue, so it must be quick.
	Read(p []byte) int
	// Wait is called when Read had nothing: it waits a moment for more, and tells whether there may be some.
	Wait() bool
	// Done says that the Queue has let the source go because Wait said so. It is not called after Unfeed.
	Done()
}

// Feed lets the writer read s until s has nothing more or Unfeed is called. What was written before comes before what s gives.
// false: not now, the disk is behind, or the Queue is closed.
func (q *Queue) Feed(s Source) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.pulling || q.bytes > blockSize {
		return false
	}
	q.source = s
	q.begin()
	return true
}

// Unfeed ends that: when it returns, the source is not read any more, and what was read comes before what is written from now on.
func (q *Queue) Unfeed() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.source = nil
}

// Fed tells how many times the writer has written what a source gave. A number that stands still shows a disk that hangs.
func (q *Queue) Fed() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.fed
}

// pull is a turn of the writer for which nothing is queued: it reads from the source into b and writes that. false: something is
// queued, or there is no source any more.
func (q *Queue) pull(b *Block) bool {
	q.mu.Lock()
	s := q.source
	q.pulling = false
	if s == nil || len(q.items) > 0 {
		q.mu.Unlock()
		return false
	}
	q.fed++
	b.n = s.Read(b.buf) // under the lock: Unfeed has the last word
	q.pulling = b.n > 0
	q.mu.Unlock()
	if b.n > 0 {
		q.put(b.buf[:b.n])
		return true
	}
	if s.Wait() {
		return true
	}
	q.mu.Lock()
	let := q.source == s
	if let {
		q.source = nil
	}
	q.mu.Unlock()
	if let {
		s.Done()
	}
	return false
}
