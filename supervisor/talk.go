package supervisor

import (
	"runtime"
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
)

// talk is the loop's polling of one listener for which more events wait: the loop looks
// for the answer instead of sleeping until capture reports it (capture.Table.Answer).
type talk struct {
	with  uint64    // row of the listener; 0: none
	asked bool      // the Table was asked for an answer
	since time.Time // its last event, or its last answer
}

const (
	// A listener that takes longer does not notice the time of a wake-up.
	lookFor  = 100 * time.Microsecond
	mostSkip = 64 // events sent without polling after a slow answer
)

// atOnce is always ready to receive from.
var atOnce = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// canTalk reports whether there is a processor for the listener while the loop polls.
func canTalk() bool { return runtime.GOMAXPROCS(0) > 1 }

// addressed begins or continues to poll c, to which an event was just sent.
func (l *loop) addressed(c *child) {
	g := c.group
	switch {
	case l.talk.with == c.row:
		l.talk.since = l.now
	case l.talk.with != 0, c.listener.Waiting() == 0, !l.talks:
	case g.skip > 0:
		g.skip--
	default:
		l.talk = talk{with: c.row, since: l.now}
	}
}

// hear polls for the answer.
func (l *loop) hear() {
	if l.talk.with == 0 {
		return
	}
	c := l.byRow[l.talk.with]
	if c == nil || !c.talks() {
		l.hangUp()
		return
	}
	id := capture.ID{Proc: l.talk.with, Channel: capture.Stdout}
	answer, ok := l.table.Answer(id)
	l.talk.asked = true
	g := c.group
	if answer != nil {
		l.talk.since, g.skipped = l.now, 0
		l.chunk(c, capture.Chunk{ID: id, Data: answer})
		return
	}
	if ok && l.now.Sub(l.talk.since) < lookFor {
		runtime.Gosched()
		return
	}
	if c.listener.Parser.State == event.Busy {
		g.skipped = min(2*g.skipped+1, mostSkip)
		g.skip = g.skipped
	}
	l.hangUp()
}

// talks reports whether c is a listener that may still answer.
func (c *child) talks() bool {
	return c.listener != nil && c.group.pool != nil && c.listener.Parser.State != event.Unknown
}

// hangUp stops polling.
func (l *loop) hangUp() {
	if l.talk.asked {
		l.table.Return(capture.ID{Proc: l.talk.with, Channel: capture.Stdout})
	}
	l.talk = talk{}
}
