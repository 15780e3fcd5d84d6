package supervisor

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/launch"
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
	Jobs    []savedJob
	Born    uint64
	Starts  uint64
	Asked   uint64
	Bus     delivery.Numbers
}

const savedVersion = 1

type savedEnding struct {
	Queue    []string // names of groups
	Asked    bool
	Reported process.Instant
}

type savedGroup struct {
	Config *config.Group
	// Its place in Config.Groups; -1 if another one was read since (fact 251:
	// getAllConfigInfo).
	Current  int
	Children []savedChild
	Serial   uint64            `json:",omitempty"` // of the pool
	Buffer   []delivery.Queued `json:",omitempty"`
	Held     int               `json:",omitempty"`
	Booted   bool              `json:",omitempty"`

	Rejections int `json:",omitempty"`
	Due        process.Instant
}

type savedChild struct {
	Machine  process.Saved
	Order    uint64
	Logs     [2]string
	Forking  uint64
	Row      uint64
	Attached [2]bool
	Ended    [2]bool
	Input    bool
	Exit     *process.Exit
	Listener *delivery.Listener
	Reported process.Instant
}

type savedJob struct {
	ID         uint64
	Stop, Wait bool
	Late       int
	Entries    []savedEntry
}

type savedEntry struct {
	Order   uint64 // of the child
	Err     savedError
	Settled bool
	Forked  bool
	Rank    int
}

// savedError is an outcome: the index in outcomes plus one (0 for none), or a text.
type savedError struct {
	Known   int
	Command *CommandError `json:",omitempty"`
	Text    string        `json:",omitempty"`
}

var outcomes = []error{ErrNoSuchProcess, ErrAlreadyStarted, ErrNotRunning, ErrSpawn, ErrAbnormalTermination, ErrUnknownState}

func saveError(err error) savedError {
	var command *CommandError
	switch {
	case err == nil:
		return savedError{}
	case errors.As(err, &command):
		return savedError{Command: command}
	}
	if i := slices.Index(outcomes, err); i >= 0 {
		return savedError{Known: i + 1}
	}
	return savedError{Text: err.Error()}
}

func (s savedError) restore() error {
	switch {
	case s.Command != nil:
		return s.Command
	case s.Known > 0:
		return outcomes[s.Known-1]
	case s.Text != "":
		return &FailedError{s.Text}
	}
	return nil
}

// save returns everything that the loop owns; mono is the current reading of the system's
// monotonic clock. It is called between two turns.
func (l *loop) save(mono time.Duration) *saved {
	at := func(t time.Time) process.Instant { return process.InstantOf(t, l.now, mono) }
	s := &saved{
		Version: savedVersion, Config: l.config, State: l.state,
		Born: l.born, Starts: l.starts, Asked: l.asked, Bus: l.bus.Numbers,
	}
	if e := l.ending; e != nil {
		s.Ending = &savedEnding{Asked: e.asked, Reported: at(e.reported)}
		for _, g := range e.queue {
			s.Ending.Queue = append(s.Ending.Queue, g.config.Name)
		}
	}
	for _, g := range l.groups {
		sg := savedGroup{Config: g.config, Current: slices.Index(l.config.Groups, g.config)}
		if g.pool != nil {
			p := g.pool
			sg.Serial, sg.Buffer, sg.Held, sg.Booted = p.Serial, p.Buffer, p.Held, p.Booted
			sg.Rejections, sg.Due = p.Rejections, at(p.Due)
		}
		for _, c := range g.children {
			sg.Children = append(sg.Children, savedChild{
				Machine: c.machine.Save(l.now, mono), Order: c.order, Logs: [2]string{c.logs.Stdout, c.logs.Stderr},
				Forking: c.forking, Row: c.row, Attached: c.attached, Ended: c.ended, Input: c.input, Exit: c.exit,
				Listener: c.listener, Reported: at(c.reported),
			})
		}
		s.Groups = append(s.Groups, sg)
	}
	for _, j := range l.jobs {
		s.Jobs = append(s.Jobs, j.save())
	}
	slices.SortFunc(s.Jobs, func(a, b savedJob) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

func (j *job) save() savedJob {
	s := savedJob{ID: j.id, Stop: j.stop, Wait: j.wait, Late: j.late}
	for _, e := range j.entries {
		s.Entries = append(s.Entries, savedEntry{e.child.order, saveError(e.err), e.settled, e.forked, e.rank})
	}
	return s
}

// restore makes a loop of what was saved, with the ports of the loop before it.
func restore(s *saved, p ports, handle *Supervisor, now time.Time, mono time.Duration) *loop {
	l := newLoop(handle, p)
	l.now = now
	l.born, l.starts, l.asked, l.bus.Numbers = s.Born, s.Starts, s.Asked, s.Bus
	l.useConfig(s.Config)
	l.setState(s.State)
	byOrder := map[uint64]*child{}
	for _, sg := range s.Groups {
		g := &group{config: sg.Config}
		if sg.Current >= 0 {
			g.config = s.Config.Groups[sg.Current] // the same pointer, not an equal copy
		}
		if g.config.Listener != nil {
			p := l.newPool(g.config)
			p.Serial, p.Buffer, p.Held, p.Booted = sg.Serial, sg.Buffer, sg.Held, sg.Booted
			p.Rejections, p.Due = sg.Rejections, sg.Due.Time(now, mono)
			g.pool = p
		}
		for i, sc := range sg.Children {
			c := l.restoreChild(g, g.config.Processes[i], sc, mono)
			byOrder[c.order] = c
			g.children = append(g.children, c)
			l.roster.join(c)
		}
		l.groups = append(l.groups, g)
		l.byName[g.config.Name] = g
	}
	if e := s.Ending; e != nil {
		l.ending = &ending{asked: e.Asked, reported: e.Reported.Time(now, mono)}
		for _, name := range e.Queue {
			l.ending.queue = append(l.ending.queue, l.byName[name])
		}
	}
	for _, sj := range s.Jobs {
		l.restoreJob(sj, byOrder)
	}
	for _, c := range byOrder {
		l.arm(c) // after the jobs: a caller that waits for a stop adds a deadline
	}
	return l
}

func (l *loop) restoreChild(g *group, cfg *config.Process, s savedChild, mono time.Duration) *child {
	c := newChild(g, cfg, launch.Logs{Stdout: s.Logs[0], Stderr: s.Logs[1]}, s.Order)
	c.machine = s.Machine.Restore(l.now, mono)
	c.forking, c.row, c.attached, c.ended, c.input, c.exit = s.Forking, s.Row, s.Attached, s.Ended, s.Input, s.Exit
	c.reported = s.Reported.Time(l.now, mono)
	if c.listener = s.Listener; c.listener != nil {
		c.listener.Name, c.listener.Row = cfg.Name, s.Row
		g.pool.Join(c.listener)
		c.listens()
	}
	if c.forking != 0 {
		l.byRow[c.forking] = c
	}
	if c.machine.Pid != 0 {
		l.byRow[c.row] = c
		if c.exit == nil {
			l.byPid[c.machine.Pid] = c
		}
	}
	if !c.machine.State.IsStopped() {
		g.unstopped++
		l.unstopped++
	}
	return c
}

func (l *loop) restoreJob(s savedJob, byOrder map[uint64]*child) {
	j := &job{id: s.ID, stop: s.Stop, wait: s.Wait, late: s.Late, entries: make([]entry, len(s.Entries))}
	for i, e := range s.Entries {
		c := byOrder[e.Order]
		j.entries[i] = entry{child: c, err: e.Err.restore(), settled: e.Settled, forked: e.Forked, rank: e.Rank}
		if !e.Settled {
			j.open++
			c.tickets = append(c.tickets, ticket{j, i})
		}
	}
	l.jobs[j.id] = j
}
