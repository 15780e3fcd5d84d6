package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"reeve/config"
	"reeve/supervisor/internal/desired"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/process"
)

// Scale gives a program another number of processes. name is a program or GROUP:PROGRAM.
// New processes get the next numbers, those with the highest numbers go; results are
// about both. New ones are started if autostart says so, or others of the program run.
// With wait it returns when they are RUNNING or it is clear that they will not get there,
// or when all that go have stopped. Errors: ErrNoSuchProcess, ErrEnding, *RereadError,
// and a *FailedError that says why the program can't have so many, or that the state file
// can't be written.
func (d DesiredState) Scale(ctx context.Context, name string, count int, wait bool) ([]Result, error) {
	results, err, ok := continued(ctx, d.s)
	if !ok {
		results, err = d.scale(ctx, name, count, wait)
		for errors.Is(err, errOutdated) && ctx.Err() == nil {
			results, err = d.scale(ctx, name, count, wait)
		}
	}
	if err != nil {
		return nil, err
	}
	return results, d.kept(ctx)
}

// scale prepares a scale and has it carried out, or returns errOutdated if what it was
// prepared for has changed.
func (d DesiredState) scale(ctx context.Context, name string, count int, wait bool) ([]Result, error) {
	look := scaleLook{name, newReply[scaling]()}
	s, err := ask(ctx, d.s, look, look.reply)
	if err != nil {
		return nil, err
	}
	refused := func(format string, args ...any) ([]Result, error) {
		return nil, &FailedError{fmt.Sprintf("cannot scale "+name+" to %d: ", count) + fmt.Sprintf(format, args...)}
	}
	s.to = config.Scale{Group: s.group.config.Name, Program: s.program, Count: count, Asked: true}
	cfg, used, err := d.s.readConfig(ctx, s.to)
	if err != nil {
		return nil, err
	}
	s.used = used
	if i := slices.IndexFunc(cfg.Unscaled, func(u config.Unscaled) bool { return u.Scale == s.to }); i >= 0 {
		return refused("%s", cfg.Unscaled[i].Reason)
	}
	i := slices.IndexFunc(cfg.Groups, func(g *config.Group) bool { return g.Name == s.to.Group })
	if i < 0 {
		return refused("the configuration no longer has its group")
	}
	same := false
	if s.next, same = config.Reshaped(s.active, cfg.Groups[i], s.program); !same {
		return refused("the configuration of group %s has changed; update it first", s.to.Group)
	}
	for _, done := range cfg.Scaled {
		if done.Group == s.to.Group && done.Program == s.to.Program {
			s.to = done
		}
	}
	for _, p := range s.next.Processes {
		if !slices.Contains(s.active.Processes, p) {
			s.added = append(s.added, p)
		}
	}
	if s.logs, err = d.s.tryLogs(s.added); err != nil {
		return refused("%v", err)
	}
	r := scaleRequest{scaling: s, wait: wait, job: JobOf(ctx), reply: newReply[[]Result]()}
	results, err := ask(ctx, d.s, r, r.reply)
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrHandedOver) { // else they may be in use
		s.logs.Remove()
	}
	return results, err
}

type (
	// scaleLook asks what is to be scaled.
	scaleLook struct {
		name  string
		reply reply[scaling]
	}
	// scaling is a scale that is being prepared.
	scaling struct {
		group   *group // only passed back to the loop
		from    *config.Group
		active  *config.Group // from without those that are going already
		program string
		count   int // of its processes

		to    config.Scale
		used  *[]config.Scale // the scales with which the configuration was read
		next  *config.Group
		added []*config.Process
		logs  *launch.GroupLogs
	}
	scaleRequest struct {
		scaling
		wait  bool
		job   *Job
		reply reply[[]Result]
	}
)

func (r scaleLook) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	found := l.groups.program(r.name)
	switch len(found) {
	case 0:
		r.reply.fail(ErrNoSuchProcess)
	case 1:
		s := found[0]
		s.from, s.active = s.group.config, s.group.staying()
		for _, p := range s.active.Processes {
			s.count += btoi(p.Program == s.program)
		}
		r.reply.ok(s)
	default:
		var names []string
		for _, s := range found {
			names = append(names, s.group.config.Name+":"+s.program)
		}
		r.reply.fail(&FailedError{r.name + " can mean " + strings.Join(names, " or ")})
	}
}

// program finds what a name can mean: GROUP:PROGRAM, GROUP:*, a program, or else a group.
func (gs *groups) program(name string) (found []scaling) {
	group, program, both := strings.Cut(name, ":")
	if !both {
		if found = gs.programs(func(_, program string) bool { return program == name }); found != nil {
			return found
		}
	}
	return gs.programs(func(g, p string) bool { return g == group && (!both || p == program || program == desired.All) })
}

// programs returns those of active groups that match.
func (gs *groups) programs(match func(group, program string) bool) (found []scaling) {
	for c := range gs.each() {
		s := scaling{group: c.group, program: c.config.Program}
		if match(c.group.config.Name, s.program) && !slices.ContainsFunc(found, func(o scaling) bool { return o.group == s.group && o.program == s.program }) {
			found = append(found, s)
		}
	}
	return found
}

// temporary reports whether c is going, or will at the end of a roll.
func (c *child) temporary() bool { return c.leaving || c.surge }

// staying returns the configuration of g without the processes that are going.
func (g *group) staying() *config.Group {
	if !slices.ContainsFunc(g.children, (*child).temporary) {
		return g.config
	}
	next := *g.config
	next.Processes = nil
	for _, c := range g.children {
		if !c.temporary() {
			next.Processes = append(next.Processes, c.config)
		}
	}
	return &next
}

func (r scaleRequest) serve(l *loop) {
	if l.updates.park(r) || refuseEnding(l, r.reply) {
		return
	}
	g, d := r.group, &l.desires
	if roll := l.rolls.about([]string{g.config.Name}, 0); roll != nil {
		r.reply.fail(&FailedError{fmt.Sprintf("cannot scale to %d: %s is under way", r.to.Count, roll.name())})
		return
	}
	if l.groups.byName[g.config.Name] != g || g.config != r.from || d.scales.Load() != r.used {
		r.reply.fail(errOutdated)
		return
	}
	for _, p := range r.added {
		if c := l.groups.roster.find(Name{g.config.Name, p.Name}); c != nil {
			r.reply.fail(&FailedError{fmt.Sprintf("cannot scale to %d: %s has not stopped yet", r.to.Count, c.name())})
			return
		}
	}
	runs := slices.ContainsFunc(g.children, func(c *child) bool {
		return c.config.Program == r.program && !c.leaving && (c.machine.State.IsRunning() || c.wanted)
	})
	goes, added := l.groups.scale(g, r.next, r.logs)
	d.scale(desired.Scale{Group: g.config.Name, Program: r.program, Count: r.to.Count, NumProcs: r.to.NumProcs})
	if len(goes)+len(added) > 0 {
		l.log(process.Info, fmt.Sprintf("scaled program %s of group %s from %d to %d processes (numprocs is %d)",
			r.program, g.config.Name, r.count, r.to.Count, r.to.NumProcs))
	}
	d.mark(g.children)
	l.readers.invalidate()
	j := l.jobs.add(slices.Concat(goes, added), len(goes) > 0, r.wait, r.reply)
	r.job.Accept(j.id)
	r.join(l, added, runs, j)
	for _, c := range goes {
		c.leaving = true
		l.mark(c)
	}
	stopAsked(l, j, goes, nil)
	l.jobs.finish(j)
}

// join makes new processes known and starts them; runs says that others of the program run.
func (r scaleRequest) join(l *loop, added []*child, runs bool, j *job) {
	if len(added) == 0 {
		return
	}
	effects, _ := l.ordering.arrange(added, &l.groups) // no circle: they need what the others need
	l.follow(effects)
	l.desires.hold(added)
	var begin []*child
	for i, c := range added {
		if c.listener != nil {
			c.group.pool.Join(c.listener)
		}
		l.mark(c)
		if start := c.config.Autostart || runs; !start || c.machine.Waived {
			j.settle(i, nil, false)
			continue
		}
		j.await(i, c)
		begin = append(begin, c)
	}
	l.want(begin, process.WhyRequest, r.wait, false)
	for _, c := range begin {
		if c.wanted && !r.wait {
			l.jobs.advance(c)
		}
	}
}

// scale gives g the processes of next, and returns those that are new and those that are to
// go: they stay in the group, behind the others, until they have stopped. The last one goes
// first.
func (gs *groups) scale(g *group, next *config.Group, logs *launch.GroupLogs) (goes, added []*child) {
	have := make(map[string]*child, len(g.children))
	for _, c := range g.children {
		have[c.config.Name] = c
	}
	fresh := slices.DeleteFunc(slices.Clone(next.Processes), func(p *config.Process) bool { return have[p.Name] != nil })
	gs.sameAsRead(g)
	added = slices.Clone(gs.newChildren(g, fresh, logs))
	for _, c := range added {
		have[c.config.Name] = c
	}
	var all []*child
	for _, p := range next.Processes {
		all = append(all, have[p.Name])
		delete(have, p.Name)
	}
	for _, c := range g.children {
		if have[c.config.Name] == nil {
			continue
		}
		if all = append(all, c); !c.leaving {
			goes = append(goes, c)
		}
	}
	slices.Reverse(goes)
	g.children = all
	processes := make([]*config.Process, len(all))
	for i, c := range all {
		processes[i] = c.config
	}
	gs.reshape(g, processes)
	return goes, added
}

// sameAsRead makes the configuration of g that of its name in the configuration read last,
// if they are equal: a change of one is then one of both.
func (gs *groups) sameAsRead(g *group) {
	read := gs.configured(g.config.Name)
	if read == nil || read == g.config {
		return
	}
	if _, changed, _ := config.Diff([]*config.Group{g.staying()}, []*config.Group{read}); len(changed) > 0 {
		return
	}
	cfg := *gs.config
	cfg.Groups = slices.Clone(cfg.Groups)
	cfg.Groups[slices.Index(cfg.Groups, read)] = g.config
	gs.config = &cfg
}

// depart removes a process that was to go and has stopped, and reports whether it did.
func depart(l *loop, c *child) bool {
	if !c.leaving || !c.machine.State.IsStopped() || c.machine.Pid != 0 || c.forking != 0 || c.exit != nil {
		return false
	}
	if _, err := l.groups.removeProcess(c.name()); err != nil {
		return false
	}
	l.desires.started(c) // one that has its name later is another one
	forget(l, c)
	return true
}
