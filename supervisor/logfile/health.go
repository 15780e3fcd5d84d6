package logfile

import (
	"fmt"
	"time"
)

// calmFor is how long writes must go well before an outage counts as over: a disk that is nearly full takes one line and
// refuses the next.
const calmFor = time.Second

// health tells one outage from the next, so that each is reported once.
type health struct {
	path    string
	report  func(Outage)
	down    bool      // an outage was reported
	refused bool      // the last write failed
	since   time.Time // of the last failure
	lost    int64
	rotates bool // a failed rotation was reported
}

// failed notes a write that lost bytes.
func (h *health) failed(now time.Time, err error, lost int64) {
	h.lost += lost
	h.since, h.refused = now, true
	if !h.down {
		h.down = true
		h.report(Outage{Path: h.path, Err: fmt.Errorf("%w; output is dropped", err)})
	}
}

// wrote notes a write that went well. lost is what was dropped earlier because the queue was full.
func (h *health) wrote(now time.Time, lost int64) {
	h.lost += lost
	h.refused = false
	if h.lost > 0 && (!h.down || now.Sub(h.since) >= calmFor) {
		h.end()
	}
}

// end reports the end of an outage.
func (h *health) end() {
	h.report(Outage{Path: h.path, Lost: h.lost})
	h.down, h.lost = false, 0
}

// close reports what was lost when the log is closed, lost bytes just now, and whether it could still not be written.
func (h *health) close(lost int64) {
	switch h.lost += lost; {
	case h.lost == 0:
	case h.refused:
		h.report(Outage{Path: h.path, Err: fmt.Errorf("%s was closed and could not be written until then; %d bytes were lost", h.path, h.lost)})
	default:
		h.end()
	}
}

// notRotated notes a rotation that failed; it says so once until the file is opened anew.
func (h *health) notRotated(err error) {
	if !h.rotates {
		h.rotates = true
		h.report(Outage{Path: h.path, Err: err})
	}
}

// anew notes that the file was opened again, if err is nil, and returns err.
func (h *health) anew(err error) error {
	if err == nil {
		h.rotates = false
	}
	return err
}

// moves notes the end of a stall, which was reported when it began.
func (h *health) moves(lost int64) {
	if h.lost += lost; h.down {
		return // it moves, but it refuses: that outage goes on
	}
	h.report(Outage{Path: h.path, Lost: h.lost})
	h.lost = 0
}
