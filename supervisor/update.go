package supervisor

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/plan"
	"reeve/supervisor/process"
)

// An update by process has two parts. At once the configuration is in force, processes that
// go on have their new values, and what has to end is asked to stop; what is to be started
// again is when it has stopped. When all has stopped that had to, groups get the processes
// that they are to have, and what is new starts. Between the two the group of such a
// process has a configuration of its own, in which each process has the values it runs
// with.

// updates are the updates by process: the one under way, and the requests that wait for
// its end because they would change the same groups.
type updates struct {
	*callers
	current *update
	changes uint64 // of configurations in place, for the trail
}

// callers are what an update or a roll can't save as data.
type callers struct {
	plan     Plan           // of the update under way
	reply    reply[updated] // nil: it was a predecessor's
	parked   []request
	watching []rollWait // for news of a roll
}

// update is plain data. Its caller asks again after a handover.
type update struct {
	groups  []string        // it is about; none: all
	waiting map[*child]bool // to have stopped; true: it gets its new values then
	starts  map[*child]bool // to be started in the end
	logs    map[string]*launch.GroupLogs
	recast  recasts

	ends    uint64 // the end of that roll
	roll    uint64 // a batch of that roll, and nothing else
	turn    int
	targets map[*child]*config.Process // what the processes of that batch are to be
}

// why is the reason of what an update starts and stops.
func (u *update) why() process.Reason {
	if u.roll != 0 {
		return process.WhyRoll
	}
	return process.WhyChange
}

// target is what a process that has stopped is to be; nil: what it was.
func (u *update) target(l *loop, c *child) *config.Process {
	if u.roll != 0 {
		return u.targets[c]
	}
	return l.groups.wanted(c)
}

// recasts are the groups that are made again: whether a process starts, by group and name.
type recasts map[string]map[string]bool

func (r recasts) note(n Name, starts bool) {
	if r[n.Group] == nil {
		r[n.Group] = map[string]bool{}
	}
	r[n.Group][n.Process] = starts
}

// park reports whether a request has to wait for an update, and keeps it.
func (us *updates) park(r request) bool {
	if us.current == nil {
		return false
	}
	us.parked = append(us.parked, r)
	return true
}

// unpark serves the requests that have waited.
func (us *updates) unpark(l *loop) {
	parked := us.parked
	us.parked = nil
	for _, r := range parked {
		r.serve(l)
	}
}

// begin does the first part. From here on nothing is refused.
func (us *updates) begin(l *loop, r updateRequest, p Plan) {
	l.groups.reread = r.begun
	cfg := *r.config
	cfg.Origins = nil
	l.useConfig(&cfg)
	l.desires.used(l, &cfg)
	u := &update{
		groups: r.groups, waiting: map[*child]bool{}, starts: map[*child]bool{}, recast: recasts{},
		logs: r.made.logs, ends: r.ends,
	}
	us.current, us.plan, us.reply = u, p, r.reply
	us.changes++
	var changed, stops []*child
	for _, g := range l.groups.active {
		if !u.about(g.config.Name) {
			continue
		}
		again := us.detach(l, g)
		for i, c := range g.children {
			if c.leaving { // it was to go already
				u.waiting[c] = false
				continue
			}
			e := us.entry(c)
			starts := e.Action == plan.Start || e.Action == plan.Restart
			if again {
				u.recast.note(c.name(), starts)
			} else if starts {
				u.starts[c] = true
			}
			switch _, is := e.Config(); {
			case again || e.Action == plan.Remove || e.Action == plan.Restart:
				u.waiting[c] = e.Action == plan.Restart && !again
				stops = append(stops, c)
			case us.renew(l, c, i, is):
				changed = append(changed, c)
			}
		}
	}
	l.readers.invalidate()
	l.follow(l.ordering.change(changed, &l.groups))
	us.stop(l, stops)
}

func (u *update) about(group string) bool {
	return len(u.groups) == 0 || slices.Contains(u.groups, group)
}

// entry returns what the plan says of an active process.
func (us *updates) entry(c *child) *PlanEntry {
	n := c.name()
	i, found := slices.BinarySearchFunc(us.plan, n, func(e PlanEntry, n Name) int { return compareNames(Name{e.Group, e.Process}, n) })
	if !found { // of a predecessor
		return &PlanEntry{}
	}
	return &us.plan[i]
}

// detach gives a group a configuration that can be changed in place: the new one with the
// processes that it has, each as it runs. It reports whether the group has to be made
// again.
func (us *updates) detach(l *loop, g *group) (again bool) {
	next := l.groups.configured(g.config.Name)
	own := *g.config
	again = next != nil && recast(g, next)
	if next != nil && !again {
		own = *next
		if g.pool != nil {
			listener := *next.Listener
			listener.LengthInBytes = g.config.Listener.LengthInBytes // the programs count by it
			own.Listener = &listener
			l.events.bus.Change(g.pool, poolOptions(&listener))
		}
	}
	own.Processes = make([]*config.Process, len(g.children))
	for i, c := range g.children {
		own.Processes[i] = c.config
	}
	g.config = &own
	return again
}

// recast reports whether a group can't become what it is configured to be: only an event
// listener group has a pool.
func recast(g *group, next *config.Group) bool {
	return (g.config.Listener == nil) != (next.Listener == nil)
}

// stop asks what has to end to stop, dependants first.
func (us *updates) stop(l *loop, children []*child) {
	slices.SortStableFunc(children, func(a, b *child) int { return a.config.Priority - b.config.Priority })
	for _, c := range children {
		if l.ordering.machine.Active() {
			l.apply(c, c.machine.CallOff())
		}
		l.mark(c)
	}
	l.dismiss(string(us.current.why()), children...)
}

// renew gives a process its new values: all of them if it has no child, else those that
// can be changed while it runs. It reports whether others have to be told about its order.
func (us *updates) renew(l *loop, c *child, at int, to *config.Process) bool {
	was, g := c.config, c.group
	us.changes++
	c.config, g.config.Processes[at] = to, to
	if reflect.DeepEqual(was, to) {
		return false
	}
	c.machine.Changed(to.Policy)
	c.excused = c.excused || to.Essential != was.Essential && c.over()
	if logs := us.current.logs[g.config.Name]; logs != nil {
		if paths, has := logs.Paths[to.Name]; has {
			c.relog(was, paths)
		}
	}
	if c.machine.Pid == 0 {
		c.check, c.plugin = newCheck(to.Name, to.Checks, to.Policy), pluginOf(g, to)
	} else {
		l.heed(c, c.recheck(l.now))
		l.streams.change(c, was)
	}
	l.readers.changed(c)
	l.tell(c)
	l.mark(c)
	return to.OnDependency != was.OnDependency || to.Oneshot != was.Oneshot || !slices.Equal(to.Needs, was.Needs)
}

// relog gives a process other log files; those of AUTO logs that stay are kept.
func (c *child) relog(was *config.Process, paths launch.Logs) {
	if !(was.Stdout.Auto && c.config.Stdout.Auto) {
		c.logs.Stdout = paths.Stdout
	}
	if !(was.Stderr.Auto && c.config.Stderr.Auto) {
		c.logs.Stderr = paths.Stderr
	}
}

// over reports whether the run of c has ended for good.
func (c *child) over() bool {
	return c.machine.State == process.Fatal || c.machine.State == process.Exited
}

// answer answers the caller, unless that was a predecessor's.
func (cs *callers) answer(how func()) {
	if cs.reply != nil {
		how()
	}
	cs.plan, cs.reply = nil, nil
}

// stopped is called at each transition: a process that has stopped gets its new values
// before anything can start it again.
func (us *updates) stopped(l *loop, c *child) {
	u := us.current
	if u == nil || c.machine.Pid != 0 || !u.waiting[c] || !c.machine.State.IsStopped() || c.machine.State == unknown {
		return
	}
	delete(u.waiting, c)
	if to := u.target(l, c); to != nil && us.renew(l, c, slices.Index(c.group.children, c), to) {
		l.follow(l.ordering.change([]*child{c}, &l.groups))
	}
}

// turn goes on with the update under way, and with what waits for it.
func (us *updates) turn(l *loop) {
	if u := us.current; u != nil {
		if l.state != Running {
			us.current = nil
			us.answer(func() { us.reply.fail(ErrEnding) })
		} else {
			left := us.left(l)
			us.start(l, u)
			if left == 0 {
				us.finish(l)
			}
		}
	}
	if us.current == nil && len(us.parked) > 0 {
		us.unpark(l)
	}
}

// lost reports whether c has a child that can't be stopped.
func (c *child) lost() bool { return c.machine.State == unknown && c.machine.Pid != 0 }

func byOrder(a, b *child) int { return cmp.Compare(a.order, b.order) }

// left returns how many processes are still to stop.
func (us *updates) left(l *loop) int {
	u := us.current
	for _, c := range slices.SortedFunc(maps.Keys(u.waiting), byOrder) {
		switch m := c.machine; {
		case c.removed:
			delete(u.waiting, c)
		case c.lost():
			us.entry(c).Problem = "it can't be stopped: " + c.refused
			delete(u.waiting, c)
			delete(u.starts, c)
		case m.State.IsStopped() && !m.Restarts() && c.forking == 0 && !c.wanted:
			us.stopped(l, c)
			delete(u.waiting, c)
		case m.State.IsRunning() && !c.leaving:
			l.dismiss(string(u.why()), c) // it was started again
		}
	}
	return len(u.waiting)
}
