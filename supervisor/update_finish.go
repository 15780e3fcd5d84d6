package supervisor

import (
	"maps"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/order"
)

// finish does the second part of the update under way: everything has stopped that had to.
func (us *updates) finish(l *loop) {
	u := us.current
	us.current = nil
	us.changes++
	if u.roll != 0 {
		us.start(l, u)
		l.rolls.replaced(l, u)
		return
	}
	for _, g := range slices.Clone(l.groups.active) {
		name := g.config.Name
		next := l.groups.configured(name)
		switch {
		case !u.about(name):
		case next == nil || recast(g, next):
			us.drop(l, u, g)
		default:
			us.shape(l, u, g, next)
		}
	}
	for _, next := range l.groups.config.Groups {
		if u.about(next.Name) && l.groups.byName[next.Name] == nil {
			us.add(l, u, next)
		}
	}
	us.start(l, u)
	l.readers.invalidate()
	us.answer(func() { us.reply.ok(updated{plan: us.plan}) })
	l.rolls.finished(l, u.ends, "")
}

// drop removes a group. A process that can't be stopped stays, and the group with it.
func (us *updates) drop(l *loop, u *update, g *group) {
	if slices.ContainsFunc(g.children, (*child).lost) {
		none := *g.config
		none.Processes = nil
		us.shape(l, u, g, &none)
		return
	}
	_ = removeGroup(l, g.config.Name) // nothing runs
}

// shape gives a group the processes that it is configured to have. One that can't be
// stopped stays.
func (us *updates) shape(l *loop, u *update, g *group, next *config.Group) {
	wanted, have := map[string]bool{}, map[string]*child{}
	for _, p := range next.Processes {
		wanted[p.Name] = true
	}
	stay := next
	var gone []*child
	for _, c := range g.children {
		switch {
		case wanted[c.config.Name]:
		case c.lost():
			own := *stay
			own.Processes = append(slices.Clone(stay.Processes), c.config)
			stay = &own
		default:
			gone = append(gone, c)
			continue
		}
		have[c.config.Name] = c
	}
	us.forget(l, gone)
	g.config, g.children = stay, nil
	if g.pool != nil {
		l.events.bus.Change(g.pool, poolOptions(stay.Listener))
	}
	var added []*child
	for i, p := range stay.Processes {
		c := have[p.Name]
		if c == nil {
			added = append(added, l.groups.newChildren(g, stay.Processes[i:i+1], u.logsOf(stay.Name))...)
			continue
		}
		g.children = append(g.children, c)
	}
	l.desires.hold(added)
	for _, c := range added {
		if c.listener != nil {
			g.pool.Join(c.listener)
		}
		l.mark(c)
	}
	if len(added) == 0 {
		return
	}
	effects, _ := l.ordering.arrange(added, &l.groups) // no circle: that was looked at before
	l.follow(effects)
}

// forget removes processes that have stopped.
func (us *updates) forget(l *loop, gone []*child) {
	for _, c := range gone {
		l.groups.roster.remove(c)
		c.removed = true
		l.desires.started(c) // one that has its name later is another one
		forget(l, c)
	}
}

func (u *update) logsOf(group string) *launch.GroupLogs {
	if logs := u.logs[group]; logs != nil {
		return logs
	}
	return &launch.GroupLogs{}
}

// add makes a group active. Of one that was there as another kind of group, what was off
// stays off.
func (us *updates) add(l *loop, u *update, next *config.Group) {
	_ = l.add(next, u.logsOf(next.Name)) // no circle: that was looked at before
	for _, c := range l.groups.byName[next.Name].children {
		if starts, was := u.recast[next.Name][c.config.Name]; was {
			c.machine.Waived = true
			if starts {
				u.starts[c] = true
			}
		}
	}
}

// start starts what is to start, has stopped, and does not run.
func (us *updates) start(l *loop, u *update) {
	all := slices.SortedFunc(maps.Keys(u.starts), byOrder)
	all = slices.DeleteFunc(all, func(c *child) bool {
		if u.holds(c) {
			return true
		}
		delete(u.starts, c)
		return c.removed || c.machine.State.IsRunning() || c.machine.State == stopping
	})
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b *child) int { return a.config.Priority - b.config.Priority })
	if !l.ordering.machine.Active() {
		for _, c := range all {
			l.begin(c, u.why())
		}
		return
	}
	for _, c := range all {
		c.wanted = true
		l.readers.changed(c)
	}
	l.follow(l.ordering.machine.Again(ids(all), order.Request{Reason: string(u.why())}))
}

// holds reports whether the start of c has to wait: for its own stop, or for that of
// another one that has the same FastCGI socket, which is made again.
func (u *update) holds(c *child) bool {
	if _, waits := u.waiting[c]; waits || c.config.FastCGI == nil {
		return waits
	}
	for o := range u.waiting {
		if o.config.FastCGI != nil && o.config.Program == c.config.Program {
			return true
		}
	}
	return false
}
