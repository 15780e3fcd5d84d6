package supervisor

import (
	"maps"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/launch"
)

// savedUpdate is an update under way, its processes by their order of creation.
type savedUpdate struct {
	Groups  []string                          `json:",omitempty"`
	Waiting []savedLeave                      `json:",omitempty"`
	Starts  []uint64                          `json:",omitempty"`
	Logs    map[string]map[string]launch.Logs `json:",omitempty"`
	Recast  recasts                           `json:",omitempty"`
	Ends    uint64                            `json:",omitempty"`

	Roll    uint64                     `json:",omitempty"`
	Turn    int                        `json:",omitempty"`
	Targets map[uint64]*config.Process `json:",omitempty"`
}

// savedLeave is a process that is to have stopped.
type savedLeave struct {
	Order uint64
	Renew bool `json:",omitempty"`
}

func (us *updates) save() *savedUpdate {
	u := us.current
	if u == nil {
		return nil
	}
	s := &savedUpdate{Groups: u.groups, Logs: map[string]map[string]launch.Logs{}, Recast: u.recast, Ends: u.ends}
	for _, c := range slices.SortedFunc(maps.Keys(u.waiting), byOrder) {
		s.Waiting = append(s.Waiting, savedLeave{c.order, u.waiting[c]})
	}
	for _, c := range slices.SortedFunc(maps.Keys(u.starts), byOrder) {
		s.Starts = append(s.Starts, c.order)
	}
	for group, logs := range u.logs {
		s.Logs[group] = logs.Paths
	}
	if s.Roll, s.Turn = u.roll, u.turn; len(u.targets) > 0 {
		s.Targets = map[uint64]*config.Process{}
		for c, to := range u.targets {
			s.Targets[c.order] = to
		}
	}
	return s
}

func (us *updates) restore(s *savedUpdate, byOrder map[uint64]*child) {
	if s == nil {
		return
	}
	u := &update{
		groups: s.Groups, waiting: map[*child]bool{}, starts: map[*child]bool{}, recast: s.Recast,
		logs: map[string]*launch.GroupLogs{},
	}
	for _, w := range s.Waiting {
		if c := byOrder[w.Order]; c != nil {
			u.waiting[c] = w.Renew
		}
	}
	for _, order := range s.Starts {
		if c := byOrder[order]; c != nil {
			u.starts[c] = true
		}
	}
	for group, paths := range s.Logs {
		u.logs[group] = &launch.GroupLogs{Paths: paths}
	}
	u.ends, u.roll, u.turn, u.targets = s.Ends, s.Roll, s.Turn, map[*child]*config.Process{}
	for order, to := range s.Targets {
		if c := byOrder[order]; c != nil {
			u.targets[c] = to
		}
	}
	if u.recast == nil {
		u.recast = recasts{}
	}
	us.current = u
}
