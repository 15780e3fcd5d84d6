package supervisor

import (
	"maps"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/roll"
)

// savedRolls are the rolls as a loop hands them over.
type savedRolls struct {
	Last uint64
	All  []savedRoll
}

type savedRoll struct {
	ID      uint64
	Update  bool `json:",omitempty"`
	Groups  []string
	Machine roll.Saved
	Notes   []RollNote                        `json:",omitempty"`
	To      map[uint64]*config.Process        `json:",omitempty"`
	Was     map[uint64]*config.Process        `json:",omitempty"`
	Logs    map[string]map[string]launch.Logs `json:",omitempty"`
}

func (rs *rolls) save(clock clock) *savedRolls {
	if rs.last == 0 {
		return nil
	}
	s := &savedRolls{Last: rs.last}
	for _, r := range rs.all {
		one := savedRoll{
			ID: r.id, Update: r.update, Groups: r.groups, Machine: r.machine.Save(clock.now, clock.mono),
			Notes: slices.Clone(r.notes), To: maps.Clone(r.to), Was: maps.Clone(r.was),
		}
		for group, logs := range r.logs {
			if one.Logs == nil {
				one.Logs = map[string]map[string]launch.Logs{}
			}
			one.Logs[group] = logs.Paths
		}
		s.All = append(s.All, one)
	}
	return s
}

func (rs *rolls) restore(s *savedRolls, byOrder map[uint64]*child, clock clock) {
	if s == nil {
		return
	}
	rs.last = s.Last
	for _, one := range s.All {
		r := &rolling{
			id: one.ID, update: one.Update, groups: one.Groups, machine: one.Machine.Restore(clock.now, clock.mono),
			notes: one.Notes, to: one.To, was: one.Was,
		}
		r.due.What = wake{}
		if !r.machine.State.Over() {
			r.logs, r.members = map[string]*launch.GroupLogs{}, map[uint64]*child{}
			for group, paths := range one.Logs {
				r.logs[group] = &launch.GroupLogs{Paths: paths}
			}
			for _, m := range r.machine.Members {
				r.members[m.ID] = byOrder[m.ID]
			}
		}
		rs.all = append(rs.all, r)
	}
}
