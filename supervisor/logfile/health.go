package logfile

import (
	"fmt"
	"time"
)

// calmFor is how long writes must succeed before a write failure counts as over: a nearly
// full disk takes one line and refuses the next.
const calmFor = time.Second

// health tracks the write failures of a log, so that each Outage is reported once.
type health struct {
	path    string
	report  func(Outage)
	down    bool      // a failure was reported
	refused bool      // the last write failed
	since   time.Time // of the last failure
	lost    int64
	rotates bool // a failed rotation was reported
}

// failed records a write that lost bytes, and reports it unless a failure is reported
// already.
func (h *health) failed(now time.Time, err error, lost int64) {
	h.lost += lost
	h.since, h.refused = now, true
	if !h.down {
		h.down = true
		h.report(Outage{Path: h.path, Err: fmt.Errorf("%w; output is dropped", err)})
	}
}

// wrote records a successful write. lost is what was dropped before because the queue was
// full.
func (h *health) wrote(now time.Time, lost int64) {
	h.lost += lost
	h.refused = false
	if h.down && now.Sub(h.since) >= calmFor || !h.down && h.lost > 0 {
		h.end()
	}
}

// end reports that a failure is over. Of several senders of syslog only the one that
// inherited the count says so.
func (h *health) end() {
	if h.lost > 0 {
		h.report(Outage{Path: h.path, Lost: h.lost})
	}
	h.down, h.lost = false, 0
}

// close is called when the log is closed and adds lost bytes; it reports what was lost,
// and whether the last write had failed.
func (h *health) close(lost int64) {
	switch h.lost += lost; {
	case h.lost == 0:
	case h.refused:
		h.report(Outage{Path: h.path, Err: fmt.Errorf("%s was closed and could not be written until then; %d bytes were lost", h.path, h.lost)})
	default:
		h.end()
	}
}

// notRotated reports a failed rotation, once until the file is opened again.
func (h *health) notRotated(err error) {
	if !h.rotates {
		h.rotates = true
		h.report(Outage{Path: h.path, Err: err})
	}
}

// reopened records that the file was opened again, if err is nil, and returns err.
func (h *health) reopened(err error) error {
	if err == nil {
		h.rotates = false
	}
	return err
}

// moves reports the end of a stall, which was reported when it began.
func (h *health) moves(lost int64) {
	if h.lost += lost; h.down {
		return // it no longer stalls, but it refuses: that failure goes on
	}
	h.report(Outage{Path: h.path, Lost: h.lost})
	h.lost = 0
}
