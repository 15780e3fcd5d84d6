package supervisor

import (
	"runtime"
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
)

// talk is the loop's attention to one listener for which more events wait: it looks for the answer instead of sleeping until it is
// told of it (capture.Table.Answer).
type talk struct {
	with  uint64    // row of the listener; 0: none
	since time.Time // its last event, or its last answer
	skip  int       // so many events are sent without a talk, because the listener was slow
	last  int       // what skip was then
}

const (
	lookFor  = 100 * time.Microsecond // a listener that takes longer does not feel the time of a wake-up
	mostSkip = 64
)

// atOnce is always due.
var atOnce = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// addressed begins or goes on with a talk: an event was sent to c.
func (l *loop) addressed(p *pool, c *child) {
	switch {
	case l.talk.with == c.row:
		l.talk.since = l.now
	case len(p.buffer) == 1: // the one that was sent
	case l.talk.skip > 0:
		l.talk.skip--
	default:
		l.hangUp()
		l.talk.with, l.talk.since = c.row, l.now
	}
}

// hear looks for the answer.
func (l *loop) hear() {
	if l.talk.with == 0 {
		return
	}
	c := l.byRow[l.talk.with]
	if c == nil {
		l.hangUp()
		return
	}
	id := capture.ID{Proc: l.talk.with, Channel: capture.Stdout}
	answer, ok := l.table.Answer(id)
	if answer != nil {
		l.talk.since, l.talk.last = l.now, 0
		l.chunk(c, capture.Chunk{ID: id, Data: answer})
		return
	}
	if ok && l.now.Sub(l.talk.since) < lookFor {
		runtime.Gosched()
		return
	}
	if c.listener.Parser.State == event.Busy {
		l.talk.last = min(2*l.talk.last+1, mostSkip)
		l.talk.skip = l.talk.last
	}
	l.hangUp()
}

// hangUp ends a talk.
func (l *loop) hangUp() {
	if l.talk.with != 0 {
		l.table.Return(capture.ID{Proc: l.talk.with, Channel: capture.Stdout})
		l.talk.with = 0
	}
}
