package supervisor

import (
	"fmt"
	"slices"

	"reeve/config"
	"reeve/supervisor/process"
)

// salvage makes what a panic has left of a loop fit to be handed over.
//
// To go back to the last settled turn, each turn would have to begin with a copy of
// everything, which costs as much as there are programs; but a turn costs what it touches.
// So it goes on from the data as the panic left it, which is that of the last settled turn
// but for what the broken turn had begun to change: a message to the loop (which is lost,
// because the next loop would panic of it too) and the few children that it was about.
// Their data is compared with what the kernel knows, which is apart from the loop, and
// what does not fit is made to fit in the obvious way:
//   - a start whose outcome is not known is made again, and a child that it may have
//     brought is killed (by handOver: the loop does not know it);
//   - an end that was not taken note of is taken note of now;
//   - callers get the outcome that is known by then.
//
// The numbers of events, deadlines and counts of groups need no repair: restore derives
// them from the rest.
type salvage struct{ departure }

// finish does what the broken turn had left to do and can be done.
func (s salvage) finish() {
	l := s.loop
	s.turn(l.hangUp)
	for len(l.ordering.queue) > 0 { // follow takes each before it carries it out
		s.turn(func() { l.follow(nil) })
	}
}

// mend makes the data consistent; h has what kernel and capture know.
func (s salvage) mend(h *Handed) {
	l := s.loop
	alive := map[int]bool{}
	for _, pid := range slices.Concat(h.Kernel.Children, h.Kernel.Kept) {
		alive[pid] = true
	}
	for _, e := range h.Kernel.Exits {
		alive[e.Pid] = true // to be reported
	}
	s.mendIndex()
	for c := range l.groups.each() {
		s.turn(func() { s.mendChild(c, alive) })
		s.turn(func() { l.jobs.advance(c) })
	}
	s.mendGroups()
	s.mendJobs()
	h.Capture.Disown(func(row uint64) bool { return l.byRow[row] != nil })
}

// mendIndex drops children from the loop's indices that are there by mistake.
func (s salvage) mendIndex() {
	l := s.loop
	for pid, c := range l.byPid {
		if c.machine.Pid != pid || c.removed {
			delete(l.byPid, pid)
		}
	}
	for row, c := range l.byRow {
		if c.removed || row != c.forking && (row != c.row || c.machine.Pid == 0) {
			delete(l.byRow, row)
		}
	}
}

// mendChild compares a child with what the kernel knows.
func (s salvage) mendChild(c *child, alive map[int]bool) {
	l, m := s.loop, c.machine
	c.beginning = false
	if m.Pid != 0 && c.exit == nil && !alive[m.Pid] {
		c.exit = &process.Exit{Code: -1}
		if l.reaped.Pid == m.Pid {
			*c.exit = l.reaped.Status
		}
		s.say(c, "its end was not taken note of")
	}
	if m.Pid == 0 {
		delete(l.byRow, c.forking)
		l.launcher.Release(c.forking)
		l.launcher.Release(c.row)
		c.forking = 0
		c.attached, c.ended, c.input, c.extra, c.exit = [2]bool{}, [2]bool{}, false, false, nil
	}
	wrong, again := m.Mend(m.Pid != 0)
	if wrong != "" {
		s.say(c, wrong)
	}
	switch {
	case again:
		c.postponed = true
	case m.Pid == 0 && m.Forking:
		l.apply(c, m.Revoked(l.now))
	case m.Pid != 0:
		l.byRow[c.row] = c
		if c.exit == nil {
			l.byPid[m.Pid] = c
		}
	}
}

// mendGroups makes the groups' configurations fit their children.
func (s salvage) mendGroups() {
	gs := &s.loop.groups
	for _, g := range gs.active {
		var processes []*config.Process
		for _, c := range g.children {
			processes = append(processes, c.config)
		}
		if !slices.Equal(processes, g.config.Processes) {
			fits := *g.config
			fits.Processes = processes
			g.config = &fits
		}
	}
	if e := s.loop.ending; e != nil {
		e.asked = false // perhaps not all of them
		e.queue = slices.DeleteFunc(e.queue, func(g *group) bool { return gs.byName[g.config.Name] != g })
	}
}

// mendJobs settles what nobody would settle.
func (s salvage) mendJobs() {
	l := s.loop
	waits := map[ticket]bool{}
	for c := range l.groups.each() {
		for _, t := range c.tickets {
			waits[t] = true
		}
	}
	for _, j := range l.jobs.open {
		j.open = 0
		for i := range j.entries {
			switch e := &j.entries[i]; {
			case e.settled:
			case waits[ticket{j, i}]:
				j.open++
			default:
				e.err, e.settled = errFell, true
			}
		}
		s.turn(func() { l.jobs.finish(j) })
	}
}

func (s salvage) say(c *child, wrong string) {
	s.loop.log(process.Warn, fmt.Sprintf("after the panic, %s: %s; this was repaired", c.config.Name, wrong))
}
