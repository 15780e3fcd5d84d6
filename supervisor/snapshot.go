package supervisor

import (
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/launch"
)

// publishSnapshot lists every process, sorted, for all readers: until something changes
// they need not ask the loop again. A process that has not changed since the last
// snapshot is not copied again.
func (l *loop) publishSnapshot() []*Info {
	infos := make([]*Info, len(l.roster))
	for i, c := range l.roster {
		infos[i] = c.info()
	}
	l.handle.snapshot.Store(&infos)
	return infos
}

// askedAlone counts a request for one process. As many requests as there are processes
// pay for a snapshot, from which later ones are answered.
func (l *loop) askedAlone() {
	if l.singles++; l.singles >= len(l.roster) {
		l.publishSnapshot()
	}
}

// info returns a copy of the values of one process, which must not be changed.
func (c *child) info() *Info {
	if c.seen == nil {
		m := c.machine
		c.seen = &Info{
			Name:          c.name(),
			State:         m.State,
			Start:         m.Started,
			Stop:          m.Stopped,
			SpawnErr:      m.SpawnErr,
			ExitStatus:    m.ExitStatus,
			Pid:           m.Pid,
			StdoutLogfile: c.logs.Stdout,
			StderrLogfile: c.logs.Stderr,
		}
	}
	return c.seen
}

// find looks up a process in a snapshot, which is sorted by name. The error is
// ErrNoSuchGroup or ErrNoSuchProcess.
func find(infos []*Info, n Name) (*Info, error) {
	i, found := slices.BinarySearchFunc(infos, n, func(i *Info, n Name) int { return compareNames(i.Name, n) })
	switch {
	case found:
		return infos[i], nil
	case i < len(infos) && infos[i].Group == n.Group, i > 0 && infos[i-1].Group == n.Group:
		return nil, ErrNoSuchProcess
	}
	return nil, ErrNoSuchGroup
}

// configInfo lists the processes of the configuration read last. The path of a log named
// AUTO is known only where a group of that very configuration, not of one read since, is
// or was active (fact 251: getAllConfigInfo).
func (l *loop) configInfo() []ConfigInfo {
	var infos []ConfigInfo
	for _, cfg := range l.config.Groups {
		active := l.byName[cfg.Name]
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
			} else if parked := l.parked[cfg]; parked != nil {
				logs = parked.Paths[p.Name]
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
