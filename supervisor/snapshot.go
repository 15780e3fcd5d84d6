package supervisor

import (
	"slices"

	"reeve/config"
)

// info copies the values of every process, sorted, and publishes the copy: until something changes, readers don't ask again.
func (l *loop) info() []Info {
	children := ordered(l.groups, byName)
	infos := make([]Info, len(children))
	for i, c := range children {
		m := c.machine
		infos[i] = Info{
			Name:          c.name(),
			State:         m.State,
			Start:         m.Started,
			Stop:          m.Stopped,
			SpawnErr:      m.SpawnErr,
			ExitStatus:    m.ExitStatus,
			Pid:           m.Pid,
			StdoutLogfile: c.logs.stdout,
			StderrLogfile: c.logs.stderr,
		}
	}
	l.handle.snapshot.Store(&infos)
	return infos
}

// find looks a process up in a sorted snapshot.
func find(infos []Info, n Name) (Info, error) {
	group := slices.IndexFunc(infos, func(i Info) bool { return i.Group == n.Group })
	if group < 0 {
		return Info{}, ErrNoSuchGroup
	}
	for _, i := range infos[group:] {
		if i.Name == n {
			return i, nil
		}
	}
	return Info{}, ErrNoSuchProcess
}

// configInfo lists the processes of the configuration read last. The log of a process named AUTO is known only where the
// active group is that very configuration, not one read since (checklist 251).
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
			if active != nil && active.config == cfg {
				logs := active.children[i].logs
				if p.Stdout.Auto {
					info.StdoutLogfile = logs.stdout
				}
				if p.Stderr.Auto {
					info.StderrLogfile = logs.stderr
				}
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
