package capture

// Change is the part of a row's Options that can be changed while it is read. It has no
// effect on a Raw row but on how its log rotates.
type Change struct {
	MaxBytes   int64 // of the log, if there is one
	Backups    int
	CaptureMax int
	Events     bool
}

type change struct {
	id ID
	Change
}

func (c change) do(t *Table) {
	r := t.rows[c.id]
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opt.Log != nil {
		r.opt.Log.Rotate(c.MaxBytes, c.Backups)
	}
	if r.opt.Raw {
		return
	}
	if r.feed != nil && (c.Events || c.CaptureMax > 0) {
		t.unfeed(r)
		t.rewatch(r)
	}
	r.opt.Events, r.opt.CaptureMax = c.Events, c.CaptureMax
	switch {
	case c.CaptureMax > 0 && !r.capturing():
		r.capture = &captured{}
	case c.CaptureMax <= 0 && r.capturing():
		r.flush(t.send)
		r.capture = nil
	}
}

func (change) refuse() {}
