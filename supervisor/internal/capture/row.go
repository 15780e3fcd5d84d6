package capture

import (
	"bytes"

	"reeve/supervisor/logfile"
)

// row is one pipe that is read. Only the Table's goroutine touches it.
type row struct {
	id      ID
	fd      int // -1: at end of file, waiting for Drain
	opt     Options
	capture *captured // nil: no tokens are looked for
	pipe    *pipe     // nil: it was never busy
	watched bool      // the poller looks at fd
	paused  bool      // its log is full
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

// pipeSize is the size of its pipe, as far as that matters.
func (r *row) pipeSize() int {
	if r.pipe == nil {
		return plainPipe
	}
	return r.pipe.size
}

// readMax is how much is read at once: what others look at is read in pieces as upstream reads them.
func (r *row) readMax() int {
	if r.wanted() || r.capturing() {
		return plainPipe
	}
	return max(r.pipeSize(), plainPipe)
}

// take passes on the first n bytes of b, and takes b over.
func (r *row) take(b *logfile.Block, n int, send func(Output)) {
	if n >= copyBelow && r.plain() {
		r.logged(r.opt.Log.WriteBlock(b, n))
		return
	}
	r.pass(b.Space()[:n], send)
	b.Release()
}

// copyBelow is the size from which on a block is handed over: below that copying is cheaper than a block per line.
const copyBelow = 16 << 10

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
