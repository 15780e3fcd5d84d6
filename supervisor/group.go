package supervisor

import (
	"cmp"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/launch"
)

// group is an active process group. Its configuration is the one with which it was added,
// whatever was read since.
type group struct {
	config   *config.Group
	children []*child       // in the order of the configuration (facts 70, 75)
	pool     *delivery.Pool // of an event listener group
	// unstopped counts the children that are not in the stopped set (fact 128: which
	// states count as not stopped at shutdown); changed maintains it.
	unstopped int

	skip    int // how many more events are sent without polling, after a slow answer
	skipped int // what skip was set to last
}

// target is what a request names: one process, a group, or everything.
type target struct {
	group   string
	process string
	all     bool
}

func (t target) single() bool { return !t.all && t.process != "" }

// resolve returns the processes that a target means. The error is ErrNoSuchGroup or
// ErrNoSuchProcess.
func (l *loop) resolve(t target) ([]*child, error) {
	if t.single() {
		c, err := l.find(Name{t.group, t.process})
		if err != nil {
			return nil, err
		}
		return []*child{c}, nil
	}
	groups := l.groups
	if !t.all {
		g := l.byName[t.group]
		if g == nil {
			return nil, ErrNoSuchGroup
		}
		groups = []*group{g}
	}
	return ordered(groups...), nil
}

// ordered returns the processes of some groups in the order in which requests on several
// go through them: groups by priority, then their processes by priority, both stable
// (fact 243).
func ordered(groups ...*group) []*child {
	groups = slices.Clone(groups)
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(a.config.Priority, b.config.Priority) })
	var all []*child
	for _, g := range groups {
		own := len(all)
		all = append(all, g.children...)
		slices.SortStableFunc(all[own:], func(a, b *child) int { return cmp.Compare(a.config.Priority, b.config.Priority) })
	}
	return all
}

// find returns the process of that full name. The error is ErrNoSuchGroup or
// ErrNoSuchProcess.
func (l *loop) find(n Name) (*child, error) {
	if c := l.roster.find(n); c != nil {
		return c, nil
	}
	if l.byName[n.Group] == nil {
		return nil, ErrNoSuchGroup
	}
	return nil, ErrNoSuchProcess
}

// add makes a group active and publishes that (facts 107 and 249: order of the start,
// addProcessGroup). The logs named AUTO exist already. Of two groups with one name only
// the first becomes active (fact 96): add then returns false.
func (l *loop) add(cfg *config.Group, logs *launch.GroupLogs) bool {
	if l.byName[cfg.Name] != nil {
		return false
	}
	g := &group{config: cfg}
	for _, p := range cfg.Processes {
		l.born++
		c := newChild(g, p, logs.Paths[p.Name], l.born)
		g.children = append(g.children, c)
		l.roster.join(c)
	}
	if cfg.Listener != nil {
		g.pool = l.newPool(cfg)
		for _, c := range g.children {
			g.pool.Join(c.listener)
		}
	}
	l.groups = append(l.groups, g)
	l.byName[cfg.Name] = g
	l.invalidate()
	l.publish(groupAdded(cfg.Name))
	for _, c := range g.children {
		l.touch(c)
	}
	return true
}

// park retains the logs of a group that is being removed: if the group is added again
// before the configuration is read again, it goes on with them (fact 176: AUTO logs).
func (l *loop) park(g *group) {
	logs := &launch.GroupLogs{Paths: make(map[string]launch.Logs, len(g.children))}
	for _, c := range g.children {
		logs.Paths[c.config.Name] = c.logs
	}
	if l.parked == nil {
		l.parked = map[*config.Group]*launch.GroupLogs{}
	}
	l.parked[g.config] = logs
}

// remove removes a group whose processes have all stopped.
func (l *loop) remove(name string) error {
	g := l.byName[name]
	if g == nil {
		return ErrNoSuchGroup
	}
	if g.unstopped > 0 {
		return ErrStillRunning
	}
	if slices.Contains(l.config.Groups, g.config) {
		l.park(g)
	}
	for _, c := range g.children {
		l.roster.part(c)
		c.removed = true
		l.timers.set(c, c.due, false)
	}
	if g.pool != nil {
		l.bus.Unsubscribe(g.pool)
	}
	delete(l.byName, name)
	l.groups = slices.DeleteFunc(l.groups, func(o *group) bool { return o == g })
	l.invalidate()
	l.publish(groupRemoved(name))
	return nil
}

type (
	addRequest struct {
		name  string
		made  *newGroup // prepared; nil asks what to prepare
		reply reply[*newGroup]
	}
	// newGroup is a group that can become active, the sockets to be tried before, and the
	// logs of its processes named AUTO. logs is nil unless they were retained when the
	// group was removed.
	newGroup struct {
		config  *config.Group
		sockets launch.Trial
		logs    *launch.GroupLogs
		failed  error // why it can't become active
	}
	removeRequest struct {
		name  string
		reply reply[none]
	}
	rereadRequest struct {
		config *config.Config
		begun  uint64 // which of the rereads, in the order in which they began
		reply  reply[Changes]
	}
)

func (r addRequest) serve(l *loop) {
	if r.made != nil {
		l.launcher.LetGo(r.made.sockets)
	}
	if refuseEnding(l, r.reply) {
		return
	}
	i := slices.IndexFunc(l.config.Groups, func(g *config.Group) bool { return g.Name == r.name })
	switch {
	case i < 0:
		r.reply.fail(ErrNoSuchGroup)
	case l.byName[r.name] != nil:
		r.reply.fail(ErrAlreadyAdded)
	case r.made == nil:
		g := l.config.Groups[i]
		r.reply.ok(&newGroup{config: g, sockets: l.launcher.HoldUnheld(g.Processes), logs: l.parked[g]})
	case r.made.config != l.config.Groups[i]:
		r.reply.fail(errOutdated)
	case r.made.failed != nil:
		r.reply.fail(&FailedError{r.made.failed.Error()})
	default:
		delete(l.parked, r.made.config)
		l.add(r.made.config, r.made.logs)
		r.reply.ok(r.made)
	}
}

func (r removeRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	if err := l.remove(r.name); err != nil {
		r.reply.fail(err)
		return
	}
	r.reply.ok(none{})
}

// serve makes what was read the configuration in force, unless the one in force comes
// from a reread that began later. Running groups keep what they have; the daemon's own
// values count at once (fact 247: what reloadConfig changes at once).
func (r rereadRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	active := make([]*config.Group, len(l.groups))
	for i, g := range l.groups {
		active[i] = g.config
	}
	if r.begun > l.reread {
		l.reread = r.begun
		l.useConfig(r.config)
	}
	var c Changes
	c.Added, c.Changed, c.Removed = config.Diff(active, l.config.Groups)
	r.reply.ok(c)
}
