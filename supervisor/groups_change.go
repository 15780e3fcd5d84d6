package supervisor

import (
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/process"
)

// use puts cfg in force. The active groups stay as they are.
func (gs *groups) use(cfg *config.Config) {
	gs.config, gs.retained = cfg, map[*config.Group]*launch.GroupLogs{}
}

// changes returns how the configuration read last differs from the active groups.
func (gs *groups) changes() (c Changes) {
	active := make([]*config.Group, len(gs.active))
	for i, g := range gs.active {
		if active[i] = g.config; !slices.Contains(gs.config.Groups, g.config) {
			active[i] = g.staying()
		}
	}
	c.Added, c.Changed, c.Removed = config.Diff(active, gs.config.Groups)
	return c
}

// add makes a group active; no active one has its name. The logs named AUTO exist already.
func (gs *groups) add(cfg *config.Group, logs *launch.GroupLogs) *group {
	delete(gs.retained, cfg)
	g := &group{config: cfg}
	gs.newChildren(g, cfg.Processes, logs)
	gs.activate(g)
	return g
}

// newChildren makes processes for g.
func (gs *groups) newChildren(g *group, processes []*config.Process, logs *launch.GroupLogs) []*child {
	for _, p := range processes {
		gs.born++
		c := newChild(g, p, logs.Paths[p.Name], gs.born)
		g.children = append(g.children, c)
		gs.roster.add(c)
	}
	return g.children[len(g.children)-len(processes):]
}

func (gs *groups) activate(g *group) {
	gs.active = append(gs.active, g)
	gs.byName[g.config.Name] = g
}

// remove removes a group whose processes have all stopped. The error is ErrNoSuchGroup or
// ErrStillRunning.
func (gs *groups) remove(name string) (*group, error) {
	g := gs.byName[name]
	switch {
	case g == nil:
		return nil, ErrNoSuchGroup
	case g.unstopped > 0:
		return nil, ErrStillRunning
	}
	if slices.Contains(gs.config.Groups, g.config) {
		gs.retain(g)
	}
	for _, c := range g.children {
		gs.roster.remove(c)
		c.removed = true
	}
	delete(gs.byName, name)
	gs.active = slices.DeleteFunc(gs.active, func(o *group) bool { return o == g })
	return g, nil
}

// retain keeps the logs of a group that is being removed.
func (gs *groups) retain(g *group) {
	logs := &launch.GroupLogs{Paths: make(map[string]launch.Logs, len(g.children))}
	for _, c := range g.children {
		logs.Paths[c.config.Name] = c.logs
	}
	gs.retained[g.config] = logs
}

// addProcesses adds processes to an active group and returns them. The error is a
// *NameTakenError.
func (gs *groups) addProcesses(g *group, processes []*config.Process, logs *launch.GroupLogs) ([]*child, error) {
	for _, p := range processes {
		if slices.ContainsFunc(g.config.Processes, func(have *config.Process) bool { return have.Name == p.Name }) {
			return nil, &NameTakenError{p.Name}
		}
	}
	gs.reshape(g, slices.Concat(g.config.Processes, processes))
	added := gs.newChildren(g, processes, logs)
	for _, c := range added {
		c.listener = nil // it does not speak the protocol, whatever the others do
	}
	return added, nil
}

// removeProcess removes a process from its group. The error is ErrNoSuchGroup,
// ErrNoSuchProcess or ErrStillRunning.
func (gs *groups) removeProcess(n Name) (*child, error) {
	c, err := gs.find(n)
	switch {
	case err != nil:
		return nil, err
	// A process in UNKNOWN may have a child.
	case !c.machine.State.IsStopped() || c.machine.Pid != 0:
		return nil, ErrStillRunning
	}
	g := c.group
	i := slices.Index(g.children, c)
	gs.reshape(g, slices.Delete(slices.Clone(g.config.Processes), i, i+1))
	g.children = slices.Delete(slices.Clone(g.children), i, i+1)
	gs.roster.remove(c)
	c.removed = true
	return c, nil
}

// reshape gives a group other processes. Configurations are immutable, so the group gets
// a new one; if the old one belongs to the configuration read last, that is replaced as
// well.
func (gs *groups) reshape(g *group, processes []*config.Process) {
	next := *g.config
	next.Processes = processes
	if i := slices.Index(gs.config.Groups, g.config); i >= 0 {
		cfg := *gs.config
		cfg.Groups = slices.Clone(cfg.Groups)
		cfg.Groups[i] = &next
		gs.config = &cfg
	}
	g.config = &next
}

// changed counts a transition of c.
func (gs *groups) changed(c *child, e process.Changed) {
	delta := btoi(e.From.IsStopped()) - btoi(e.To.IsStopped())
	c.group.unstopped += delta
	gs.unstopped += delta
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
