package capture

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// row is one pipe that is read. It belongs to the Table's goroutine, but the loop may
// borrow a Raw row (answer.go).
type row struct {
	mu       sync.Mutex // held while reading; for Raw rows it guards the rest too
	id       ID
	fd       int // -1: ended, waiting for Drain
	opt      Options
	capture  *captured // nil: do not look for tokens
	feed     *feed     // nil: the Table reads it
	pipe     pipe
	last     time.Time // of the last read
	calls    int       // successive reads that came soon after one another
	watched  bool      // the poller watches fd, unless it is borrowed
	borrowed bool      // by the loop
	paused   bool      // its log is full
	lingers  bool      // drained, but still read
	until    time.Time // how long at most
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

// plain reports whether data goes to the log unchanged and nowhere else.
func (r *row) plain() bool {
	return r.opt.Log != nil && r.opt.Syslog == nil && !r.opt.StripANSI && !r.capturing() && !r.wanted() && r.opt.Until == nil
}

// wanted reports whether the loop wants the Chunks.
func (r *row) wanted() bool { return r.opt.Events || r.opt.Echo || r.opt.Raw }

func (r *row) capturing() bool { return r.capture != nil }

// floods records a read of n bytes, and reports whether they are part of a flood that the
// log can read by itself.
func (r *row) floods(n int, now time.Time) bool {
	if r.calls++; now.Sub(r.last) > soon {
		r.calls = 0
	}
	r.last = now
	return n > 0 && (n >= blockRead || r.calls >= lineReads) && r.plain()
}

// take reads what is there. What is to be noted down is noted before it leaves the pipe: if
// this process dies in between, it is in both places.
func (r *row) take(p []byte) (n int, err error) {
	if !r.opt.Raw || r.opt.Heard == nil {
		return read(r.fd, p)
	}
	n, err = peek(r.fd, p)
	if err != nil && !errors.Is(err, unix.EAGAIN) { // no pipe, no Linux, or a lack of descriptors
		if n, err = read(r.fd, p); n > 0 {
			r.opt.Heard(p[:n])
		}
		return n, err
	}
	if err != nil || n <= 0 {
		return n, err
	}
	r.opt.Heard(p[:n])
	return read(r.fd, p[:n])
}

func read(fd int, p []byte) (n int, err error) {
	for {
		if n, err = unix.Read(fd, p); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// pass passes on data, looking for tokens if capture mode is configured.
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
	if r.opt.Until != nil && r.opt.Until(data) {
		r.opt.Until = nil
		send(Matched{r.id})
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

// clear drops what is being captured (fact 183: clearProcessLogs).
func (r *row) clear() {
	if r.capturing() {
		r.capture.take()
	}
}
