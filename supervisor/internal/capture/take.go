package capture

import (
	"cmp"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

// Adoption is what rows need that is no plain data.
type Adoption struct {
	Syslog Sink                            // for the rows that had one
	Until  func(ID) func(data []byte) bool // for the rows that were still searching
	Outage func(logfile.Outage)            // for their logs
}

// Take goes on with what another Table handed over. It is called on a new Table, after
// logfile.Take and before logfile.CloseUnclaimed: so it opens no file and does not wait.
// A log that is not among the handed ones is opened by its name; if that fails, it is
// reported as an Outage, and the row has no log.
func (t *Table) Take(h Handed, with Adoption) {
	now := time.Now()
	rows := make([]*row, len(h.Rows))
	for i := range h.Rows {
		rows[i] = takeRow(&h.Rows[i], with, now)
	}
	t.mu.Lock()
	for i, in := range h.Inputs {
		if t.closed {
			unix.Close(in.FD)
			continue
		}
		t.inputs[in.ID] = &input{id: in.ID, fd: in.FD, pending: h.Inputs[i].Pending, watched: len(in.Pending) > 0}
	}
	t.mu.Unlock()
	t.post(adopt(rows))
	for _, in := range h.Inputs {
		if len(in.Pending) > 0 {
			t.post(watchInput{in.ID})
		}
	}
}

func takeRow(h *HandedRow, with Adoption, now time.Time) *row {
	opt := Options{
		Name: h.Name, StripANSI: h.StripANSI, CaptureMax: h.CaptureMax, Events: h.Events, Echo: h.Echo, Raw: h.Raw,
	}
	if h.Log != nil {
		q, err := logfile.OpenQueue(*h.Log, with.Outage)
		if err != nil {
			with.Outage(logfile.Outage{Path: h.Log.Path, Err: err})
		} else {
			opt.Log = q
		}
	}
	if h.Syslog {
		opt.Syslog = with.Syslog
	}
	if h.Searching {
		opt.Until = with.Until(h.ID)
	}
	r := newRow(h.ID, h.FD, opt)
	if r.capturing() {
		r.capture.Capturing, r.capture.tokens.Pending, r.capture.Data = h.Capturing, h.Pending, h.Captured
	}
	if r.lingers = h.Lingers; r.lingers {
		r.until = now.Add(h.Left)
	}
	if r.pipe.was = h.Was; h.Was > 0 {
		grown.Add(1)
	}
	return r
}

// adopt adds rows that were handed over.
type adopt []*row

func (c adopt) do(t *Table) {
	for _, r := range c {
		t.adopt(r)
	}
	slices.SortStableFunc(t.lingering, func(a, b *row) int { return cmp.Compare(a.until.UnixNano(), b.until.UnixNano()) })
}

func (t *Table) adopt(r *row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.rows[r.id] = r
	if r.lingers {
		t.lingering = append(t.lingering, r)
	}
	if r.opt.Log != nil {
		r.opt.Log.OnRoom(func() { t.post(resume{r.id}) })
		r.paused = !r.opt.Log.Write(nil)
	}
	if r.opt.Raw {
		t.mu.Lock()
		t.raws[r.id] = r
		t.mu.Unlock()
	}
	if r.fd >= 0 && !r.paused && !t.watch(r) {
		t.giveUp(r)
	}
}

func (c adopt) refuse() {
	for _, r := range c {
		if r.fd >= 0 {
			r.pipe.forget()
			unix.Close(r.fd)
		}
		if r.opt.Log != nil {
			r.opt.Log.Close()
		}
	}
}
