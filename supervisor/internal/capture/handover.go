package capture

import (
	"cmp"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
	"reeve/supervisor/rescue"
)

// Handed is what HandOver gives away: all pipes of a Table, with what is known about
// them, as plain data that may go through JSON. The descriptors belong to it. What is
// unread stays in the pipes.
type Handed struct {
	Rows   []HandedRow
	Inputs []HandedInput `json:",omitempty"`
}

// HandedRow is a pipe that is read. Whether its log has room is the log's to say.
type HandedRow struct {
	ID        ID
	FD        int              // -1: ended, waiting for Drain
	Log       *logfile.Options `json:",omitempty"` // nil: none
	Syslog    bool             `json:",omitempty"`
	Name      string           `json:",omitempty"`
	StripANSI bool             `json:",omitempty"`
	Events    bool             `json:",omitempty"`
	Echo      bool             `json:",omitempty"`
	Raw       bool             `json:",omitempty"`
	Searching bool             `json:",omitempty"` // Until has not returned true yet

	CaptureMax int    `json:",omitempty"` // 0: no tokens are looked for (any more)
	Capturing  bool   `json:",omitempty"`
	Pending    []byte `json:",omitempty"` // a possible token prefix
	Captured   []byte `json:",omitempty"`

	Lingers bool          `json:",omitempty"` // it is drained, but read for Left more
	Left    time.Duration `json:",omitempty"`
	Was     int           `json:",omitempty"` // size of the pipe before it was enlarged; 0: it was not
}

// HandedInput is a stdin.
type HandedInput struct {
	ID      ID
	FD      int
	Pending []byte `json:",omitempty"`
}

// Descriptors returns the descriptors that must stay open across an execve.
func (h Handed) Descriptors() (fds []int) {
	for _, r := range h.Rows {
		if r.FD >= 0 {
			fds = append(fds, r.FD)
		}
	}
	for _, in := range h.Inputs {
		fds = append(fds, in.FD)
	}
	return fds
}

// Disown prepares h for a Table without those processes that are not owned: what their
// pipes hold goes to their logs, as after Drain, but nobody will call that.
func (h *Handed) Disown(owned func(proc uint64) bool) {
	kept := h.Rows[:0]
	for _, r := range h.Rows {
		switch {
		case owned(r.ID.Proc) || r.Lingers:
		case r.FD >= 0 && r.Log != nil:
			r.Lingers, r.Left = true, lingerFor
			r.Events, r.Echo, r.Raw, r.Searching, r.CaptureMax = false, false, false, false, 0
		default:
			closeIfOpen(r.FD)
			continue
		}
		kept = append(kept, r)
	}
	h.Rows = kept
	h.Inputs = slices.DeleteFunc(h.Inputs, func(in HandedInput) bool {
		if owned(in.ID.Proc) {
			return false
		}
		closeIfOpen(in.FD)
		return true
	})
}

func closeIfOpen(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// HandOver ends the Table and gives away all it has; it does not wait. What was posted
// before is carried out; then nothing is read or written any more, and the channel
// receives once, after the last Output was put into Outputs. So the caller goes on
// receiving from Outputs until the channel receives, and then takes from Outputs what is
// left in its buffer, without waiting. A borrowed row counts as returned.
//
// The logs stay open for Take (logfile.Queue.HandOver). Later calls of any method do what
// they do after Close; Close itself need not be called.
func (t *Table) HandOver() <-chan Handed {
	handed := make(chan Handed, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		handed <- Handed{}
		return handed
	}
	t.closed, t.handing = true, handed
	t.poll.Wake()
	return handed
}

// handOver is the last thing that the Table's goroutine does.
func (t *Table) handOver(h *Handed) {
	t.release()
	t.now = time.Now()
	for _, r := range t.rows {
		rescue.Vital("handing over a pipe", func() { h.Rows = append(h.Rows, t.handRow(r)) })
	}
	slices.SortFunc(h.Rows, func(a, b HandedRow) int { return a.ID.compare(b.ID) })
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, in := range t.inputs {
		if in.closed {
			unix.Close(in.fd)
		} else {
			h.Inputs = append(h.Inputs, HandedInput{id, in.fd, in.pending})
		}
		in.closed, in.pending = true, nil
	}
	slices.SortFunc(h.Inputs, func(a, b HandedInput) int { return a.ID.compare(b.ID) })
	clear(t.inputs)
	clear(t.raws)
	t.poll.Close() // and with it, all its watches
}

// handRow gives away a row.
func (t *Table) handRow(r *row) HandedRow {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.unfeed(r)
	h := HandedRow{
		ID: r.id, FD: r.fd, Syslog: r.opt.Syslog != nil, Name: r.opt.Name, StripANSI: r.opt.StripANSI,
		Events: r.opt.Events, Echo: r.opt.Echo, Raw: r.opt.Raw, Searching: r.opt.Until != nil,
		Lingers: r.lingers, Was: r.pipe.was,
	}
	if r.lingers {
		h.Left = r.until.Sub(t.now)
	}
	if c := r.capture; c != nil {
		h.CaptureMax, h.Capturing, h.Pending, h.Captured = r.opt.CaptureMax, c.Capturing, c.tokens.Pending, c.Data
	}
	if log := r.opt.Log; log != nil {
		opt := log.Options()
		h.Log = &opt
		log.HandOver()
	}
	r.pipe.forget()
	r.fd = -1 // for Answer, which may have just found the row
	return h
}

func (a ID) compare(b ID) int {
	return cmp.Or(cmp.Compare(a.Proc, b.Proc), cmp.Compare(a.Channel, b.Channel))
}
