package capture

import (
	"bytes"
	"sync"
	"time"
)

// row is one pipe that is read. Only the Table's goroutine touches it, but for Raw ones: those the loop may borrow (answer.go).
type row struct {
	mu       sync.Mutex // held by whoever reads, of Raw ones also for the rest
	id       ID
	fd       int // -1: at end of file, waiting for Drain
	opt      Options
	capture  *captured // nil: no tokens are looked for
	feed     *feed     // nil: the Table reads it
	pipe     pipe
	last     time.Time // of the last read
	calls    int       // reads in a row that came soon after the last one
	watched  bool      // the poller looks at fd, unless it is borrowed
	borrowed bool      // by the loop
	paused   bool      // its log is full
	lingers  bool      // it was drained, and is read on
	until    time.Time // so long at most
}

// captured is the state of capture mode.
type captured struct {
	tokens
	bound
}

func newRow(id ID, fd int, opt Options) *row {
	r := &row{id: id, fd: fd, opt: opt}
	if opt.CaptureMax > 0 && !opt.Raw {
		r.capture = &captured{}
	}
	return r
}

// plain tells whether data can go to the log as it is, with nobody else looking at it.
func (r *row) plain() bool {
	return r.opt.Log != nil && r.opt.Syslog == nil && !r.opt.StripANSI && !r.capturing() && !r.wanted()
}

// wanted tells whether the loop wants the chunks.
func (r *row) wanted() bool { return r.opt.Events || r.opt.Echo || r.opt.Raw }

func (r *row) capturing() bool { return r.capture != nil }

// floods notes a read of n bytes, and tells whether they are part of a flood that the log can read by itself.
func (r *row) floods(n int, now time.Time) bool {
	if r.calls++; now.Sub(r.last) > soon {
		r.calls = 0
	}
	r.last = now
	return n > 0 && (n >= blockRead || r.calls >= lineReads) && r.plain()
}

// pass looks for tokens in data, if they matter here.
func (r *row) pass(data []byte, send func(Output)) {
	if !r.capturing() {
		r.text(data, send)
		return
	}
	r.capture.feed(data, func(p []byte) { r.text(p, send) }, func() { send(Comm{r.id, r.capture.take()}) })
}

// flush passes on what was held back.
func (r *row) flush(send func(Output)) {
	if r.capturing() {
		r.capture.flush(func(p []byte) { r.text(p, send) })
	}
}

// text passes on output that holds no token.
func (r *row) text(data []byte, send func(Output)) {
	raw := data
	if r.opt.StripANSI {
		data = stripANSI(data)
	}
	switch {
	case r.capturing() && r.capture.Capturing:
		r.capture.add(data, r.opt.CaptureMax)
	default:
		if r.opt.Log != nil {
			r.logged(r.opt.Log.Write(data))
		}
		if r.opt.Syslog != nil && !r.opt.Raw {
			r.opt.Syslog.SendLines(r.opt.Name+" ", data)
		}
	}
	if r.opt.Raw {
		data = raw
	}
	if r.wanted() {
		send(Chunk{r.id, bytes.Clone(data)})
	}
}

func (r *row) logged(room bool) {
	if !room {
		r.paused = true
	}
}

// clear forgets what is being captured (checklist 183).
func (r *row) clear() {
	if r.capturing() {
		r.capture.take()
	}
}
