package supervisor

import (
	"cmp"
	"iter"
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
	// states count as not stopped at shutdown); groups.changed maintains it.
	unstopped int

	skip    int // how many more events are sent without polling, after a slow answer
	skipped int // what skip was set to last
}

// groups are the active groups with their processes, and the configuration read last. It
// is bookkeeping only: whether a change is allowed now, and what follows from it, is up
// to the loop.
type groups struct {
	config *config.Config
	// The number of the reread that config came from. A reread that is under way does not
	// survive a handoff.
	reread uint64

	active    []*group // in the order of activation
	byName    map[string]*group
	roster    roster
	born      uint64 // processes made so far
	unstopped int    // processes outside the stopped set

	// The logs of groups of config that were removed: a group that is added again before
	// the configuration is read again goes on with them (fact 176: AUTO logs).
	retained map[*config.Group]*launch.GroupLogs
}

// each yields every process, in the order of activation.
func (gs *groups) each() iter.Seq[*child] {
	return func(yield func(*child) bool) {
		for _, g := range gs.active {
			for _, c := range g.children {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// find returns the process of that full name. The error is ErrNoSuchGroup or
// ErrNoSuchProcess.
func (gs *groups) find(n Name) (*child, error) {
	if c := gs.roster.find(n); c != nil {
		return c, nil
	}
	if gs.byName[n.Group] == nil {
		return nil, ErrNoSuchGroup
	}
	return nil, ErrNoSuchProcess
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
func (gs *groups) resolve(t target) ([]*child, error) {
	if t.single() {
		c, err := gs.find(Name{t.group, t.process})
		if err != nil {
			return nil, err
		}
		return []*child{c}, nil
	}
	named := gs.active
	if !t.all {
		g := gs.byName[t.group]
		if g == nil {
			return nil, ErrNoSuchGroup
		}
		named = []*group{g}
	}
	return ordered(named...), nil
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

// configured returns the group of that name in the configuration read last, or nil.
func (gs *groups) configured(name string) *config.Group {
	i := slices.IndexFunc(gs.config.Groups, func(g *config.Group) bool { return g.Name == name })
	if i < 0 {
		return nil
	}
	return gs.config.Groups[i]
}

// wanted returns how c is configured in what was read last, or nil.
func (gs *groups) wanted(c *child) *config.Process {
	g := gs.configured(c.group.config.Name)
	if g == nil {
		return nil
	}
	i := slices.IndexFunc(g.Processes, func(p *config.Process) bool { return p.Name == c.config.Name })
	if i < 0 {
		return nil
	}
	return g.Processes[i]
}

// configInfo lists the processes of the configuration read last. The path of a log named
// AUTO is known only where a group of that very configuration, not of one read since, is
// or was active (fact 251: getAllConfigInfo).
func (gs *groups) configInfo() []ConfigInfo {
	var infos []ConfigInfo
	for _, cfg := range gs.config.Groups {
		active := gs.byName[cfg.Name]
		for i, p := range cfg.Processes {
			info := ConfigInfo{
				Group:         cfg,
				Process:       p,
				InUse:         active != nil,
				StdoutLogfile: shownLog(p.Stdout),
				StderrLogfile: shownLog(p.Stderr),
			}
			var logs launch.Logs
			if active != nil && active.config == cfg {
				logs = active.children[i].logs
			} else if kept := gs.retained[cfg]; kept != nil {
				logs = kept.Paths[p.Name]
			}
			if p.Stdout.Auto && logs.Stdout != "" {
				info.StdoutLogfile = logs.Stdout
			}
			if p.Stderr.Auto && logs.Stderr != "" {
				info.StderrLogfile = logs.Stderr
			}
			infos = append(infos, info)
		}
	}
	return infos
}

func shownLog(c config.LogConfig) string {
	switch {
	case c.Auto:
		return "auto"
	case c.File == "" && !c.Empty:
		return "none"
	}
	return c.File
}
