package roll

import (
	"fmt"
	"slices"
	"time"

	"reeve/supervisor/process"
)

// Options say how a roll proceeds.
type Options struct {
	Batch int // as many are replaced at once, at most
	// MaxUnavailable is how many of the members may be unavailable because of the roll.
	// Extra processes count for available ones. With Batch it may only be 0 if there are
	// any.
	MaxUnavailable int
	Wait           time.Duration // a batch has that time to be available, counted from its start
	Revert         bool          // a roll that fails goes back
}

// State is how far a roll is.
type State int

// The states. From Done on nothing changes any more.
const (
	Surging   State = iota // extra processes are not available yet
	Rolling                // members are being replaced
	Reverting              // members are being replaced by what they were
	Leaving                // extra processes are stopping
	Finishing              // what else has changed is being put in force
	Done
	Failed
	Reverted
	Aborted
)

func (s State) String() string {
	return [...]string{"surging", "rolling", "reverting", "leaving", "finishing", "done", "failed", "reverted", "aborted"}[s]
}

// Over reports whether the roll has ended.
func (s State) Over() bool { return s >= Done }

// Step is how far a roll is with one member.
type Step int

// The steps.
const (
	Pending   Step = iota
	Replacing      // it is being stopped, so that it can start as what it is to be
	Starting       // its start was asked for; it is not available yet
	Replaced
	Skipped // it is off
	Lost    // it did not get available
)

func (s Step) String() string {
	return [...]string{"pending", "stopping", "starting", "replaced", "skipped", "failed"}[s]
}

// Facts are what is known of a member.
type Facts struct {
	State  process.State
	Up     bool   // it is available
	Comes  bool   // it is not, and a start will follow by itself
	Reason string // why it is not, if that is known
}

// Member is a process that takes part.
type Member struct {
	ID    uint64
	Name  string
	Extra bool `json:",omitempty"` // it is there for the time of the roll only
	Back  bool `json:",omitempty"` // it is being replaced by what it was, or was
	New   bool `json:",omitempty"` // it is what it is to be
	Step  Step
	Facts Facts `json:",omitzero"`
}

// Effect is something that the owner of a Roll must carry out: Start, Replace, Drop,
// Finish or Note.
type Effect interface{ isEffect() }

type (
	// Start starts extra processes.
	Start struct{ IDs []uint64 }
	// Replace stops processes and starts them as what they are to be, or with Back as what
	// they were. Those that are Off become that, and are not started. The answer is
	// Roll.Replaced.
	Replace struct {
		Turn int // the first is 1
		IDs  []uint64
		Off  []uint64
		Back bool
	}
	// Drop stops extra processes and removes them. The answer is Roll.Gone, for each.
	Drop struct{ IDs []uint64 }
	// Finish puts the rest in force. The answer is Roll.Finished.
	Finish struct{}
	// Note is for people who watch.
	Note struct {
		Text  string
		Alarm bool // something is wrong
	}
)

func (Start) isEffect()   {}
func (Replace) isEffect() {}
func (Drop) isEffect()    {}
func (Finish) isEffect()  {}
func (Note) isEffect()    {}

// Roll is one roll. Its fields are plain data; only the methods change them.
type Roll struct {
	Options
	Members []Member
	State   State
	Next    State  // after Leaving
	Turn    int    // of the last Replace
	Asked   bool   // it is not answered yet
	Reason  string `json:",omitempty"` // why it did not go through
	// Until is when what is waited for must be there; zero: nothing is waited for, or for
	// as long as it takes.
	Until time.Time `json:"-"`

	effects []Effect
}

// New returns a roll that has not begun.
func New(o Options, members []Member) *Roll {
	return &Roll{Options: o, Members: members}
}

// Begin begins the roll.
func (r *Roll) Begin(now time.Time) []Effect {
	r.State = Rolling
	if extra := r.ids(func(m *Member) bool { return m.Extra }); len(extra) > 0 {
		r.State, r.Until = Surging, now.Add(r.Wait)
		for i := range r.Members {
			if m := &r.Members[i]; m.Extra {
				m.Step = Starting
				r.note("%s: starting (surge)", m.Name)
			}
		}
		r.do(Start{extra})
	}
	return r.advance(now)
}

// Knows reports whether a member is known to be so.
func (r *Roll) Knows(id uint64, f Facts) bool {
	m := r.member(id)
	return m != nil && m.Facts == f
}

// Changed reports what is known of a member now.
func (r *Roll) Changed(now time.Time, id uint64, f Facts) []Effect {
	m := r.member(id)
	if m == nil || m.Facts == f || r.State.Over() {
		return nil
	}
	m.Facts = f
	return r.advance(now)
}

// Replaced reports that those members have stopped that were to at a turn, and that their
// starts were asked for.
func (r *Roll) Replaced(now time.Time, turn int) []Effect {
	if turn != r.Turn || r.State.Over() {
		return nil
	}
	r.Asked = false
	for i := range r.Members {
		if m := &r.Members[i]; m.Step == Replacing {
			m.Step, m.Facts = Starting, Facts{Comes: true}
			r.Until = now.Add(r.Wait)
		}
	}
	return r.advance(now)
}

// Waiting returns the Replace that is not answered yet, if there is one.
func (r *Roll) Waiting() (Replace, bool) {
	return Replace{
		Turn: r.Turn, Back: r.State == Reverting,
		IDs: r.ids(func(m *Member) bool { return m.Step == Replacing }),
		Off: r.ids(func(m *Member) bool { return m.Step == Skipped && m.Back }),
	}, r.Asked && !r.State.Over()
}

// Gone reports that a member was removed.
func (r *Roll) Gone(now time.Time, id uint64) []Effect {
	at := slices.IndexFunc(r.Members, func(m Member) bool { return m.ID == id })
	if at < 0 || r.State.Over() {
		return nil
	}
	m := r.Members[at]
	r.Members = slices.Delete(r.Members, at, at+1)
	if !m.Extra || r.State != Leaving {
		r.note("%s: removed", m.Name)
	}
	if m.Extra && r.State == Surging {
		r.fail(m.Name + " was removed")
	}
	return r.advance(now)
}

// Finished reports that the rest is in force, or why it is not.
func (r *Roll) Finished(err string) []Effect {
	if r.State != Finishing {
		return nil
	}
	if err != "" {
		r.end(Failed, "what else has changed could not be put in force: "+err)
	} else {
		r.end(Done, "")
	}
	return r.take()
}

// Deadline returns the instant at which Elapsed does something, and whether there is one.
func (r *Roll) Deadline() (time.Time, bool) { return r.Until, !r.Until.IsZero() }

// Elapsed does what is due.
func (r *Roll) Elapsed(now time.Time) []Effect {
	if r.Until.IsZero() || now.Before(r.Until) {
		return nil
	}
	r.Until = time.Time{}
	r.late()
	return r.advance(now)
}

// Abort ends the roll before its time, and reports whether that was possible. A batch that
// is being replaced goes on, but nobody waits for it. With revert what was replaced is
// replaced again by what it was.
func (r *Roll) Abort(now time.Time, reason string, revert bool) ([]Effect, bool) {
	if r.State != Surging && r.State != Rolling {
		return nil, false
	}
	r.Revert = revert
	r.stop(Aborted, reason)
	return r.advance(now), true
}

// End ends the roll at once, because nothing more can be done.
func (r *Roll) End(reason string) []Effect {
	if !r.State.Over() {
		r.end(Aborted, reason)
	}
	return r.take()
}

func (r *Roll) member(id uint64) *Member {
	for i := range r.Members {
		if r.Members[i].ID == id {
			return &r.Members[i]
		}
	}
	return nil
}

func (r *Roll) ids(match func(*Member) bool) (ids []uint64) {
	for i := range r.Members {
		if match(&r.Members[i]) {
			ids = append(ids, r.Members[i].ID)
		}
	}
	return ids
}

// Count returns how many members are at a step; extra ones do not count.
func (r *Roll) Count(step Step) int {
	return len(r.ids(func(m *Member) bool { return !m.Extra && m.Step == step }))
}

func (r *Roll) do(e Effect) { r.effects = append(r.effects, e) }

func (r *Roll) note(format string, args ...any) { r.do(Note{fmt.Sprintf(format, args...), false}) }

func (r *Roll) alarm(format string, args ...any) { r.do(Note{fmt.Sprintf(format, args...), true}) }

func (r *Roll) take() []Effect {
	effects := r.effects
	r.effects = nil
	return effects
}
