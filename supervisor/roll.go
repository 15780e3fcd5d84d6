package supervisor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/deadline"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/roll"
	"reeve/supervisor/process"
)

// A roll restarts processes a few at a time. Package roll decides when it is whose turn;
// each batch is an update of its own (roll_batch.go), so that a process is stopped, changed
// and started in one way only.

// rolls are the rolls under way, and the last ones that have ended.
type rolls struct {
	*callers
	all     []*rolling
	last    uint64 // number of the last one
	changes uint64 // for the trail
}

// rollsKept is how many rolls that are over can still be asked about.
const rollsKept = 16

// rolling is one roll. But for what is found by order it is plain data.
type rolling struct {
	id      uint64
	update  bool // it puts a changed configuration in force
	groups  []string
	machine *roll.Roll
	notes   []RollNote

	members map[uint64]*child          // by order; nil when it is over
	to, was map[uint64]*config.Process // what members become, and were
	logs    map[string]*launch.GroupLogs
	due     deadline.Entry[timed]
}

// RollNote is a line about what a roll has done.
type RollNote struct {
	At   time.Time
	Text string
}

func (rs *rolls) find(id uint64) *rolling {
	i := slices.IndexFunc(rs.all, func(r *rolling) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return rs.all[i]
}

// about returns the roll under way, other than one, that some groups are in; no names mean
// all.
func (rs *rolls) about(groups []string, but uint64) *rolling {
	for _, r := range rs.all {
		if !r.machine.State.Over() && r.id != but &&
			(len(groups) == 0 || slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(r.groups, g) })) {
			return r
		}
	}
	return nil
}

func (r *rolling) name() string {
	if len(r.groups) == 0 {
		return fmt.Sprintf("roll %d", r.id)
	}
	return fmt.Sprintf("roll %d of %s", r.id, strings.Join(r.groups, ", "))
}

// begin begins a roll of children, which become what to says.
func (rs *rolls) begin(l *loop, r *rolling, o roll.Options, children []*child) {
	rs.last++
	r.id, r.members = rs.last, map[uint64]*child{}
	r.was = map[uint64]*config.Process{}
	r.due.What = wake{}
	var members []roll.Member
	for _, c := range children {
		r.members[c.order] = c
		m := roll.Member{ID: c.order, Name: c.shown(), Extra: c.surge, Facts: c.rollFacts()}
		if c.surge {
			m.Facts = roll.Facts{Comes: true}
		} else if r.to[c.order] != nil {
			r.was[c.order] = c.config
		}
		members = append(members, m)
	}
	r.machine = roll.New(o, members)
	rs.all = append(rs.all, r)
	rs.forget()
	rs.carry(l, r, r.machine.Begin(l.now))
}

// forget drops the oldest rolls that are over.
func (rs *rolls) forget() {
	over := 0
	for _, r := range rs.all {
		over += btoi(r.machine.State.Over())
	}
	rs.all = slices.DeleteFunc(rs.all, func(r *rolling) bool {
		if over <= rollsKept || !r.machine.State.Over() {
			return false
		}
		over--
		return true
	})
}

// shown returns the name as supervisorctl shows it.
func (c *child) shown() string {
	if c.group.config.Name == c.config.Name {
		return c.config.Name
	}
	return c.name().String()
}

// rollFacts are what a roll has to know of a process.
func (c *child) rollFacts() roll.Facts {
	m := c.machine
	f := roll.Facts{State: m.State, Up: m.State == running || m.Done()}
	f.Comes = c.waits() || m.Restarts() || m.Then == process.StartNow || c.postponed
	if c.check != nil && m.State == running && c.config.Checks.Judged() {
		f.Up = c.check.Health() == check.Good
	}
	switch {
	case f.Up:
	case c.waitsFor() != "":
		f.Reason = "waiting for " + c.waitsFor()
	case m.State == unknown:
		f.Reason = c.refused
	case c.check != nil && m.Pid != 0:
		if c.check.Last.At.After(m.Started.Round(0)) {
			f.Reason = c.check.Last.Detail
		}
	default:
		f.Reason = m.SpawnErr
	}
	return f
}

// turn reports to each roll what has become of its members.
func (rs *rolls) turn(l *loop) {
	for _, r := range rs.all {
		if r.machine.State.Over() {
			continue
		}
		if l.state != Running {
			rs.carry(l, r, r.machine.End("supervisord is ending"))
			continue
		}
		for _, order := range slices.Sorted(maps.Keys(r.members)) {
			if c := r.members[order]; c == nil || c.removed {
				delete(r.members, order)
				rs.carry(l, r, r.machine.Gone(l.now, order))
			} else if f := c.rollFacts(); !r.machine.Knows(order, f) {
				rs.changes++
				rs.carry(l, r, r.machine.Changed(l.now, order, f))
			}
		}
		rs.carry(l, r, r.machine.Elapsed(l.now))
		at, ok := r.machine.Deadline()
		l.queue.Set(&r.due, at, ok)
	}
}

// carry carries out what a roll has decided.
func (rs *rolls) carry(l *loop, r *rolling, effects []roll.Effect) {
	for _, e := range effects {
		rs.changes++
		switch e := e.(type) {
		case roll.Start:
			l.want(r.children(e.IDs), process.WhyRoll, false, false)
		case roll.Replace:
			rollBatch{r.id, e}.serve(l)
		case roll.Drop:
			rs.drop(l, r.children(e.IDs))
		case roll.Finish:
			rs.finish(l, r)
		case roll.Note:
			rs.note(l, r, e)
		}
	}
	if r.machine.State.Over() && r.members != nil {
		rs.over(l, r)
	}
	rs.answer(r) // not before: the last note comes with the end
}

// children returns the members with these orders that are still there.
func (r *rolling) children(orders []uint64) (all []*child) {
	for _, order := range orders {
		if c := r.members[order]; c != nil && !c.removed {
			all = append(all, c)
		}
	}
	return all
}

// drop stops extra processes; they are removed when they have stopped.
func (rs *rolls) drop(l *loop, children []*child) {
	for _, c := range children {
		c.leaving = true
		l.mark(c)
	}
	children = slices.DeleteFunc(children, func(c *child) bool { return !c.stoppable() })
	for _, c := range children {
		if l.ordering.machine.Active() {
			l.apply(c, c.machine.CallOff())
		}
	}
	l.dismiss(string(process.WhyRoll), children...)
}

// note tells everybody who watches.
func (rs *rolls) note(l *loop, r *rolling, n roll.Note) {
	r.notes = append(r.notes, RollNote{time.Now().Round(0), n.Text})
	level := process.Info
	if n.Alarm {
		level = process.Warn
	}
	l.log(level, r.name()+": "+n.Text)
	if l.events.bus.Wants(event.ReeveRoll) {
		l.events.publish(event.Roll(r.id, r.groups, r.machine.State.String(), n.Text))
	}
}

// over forgets what only a roll under way needs.
func (rs *rolls) over(l *loop, r *rolling) {
	l.queue.Remove(&r.due)
	r.members, r.to, r.was, r.logs = nil, nil, nil, nil
	for _, name := range r.groups {
		if g := l.groups.byName[name]; g != nil {
			l.groups.sameAsRead(g)
		}
	}
	l.readers.invalidate()
}

// RollInfo is a copy of what is known of a roll.
type RollInfo struct {
	ID      uint64
	Update  bool
	Groups  []string
	State   string // surging, rolling, reverting, leaving, finishing, done, failed, reverted, aborted
	Over    bool
	Reason  string // why it did not go through
	Members []RollMember
	Notes   []RollNote // all so far, the oldest first
}

// RollMember is a process that takes part in a roll.
type RollMember struct {
	Name  string // as supervisorctl shows it
	Surge bool
	Step  string // pending, stopping, starting, replaced, skipped, failed
}

func (r *rolling) info() RollInfo {
	m := r.machine
	i := RollInfo{
		ID: r.id, Update: r.update, Groups: r.groups, State: m.State.String(), Over: m.State.Over(), Reason: m.Reason,
		Notes: slices.Clone(r.notes),
	}
	for _, m := range m.Members {
		i.Members = append(i.Members, RollMember{m.Name, m.Extra, m.Step.String()})
	}
	return i
}

// Done reports whether the roll has gone through.
func (i *RollInfo) Done() bool { return i.State == roll.Done.String() }

// options returns how a roll of some processes proceeds.
func (o *RollOptions) options(children []*child) roll.Options {
	wait := o.Wait
	if wait == 0 {
		for _, c := range children {
			wait = max(wait, c.config.Checks.Longest())
		}
		wait += DefaultRollWait
	}
	return roll.Options{Batch: o.Batch, MaxUnavailable: o.MaxUnavailable, Wait: wait, Revert: o.Revert}
}
