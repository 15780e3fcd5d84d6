package supervisor

import (
	"cmp"
	"slices"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// saved is everything that the loop owns, as plain data. Another loop that is given it
// together with the same ports goes on as if nothing had happened; it is what a daemon
// that replaces itself carries over. Instants are offsets on the system's monotonic
// clock, because Go's own readings do not survive an exec.
type saved struct {
	Version int
	Config  *config.Config
	State   State
	Ending  *savedEnding `json:",omitempty"`
	Groups  []savedGroup
	// Logs of removed groups, by place in Config.Groups and name of the process.
	Retained map[int]map[string]launch.Logs `json:",omitempty"`
	Jobs     []savedJob
	// Entries of jobs that have ended and whose callers come back to the successor.
	Unclaimed map[uint64][]savedEntry `json:",omitempty"`
	Born      uint64
	Starts    uint64
	Asked     uint64
	Bus       delivery.Numbers
	Status    int `json:",omitempty"`
	Order     order.Saved
	Boot      savedBoot
	Tasks     []savedTask   `json:",omitempty"`
	Update    *savedUpdate  `json:",omitempty"`
	Rolls     *savedRolls   `json:",omitempty"`
	Desires   *savedDesires `json:",omitempty"`
	// NotifyAddress is that of the socket for notifications; empty: there is none.
	NotifyAddress string `json:",omitempty"`
}

type savedBoot struct {
	At   process.Instant
	Last uint64
}

const savedVersion = 1

type savedEnding struct {
	Queue    []string // names of groups
	Asked    bool
	Reported process.Instant
}

type savedGroup struct {
	Config *config.Group `json:",omitempty"` // nil: that of its place
	// Its place in Config.Groups; -1 if another one was read since (fact 251:
	// getAllConfigInfo).
	Current  int
	Children []savedChild
	savedPool
}

// savedPool is the pool of an event listener group.
type savedPool struct {
	Serial uint64            `json:",omitempty"`
	Buffer []delivery.Queued `json:",omitempty"`
	Held   int               `json:",omitempty"`
	Booted bool              `json:",omitempty"`

	Rejections int `json:",omitempty"`
	Due        process.Instant
}

// groupConfig returns the configuration of a group.
func (s *saved) groupConfig(g *savedGroup) *config.Group {
	if g.Config != nil {
		return g.Config
	}
	return s.Config.Groups[g.Current]
}

type savedChild struct {
	Machine   process.Saved
	Order     uint64
	Logs      [2]string
	Forking   uint64
	Postponed bool            `json:",omitempty"`
	Asked     process.Instant `json:",omitzero"`
	Row       uint64
	Attached  [2]bool
	Ended     [2]bool
	Input     bool
	Extra     bool               `json:",omitempty"`
	Exit      *process.Exit      `json:",omitempty"`
	Listener  *delivery.Listener `json:",omitempty"`
	Sent      uint64             `json:",omitempty"`
	Heard     uint64             `json:",omitempty"` // in the process that has saved this
	Reported  process.Instant    `json:",omitzero"`
	Wanted    bool               `json:",omitempty"`
	Leaving   bool               `json:",omitempty"`
	Surge     bool               `json:",omitempty"`
	Native    bool               `json:",omitempty"`
	Reached   order.States       `json:",omitempty"`
	Excused   bool               `json:",omitempty"`
	Check     *check.Saved       `json:",omitempty"`
	First     savedInstants
}

type savedInstants struct {
	Started, Ready, Healthy, Ended process.Instant `json:",omitzero"`
	Over                           bool            `json:",omitempty"`
}

type savedJob struct {
	ID         uint64
	Stop, Wait bool
	Late       int
	Entries    []savedEntry
}

type savedEntry struct {
	Order   uint64 // of the child, which may have been removed
	Name    Name
	Err     savedError
	Settled bool
	Forked  bool
	Rank    int
	Stop    bool `json:",omitempty"` // of one that is not in a job any more
}

// clock converts between instants and their saved form; mono is the current reading of
// the system's monotonic clock.
type clock struct {
	now  time.Time
	mono time.Duration
}

func (c clock) save(t time.Time) process.Instant    { return process.InstantOf(t, c.now, c.mono) }
func (c clock) restore(i process.Instant) time.Time { return i.Time(c.now, c.mono) }

// save returns everything that the loop owns. It is called between two turns.
func (l *loop) save(mono time.Duration) *saved {
	clock := clock{l.now, mono}
	return &saved{
		Version: savedVersion, Config: l.groups.config, State: l.state, Ending: l.ending.save(clock),
		Groups: l.groups.save(clock), Retained: l.groups.saveRetained(), Jobs: l.jobs.save(),
		Unclaimed: l.jobs.saveUnclaimed(),
		Born:      l.groups.born, Starts: l.starts, Asked: l.jobs.asked, Bus: l.events.bus.Numbers,
		NotifyAddress: l.checks.known(), Tasks: l.plans.save(), Update: l.updates.save(), Rolls: l.rolls.save(clock),
		Status: l.status, Order: l.ordering.machine.Save(), Boot: savedBoot{clock.save(l.boot.at), l.boot.last},
		Desires: l.desires.saved(),
	}
}

func (e *ending) save(clock clock) *savedEnding {
	if e == nil {
		return nil
	}
	s := &savedEnding{Asked: e.asked, Reported: clock.save(e.reported)}
	for _, g := range e.queue {
		s.Queue = append(s.Queue, g.config.Name)
	}
	return s
}

func (gs *groups) save(clock clock) (all []savedGroup) {
	for _, g := range gs.active {
		s := savedGroup{Current: slices.Index(gs.config.Groups, g.config)}
		if s.Current < 0 {
			s.Config = g.config
		}
		if g.pool != nil {
			s.savedPool = g.savePool(clock)
		}
		for _, c := range g.children {
			s.Children = append(s.Children, c.save(clock))
		}
		all = append(all, s)
	}
	return all
}

func (g *group) savePool(clock clock) savedPool {
	p := g.pool
	return savedPool{
		Serial: p.Serial, Buffer: p.Buffer, Held: p.Held, Booted: p.Booted, Rejections: p.Rejections, Due: clock.save(p.Due),
	}
}

func (gs *groups) saveRetained() map[int]map[string]launch.Logs {
	all := map[int]map[string]launch.Logs{}
	for i, g := range gs.config.Groups {
		if logs := gs.retained[g]; logs != nil {
			all[i] = logs.Paths
		}
	}
	return all
}

func (c *child) save(clock clock) savedChild {
	var checked *check.Saved
	if c.check != nil {
		s := c.check.Save(clock.now, clock.mono)
		checked = &s
	}
	return savedChild{
		Machine: c.machine.Save(clock.now, clock.mono), Order: c.order, Logs: [2]string{c.logs.Stdout, c.logs.Stderr},
		Postponed: c.postponed, Asked: clock.save(c.asked), Forking: c.forking, Row: c.row, Attached: c.attached, Ended: c.ended, Input: c.input, Extra: c.extra, Exit: c.exit,
		Listener: c.listener, Sent: c.sent, Heard: c.heard, Reported: clock.save(c.reported), Wanted: c.wanted, Leaving: c.leaving, Surge: c.surge, Check: checked, First: c.first.save(clock),
		Native: c.plugin.native, Reached: c.reached, Excused: c.excused,
	}
}

func (f *instants) save(clock clock) savedInstants {
	return savedInstants{clock.save(f.started), clock.save(f.ready), clock.save(f.healthy), clock.save(f.ended), f.over}
}

func (s savedInstants) restore(clock clock) instants {
	return instants{
		started: clock.restore(s.Started), ready: clock.restore(s.Ready), healthy: clock.restore(s.Healthy), ended: clock.restore(s.Ended),
		over: s.Over,
	}
}

func (js *jobs) save() (all []savedJob) {
	for _, j := range js.open {
		s := savedJob{ID: j.id, Stop: j.stop, Wait: j.wait, Late: j.late}
		for _, e := range j.entries {
			s.Entries = append(s.Entries, savedEntry{
				Order: e.order, Name: e.name, Err: saveError(e.err), Settled: e.settled, Forked: e.forked, Rank: e.rank,
			})
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b savedJob) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func (js *jobs) saveUnclaimed() map[uint64][]savedEntry {
	all := map[uint64][]savedEntry{}
	for id, u := range js.unclaimed {
		if u.old {
			continue
		}
		for _, r := range u.results {
			all[id] = append(all[id], savedEntry{Name: r.Name, Err: saveError(r.Err), Settled: true, Stop: r.Stop})
		}
	}
	return all
}

func resultsOf(entries []savedEntry) (results []Result) {
	for _, e := range entries {
		results = append(results, Result{e.Name, e.Err.restore(), e.Stop})
	}
	return results
}

// restore makes a loop of what was saved, with the ports of the loop before it.
func restore(s *saved, p ports, handle *Supervisor, now time.Time, mono time.Duration) *loop {
	l := newLoop(handle, p)
	l.now = now
	l.groups.born, l.starts, l.jobs.asked, l.events.bus.Numbers = s.Born, s.Starts, s.Asked, s.Bus
	l.useConfig(s.Config)
	l.setState(s.State)
	l.status = s.Status
	clock := clock{now, mono}
	l.boot = boot{clock.restore(s.Boot.At), s.Boot.Last}
	byOrder := map[uint64]*child{}
	for _, sg := range s.Groups {
		g := l.groups.restore(sg, clock)
		if g.config.Listener != nil {
			l.events.subscribe(g)
			p := g.pool
			p.Serial, p.Buffer, p.Held, p.Booted = sg.Serial, sg.Buffer, sg.Held, sg.Booted
			p.Rejections, p.Due = sg.Rejections, clock.restore(sg.Due)
		}
	}
	for i, logs := range s.Retained {
		l.groups.retained[s.Config.Groups[i]] = &launch.GroupLogs{Paths: logs}
	}
	for c := range l.groups.each() {
		byOrder[c.order] = c
		c.listens()
		if c.forking != 0 {
			l.byRow[c.forking] = c
		}
		if c.machine.Pid != 0 {
			l.byRow[c.row] = c
			if c.exit == nil {
				l.byPid[c.machine.Pid] = c
			}
		}
	}
	l.desires.restore(s.Desires, l.groups.roster)
	l.jobs.restore(s.Jobs, byOrder)
	l.updates.restore(s.Update, byOrder)
	l.rolls.restore(s.Rolls, byOrder, clock)
	for id, entries := range s.Unclaimed {
		l.jobs.unclaimed[id] = unclaimed{resultsOf(entries), true}
	}
	l.ordering.restore(s.Order, &l.groups, l.plans.restore(s.Tasks, byOrder))
	for c := range l.groups.each() {
		l.schedule(c) // after the jobs: a caller that waits for a stop adds a deadline
	}
	if e := s.Ending; e != nil {
		l.ending = &ending{asked: e.Asked, reported: clock.restore(e.Reported)}
		for _, name := range e.Queue {
			l.ending.queue = append(l.ending.queue, l.groups.byName[name])
		}
		l.queue.Set(&l.reportDue, l.ending.nextReport(), true)
	}
	return l
}

func (gs *groups) restore(s savedGroup, clock clock) *group {
	g := &group{config: s.Config}
	if s.Current >= 0 {
		g.config = gs.config.Groups[s.Current] // the same pointer, not an equal copy
	}
	for i, sc := range s.Children {
		c := restoreChild(g, g.config.Processes[i], sc, clock)
		g.children = append(g.children, c)
		gs.roster.add(c)
		if !c.machine.State.IsStopped() {
			g.unstopped++
			gs.unstopped++
		}
	}
	gs.activate(g)
	return g
}

func restoreChild(g *group, cfg *config.Process, s savedChild, clock clock) *child {
	c := newChild(g, cfg, launch.Logs{Stdout: s.Logs[0], Stderr: s.Logs[1]}, s.Order)
	c.machine = s.Machine.Restore(cfg.Policy, clock.now, clock.mono)
	c.forking, c.row, c.attached, c.ended, c.input, c.exit = s.Forking, s.Row, s.Attached, s.Ended, s.Input, s.Exit
	c.extra, c.postponed, c.asked = s.Extra, s.Postponed, clock.restore(s.Asked)
	if s.Check != nil {
		c.check = s.Check.Restore(clock.now, clock.mono)
	}
	c.reported, c.wanted, c.leaving, c.surge, c.sent = clock.restore(s.Reported), s.Wanted, s.Leaving, s.Surge, s.Sent
	c.first = s.First.restore(clock)
	c.plugin.native, c.reached, c.excused = s.Native, s.Reached, s.Excused
	if c.listener = s.Listener; c.listener != nil {
		c.listener.Name, c.listener.Row = cfg.Name, s.Row
	}
	return c
}

func (js *jobs) restore(all []savedJob, byOrder map[uint64]*child) {
	for _, s := range all {
		j := &job{id: s.ID, stop: s.Stop, wait: s.Wait, late: s.Late, entries: make([]entry, len(s.Entries))}
		for i, e := range s.Entries {
			j.entries[i] = entry{e.Order, e.Name, e.Err.restore(), e.Settled, e.Forked, e.Rank}
			if !e.Settled {
				j.open++
				j.await(i, byOrder[e.Order])
			}
		}
		js.open[j.id] = j
	}
}

// restore makes the processes known again; there was no circle before.
func (o *ordering) restore(s order.Saved, gs *groups, tasks []order.Process) {
	o.machine.MaxStarting = gs.config.Supervisord.MaxStarting
	all := slices.Collect(gs.each())
	for _, c := range all {
		o.children[c.orderID()], c.orders = c, &o.machine
		if c.waits() {
			o.waiting[c] = struct{}{}
		}
	}
	_ = o.machine.Load(s, append(describe(all), tasks...))
}
