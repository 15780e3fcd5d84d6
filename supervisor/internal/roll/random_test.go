package roll

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"reeve/supervisor/process"
)

// TestRandom rolls over processes that come up, die, are stopped and removed at random: no
// more than permitted are taken down, nothing is replaced that is on its way, every roll
// ends, and what it says then is true.
func TestRandom(t *testing.T) {
	outcomes := map[State]int{}
	for seed := range uint64(4000) {
		w := &world{t: t, r: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(0, 0), running: map[uint64]bool{}}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w.t = t
			outcomes[w.play()]++
		})
	}
	for _, s := range []State{Done, Failed, Reverted, Aborted} {
		if outcomes[s] < 100 {
			t.Errorf("%d rolls ended in %s; the test is worth little", outcomes[s], s)
		}
	}
}

type world struct {
	t       *testing.T
	r       *rand.Rand
	now     time.Time
	roll    *Roll
	replace *Replace // not answered yet
	running map[uint64]bool
	harsh   bool // processes die
	turns   map[uint64]int
}

func (w *world) play() State {
	o := Options{Batch: 1 + w.r.IntN(3), Wait: 10 * time.Second, Revert: w.r.IntN(2) == 0}
	extra := w.r.IntN(3)
	if o.MaxUnavailable = w.r.IntN(3); extra == 0 {
		o.MaxUnavailable = max(o.MaxUnavailable, 1)
	}
	w.harsh, w.turns = w.r.IntN(2) == 0, map[uint64]int{}
	var members []Member
	for id := range uint64(1 + w.r.IntN(6)) {
		m := Member{ID: id, Name: fmt.Sprint("p", id), Facts: Facts{State: process.Running, Up: true}}
		if w.r.IntN(6) == 0 {
			m.Facts = Facts{State: []process.State{process.Fatal, process.Stopped, process.Backoff}[w.r.IntN(3)]}
		}
		members = append(members, m)
	}
	for id := range uint64(extra) {
		members = append(members, Member{ID: 100 + id, Name: fmt.Sprint("x", id), Extra: true, Facts: Facts{Comes: true}})
	}
	w.roll = New(o, members)
	w.carry(w.roll.Begin(w.now))
	for step := 0; !w.roll.State.Over(); step++ {
		if step == 2000 {
			w.t.Fatalf("it does not end: %+v", w.roll)
		}
		w.step()
		if w.t.Failed() {
			w.t.FailNow()
		}
	}
	w.end()
	return w.roll.State
}

// step has something happen.
func (w *world) step() {
	w.now = w.now.Add(time.Second)
	switch n := w.r.IntN(12); {
	case n < 3 && w.replace != nil:
		turn := w.replace.Turn
		w.replace = nil
		w.carry(w.roll.Replaced(w.now, turn))
	case n == 3 && w.r.IntN(20) == 0:
		effects, _ := w.roll.Abort(w.now, "on request", w.r.IntN(2) == 0)
		w.carry(effects)
	case n == 4 && w.r.IntN(20) == 0 && len(w.roll.Members) > 0:
		w.carry(w.roll.Gone(w.now, w.roll.Members[w.r.IntN(len(w.roll.Members))].ID))
	case n < 10 && len(w.roll.Members) > 0:
		m := w.roll.Members[w.r.IntN(len(w.roll.Members))]
		w.carry(w.roll.Changed(w.now, m.ID, w.fate(m)))
	default:
		w.carry(w.roll.Elapsed(w.now))
	}
}

// fate is what becomes of a process next.
func (w *world) fate(m Member) Facts {
	up := Facts{State: process.Running, Up: true}
	switch n := w.r.IntN(10); {
	case !w.harsh || n < 7:
		if m.Facts.Up || m.Step == Starting || m.Facts.State == process.Backoff {
			return up
		}
		return m.Facts
	case n == 7:
		return Facts{State: process.Backoff, Comes: true}
	case n == 8 && m.Step != Pending:
		return Facts{State: process.Fatal, Reason: "died"}
	case n == 9 && w.r.IntN(10) == 0:
		return Facts{State: process.Stopped}
	}
	return m.Facts
}

func (w *world) carry(effects []Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case Replace:
			w.check(e)
			w.replace = &e
		case Drop:
			for _, id := range e.IDs {
				w.carry(w.roll.Gone(w.now, id))
			}
		case Finish:
			w.carry(w.roll.Finished(""))
		case Start, Note:
		}
	}
}

// check looks at a batch.
func (w *world) check(e Replace) {
	for _, id := range e.Off {
		w.turns[id]++
	}
	if len(e.IDs)+len(e.Off) == 0 || len(e.IDs) > w.roll.Batch {
		w.t.Errorf("a batch of %d, at most %d", len(e.IDs), w.roll.Batch)
	}
	missing, taken := 0, 0
	for _, m := range w.roll.Members {
		switch {
		case m.Extra && m.Facts.Up && m.Step == Replaced:
			missing--
		case m.Step == Replacing && m.Facts.Up:
			taken++
			missing++
		case !m.Extra && !m.Facts.Up && m.Step != Skipped && !m.Facts.off():
			missing++
		}
	}
	if taken > 0 && missing > w.roll.MaxUnavailable && !e.Back {
		w.t.Errorf("%d are missing, at most %d: %+v", missing, w.roll.MaxUnavailable, w.roll)
	}
	for _, id := range e.IDs {
		w.turns[id]++
		m := w.roll.member(id)
		if m.Extra || m.Step != Replacing || m.Back != e.Back || w.turns[id] > 2 {
			w.t.Errorf("replaced: %+v", m)
		}
	}
}

// end looks whether what the roll says is true.
func (w *world) end() {
	r := w.roll
	for _, m := range r.Members {
		if m.Extra && r.Reason != "supervisord is ending" {
			w.t.Errorf("%s is still there", m.Name)
		}
		switch {
		case r.State == Done && m.Step != Replaced && m.Step != Skipped:
			w.t.Errorf("done, but %+v", m)
		case r.State == Reverted && w.turns[m.ID]%2 != 0:
			w.t.Errorf("reverted, but %+v", m)
		}
	}
	if (r.State == Done) != (r.Reason == "") {
		w.t.Errorf("%s because of %q", r.State, r.Reason)
	}
	if _, due := r.Deadline(); due {
		w.t.Error("something is due after the end")
	}
}
