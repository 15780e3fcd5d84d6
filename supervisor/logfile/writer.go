package logfile

import (
	"fmt"
	"time"
)

// write is the writer goroutine: it lives while there is something to do.
func (q *Queue) write() {
	defer busy.add(-1)
	for {
		i, ok := q.next()
		if !ok {
			return
		}
		if i.pull {
			b := NewBlock(blockSize)
			for q.pull(b) {
			}
			b.Release()
			continue
		}
		n := 0
		if i.data != nil {
			n = i.data.n
			q.put(i.data.buf[:n])
			i.data.Release()
		} else if err := i.op(); i.done != nil {
			i.done(err)
		}
		q.wrote(n)
	}
}

// next takes the first item off, or ends the writer.
func (q *Queue) next() (item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		q.items = nil
		q.writing = q.source != nil
		return item{pull: q.writing}, q.writing
	}
	i := q.items[0]
	q.items[0] = item{}
	q.items = q.items[1:]
	return i, true
}

// put writes one piece and tells the outage what came of it.
func (q *Queue) put(p []byte) {
	n, err := q.f.Write(p)
	switch {
	case err == nil:
		q.outage.wrote(time.Now(), q.takeLost())
	case n == len(p):
		q.outage.notRotated(err)
		q.outage.wrote(time.Now(), q.takeLost())
	default:
		q.outage.failed(time.Now(), err, int64(len(p)-n))
	}
}

// wrote notes that n bytes are off the queue, and wakes who waits for that.
func (q *Queue) wrote(n int) {
	q.mu.Lock()
	q.bytes -= n
	queued.Add(int64(-n))
	q.moved = time.Now()
	if !q.full || q.bytes > queueLow {
		q.mu.Unlock()
		return
	}
	stalled, lost := q.stalled, q.lost
	if stalled {
		q.lost = 0
	}
	q.full, q.stalled = false, false
	q.watch.Stop()
	room := q.room
	q.mu.Unlock()
	if stalled {
		q.outage.moves(lost)
	}
	if room != nil {
		room()
	}
}

// takeLost returns what was dropped for want of room, to be reported now.
func (q *Queue) takeLost() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stalled {
		return 0 // there will be more
	}
	lost := q.lost
	q.lost = 0
	return lost
}

// look is called while the queue is full: does the disk still move?
func (q *Queue) look() {
	q.mu.Lock()
	if !q.full || q.stalled {
		q.mu.Unlock()
		return
	}
	if idle := time.Since(q.moved); idle < stallFor {
		q.watch.Reset(stallFor - idle)
		q.mu.Unlock()
		return
	}
	q.stalled = true
	room := q.room
	q.mu.Unlock()
	q.report(Outage{Path: q.path, Err: fmt.Errorf("cannot write to %s: no progress for %v; output is dropped", q.path, stallFor)})
	if room != nil {
		room() // what is read from now on is dropped
	}
}
