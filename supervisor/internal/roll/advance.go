package roll

import (
	"fmt"
	"strings"
	"time"

	"reeve/supervisor/process"
)

// advance does everything that can be done now.
func (r *Roll) advance(now time.Time) []Effect {
	for before := State(-1); before != r.State; {
		before = r.State
		switch r.State {
		case Surging:
			r.settle()
			if r.State == Surging && !r.busy() {
				r.State, r.Until = Rolling, time.Time{}
			}
		case Rolling, Reverting:
			r.settle()
			if r.State == before && !r.busy() {
				r.batch(now)
			}
		case Leaving:
			if len(r.ids(func(m *Member) bool { return m.Extra })) == 0 {
				r.left()
			}
		case Finishing, Done, Failed, Reverted, Aborted:
		}
	}
	return r.take()
}

// busy reports whether members are on their way.
func (r *Roll) busy() bool {
	if r.Asked {
		return true
	}
	for _, m := range r.Members {
		if m.Step == Replacing || m.Step == Starting {
			return true
		}
	}
	return false
}

// settle looks what has become of members that were started, and of those that were
// replaced before.
func (r *Roll) settle() {
	for i := range r.Members {
		m := &r.Members[i]
		f := m.Facts
		switch {
		case m.Step != Starting && (m.Step != Replaced || m.Back):
		case f.Up:
			if m.Step == Starting {
				m.Step = Replaced
				r.note("%s: available", m.Name)
			}
		case f.State == process.Stopped && !f.Comes:
			m.Step = Skipped
			r.note("%s: was stopped, and is left so", m.Name)
			if m.Extra && r.State == Surging {
				r.fail(m.Name + " was stopped")
			}
		case f.hopeless():
			m.Step = Lost
			if r.State != Reverting {
				r.fail(m.Name + " is " + f.why())
			} else {
				r.alarm("%s: %s", m.Name, f.why())
			}
		}
		if r.State == Leaving {
			return
		}
	}
}

// hopeless reports whether a member does not get available by itself.
func (f Facts) hopeless() bool {
	return f.State == process.Fatal || f.State == process.Unknown || f.State == process.Exited && !f.Comes
}

func (f Facts) why() string {
	if f.Reason == "" {
		return f.State.String()
	}
	return f.State.String() + " (" + f.Reason + ")"
}

// batch replaces the next members.
func (r *Roll) batch(now time.Time) {
	var ids []uint64
	spare := r.spare()
	for _, up := range []bool{false, true} { // those that are down first: nobody misses them
		for i := range r.Members {
			m := &r.Members[i]
			if m.Extra || m.Step != Pending || len(ids) == r.Batch {
				continue
			}
			if !m.Back && m.Facts.off() {
				m.Step = Skipped
				r.note("%s: is %s, and is left so", m.Name, m.Facts.State)
				continue
			}
			if m.Facts.Up != up || up && spare <= 0 && r.State != Reverting {
				continue
			}
			if up {
				spare--
			}
			m.Step, m.New = Replacing, !m.Back
			ids = append(ids, m.ID)
		}
	}
	off := r.restore()
	left, had := r.Count(Pending), r.had()
	switch {
	case len(ids) > 0 || off != nil:
		r.Until = time.Time{}
		how := "restarting"
		if r.State == Reverting {
			how = "going back"
		}
		for i, id := range ids {
			r.note("%s: %s (%d of %d)", r.member(id).Name, how, had-len(ids)+i+1, had+left)
		}
		r.Turn++
		r.Asked = true
		r.do(Replace{r.Turn, ids, off, r.State == Reverting})
	case left == 0 && (r.State == Reverting || r.missing(false) == ""):
		r.through()
	case r.Until.IsZero(): // wait for those that are not available
		r.Until = now.Add(r.Wait)
	}
}

// restore returns those that are to become what they were although they are off.
func (r *Roll) restore() (off []uint64) {
	if r.State != Reverting {
		return nil
	}
	for i := range r.Members {
		if m := &r.Members[i]; m.Step == Skipped && m.New {
			m.New, m.Back = false, true
			off = append(off, m.ID)
		}
	}
	return off
}

// off reports whether nobody wants a member to run.
func (f Facts) off() bool {
	switch f.State {
	case process.Stopped, process.Stopping:
		return !f.Comes
	case process.Exited:
		return !f.Comes && !f.Up
	case process.Starting, process.Running, process.Backoff, process.Fatal, process.Unknown:
	}
	return false
}

// spare is how many available members may be taken down.
func (r *Roll) spare() int {
	spare := r.MaxUnavailable
	for _, m := range r.Members {
		switch {
		case m.Facts.Up && m.Extra && m.Step == Replaced:
			spare++
		case !m.Facts.Up && !m.Extra && m.Step != Skipped && !m.Facts.off():
			spare--
		}
	}
	return spare
}

// had is how many members have had their turn in this direction.
func (r *Roll) had() (n int) {
	for _, m := range r.Members {
		if !m.Extra && m.Step != Pending && m.Step != Skipped && m.Back == (r.State == Reverting) {
			n++
		}
	}
	return n
}

// missing names the members that are not available, with or without extra ones.
func (r *Roll) missing(extra bool) string {
	var names []string
	for _, m := range r.Members {
		if (extra || !m.Extra) && m.Step != Skipped && !m.Facts.Up && !m.Facts.off() {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ", ")
}

// late is called when what was waited for has not come in time.
func (r *Roll) late() {
	waited := fmt.Sprintf("not available after %s", r.Wait)
	if r.State != Reverting && !r.busy() {
		r.fail(r.missing(true) + " " + waited)
		return
	}
	var late []string
	for i := range r.Members {
		if m := &r.Members[i]; m.Step == Starting {
			m.Step = Lost
			text := m.Name
			if m.Facts.Reason != "" {
				text += " (" + m.Facts.Reason + ")"
			}
			late = append(late, text)
		}
	}
	switch text := strings.Join(late, ", ") + " " + waited; {
	case r.State == Reverting:
		r.alarm("%s", text)
	default:
		r.fail(text)
	}
}

// fail stops the roll because something went wrong.
func (r *Roll) fail(reason string) { r.stop(Failed, reason) }

// stop ends the replacing, or begins to go back.
func (r *Roll) stop(next State, reason string) {
	r.Reason, r.Until, r.Next, r.Asked = reason, time.Time{}, next, false
	if r.Revert && r.State == Rolling {
		back := false
		for i := range r.Members {
			m := &r.Members[i]
			switch {
			case m.Extra:
			case m.New && !m.Facts.off():
				m.Step, m.Back, back = Pending, true, true
			default:
				m.Step = Skipped // it is what it was, or is off
				back = back || m.New
			}
		}
		if back {
			r.alarm("%s; going back", reason)
			r.State = Reverting
			return
		}
	}
	r.drop()
}

// through is called when every member has had its turn.
func (r *Roll) through() {
	r.Until = time.Time{}
	if r.State != Reverting {
		r.Next = Finishing
	} else if r.Count(Lost) == 0 {
		r.Next = Reverted
	} else {
		r.Next, r.Reason = Failed, r.Reason+"; and not all got available as they were"
	}
	r.drop()
}

// drop has the extra members leave.
func (r *Roll) drop() {
	r.State = Leaving
	if extra := r.ids(func(m *Member) bool { return m.Extra }); len(extra) > 0 {
		for _, id := range extra {
			r.note("%s: stopping (surge)", r.member(id).Name)
		}
		r.do(Drop{extra})
	}
}

// left is called when no extra member is there any more.
func (r *Roll) left() {
	if r.Next == Finishing {
		r.State = Finishing
		r.do(Finish{})
		return
	}
	r.end(r.Next, r.Reason)
}

func (r *Roll) end(as State, reason string) {
	r.State, r.Reason, r.Until = as, reason, time.Time{}
	text := as.String()
	if reason != "" {
		text += ": " + reason
	}
	r.do(Note{text + "; " + r.summary(), as != Done})
}

// summary says what has become of the members.
func (r *Roll) summary() string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	back := 0
	for _, m := range r.Members {
		if m.Back && m.Step == Replaced {
			back++
		}
	}
	add(r.Count(Replaced)-back, "restarted")
	add(back, "as before")
	add(r.Count(Lost), "not available")
	add(r.Count(Replacing)+r.Count(Starting), "on the way")
	add(r.Count(Skipped), "left alone")
	add(r.Count(Pending), "not touched")
	if parts == nil {
		return "nothing to restart"
	}
	return strings.Join(parts, ", ")
}
