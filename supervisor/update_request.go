package supervisor

import (
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/plan"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

func (r planRequest) serve(l *loop) {
	if l.updates.park(r) || refuseEnding(l, r.reply) {
		return
	}
	p, err := planOf(l, r.config, r.groups)
	if err != nil {
		r.reply.fail(err)
		return
	}
	r.reply.ok(p)
}

// planOf plans for the groups as they are now.
func planOf(l *loop, cfg *config.Config, groups []string) (Plan, error) {
	active := make([]plan.Active, len(l.groups.active))
	for i, g := range l.groups.active {
		active[i].Config = g.staying()
		for _, c := range g.children {
			if c.temporary() {
				continue
			}
			m := c.machine
			active[i].Facts = append(active[i].Facts, plan.Facts{
				State: m.State, Fresh: m.Fresh(), Again: m.Then == process.StartNow, Off: c.told.disabled, Owes: l.ordering.machine.Owes(c.orderID()),
			})
		}
	}
	return plan.Of(active, cfg, groups...)
}

func (r updateRequest) serve(l *loop) {
	us := &l.updates
	if r.made != nil && us.park(r) {
		return
	}
	p, err := planOf(l, r.config, r.groups)
	if r.made != nil && err == nil && l.state == Running {
		if forking := startUnderWay(l, p); forking != nil && !forking.machine.Stuck {
			us.parked = append(us.parked, r)
			return
		} else if forking != nil {
			err = &FailedError{"a start of " + forking.config.Name + " hangs; nothing was changed"}
		}
	}
	if r.made != nil {
		l.launcher.LetGo(r.made.sockets)
	}
	switch n := neededBy(p); {
	case refuseEnding(l, r.reply):
	case err != nil:
		r.reply.fail(err)
	case r.begun < l.groups.reread, r.used != l.desires.scales.Load():
		r.reply.fail(errOutdated)
	case l.rolls.about(r.groups, r.ends) != nil:
		r.reply.fail(&FailedError{l.rolls.about(r.groups, r.ends).name() + " is under way"})
	case r.ends != 0 && slices.ContainsFunc(p, func(e PlanEntry) bool { return e.Renews() }):
		r.reply.fail(errChangedInRoll)
	case circleIn(l, p) != nil:
		r.reply.fail(&FailedError{circleIn(l, p).Error()})
	case r.made == nil:
		n.sockets = l.launcher.HoldUnheld(configured(p))
		r.reply.ok(updated{needs: n})
	case r.made.failed != nil:
		r.reply.fail(&FailedError{r.made.failed.Error()})
	case !r.made.covers(n):
		r.reply.fail(errOutdated)
	default:
		us.begin(l, r, p)
	}
}

// startUnderWay returns a process that would change while it is being forked: what it was
// forked with has to be known until then.
func startUnderWay(l *loop, p Plan) *child {
	for i := range p {
		if c := l.groups.roster.find(Name{p[i].Group, p[i].Process}); c != nil && c.forking != 0 && p[i].Action != plan.None {
			return c
		}
	}
	return nil
}

// configured returns the processes of a plan as they will be.
func configured(p Plan) (all []*config.Process) {
	for i := range p {
		if _, is := p[i].Config(); is != nil {
			all = append(all, is)
		}
	}
	return all
}

// circleIn returns the error of a plan in whose end processes would wait for one another.
func circleIn(l *loop, p Plan) error {
	var all []order.Process
	planned := map[Name]bool{}
	add := func(group string, p *config.Process) {
		all = append(all, order.Process{ID: order.ID(len(all) + 1), Group: group, Program: p.Program, Name: p.Name, Needs: p.Needs})
	}
	for i := range p {
		planned[Name{p[i].Group, p[i].Process}] = true
		if _, is := p[i].Config(); is != nil {
			add(p[i].Group, is)
		}
	}
	for c := range l.groups.each() {
		if !planned[c.name()] {
			add(c.group.config.Name, c.config)
		}
	}
	return order.Circle(all)
}
