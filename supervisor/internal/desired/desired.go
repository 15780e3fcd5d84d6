// Package desired is the desired state: what people have told the daemon at run time that
// is to hold after its end as well. It has the rules and the text of the state file, and
// knows no file itself.
//
// A State is plain data. Its lists are sorted and without duplicates, so that equal states
// have the same text.
package desired

import (
	"cmp"
	"slices"
	"strings"
)

// State is the desired state. The zero State is that of a daemon that was told nothing.
type State struct {
	// Disabled are the processes that do not start by themselves: GROUP:PROCESS, or
	// GROUP:* for all that the group has or will have.
	Disabled []string `json:"disabled,omitempty"`
	// Stopped are the processes that were stopped by hand and are to stay so:
	// GROUP:PROCESS.
	Stopped []string `json:"stopped,omitempty"`
	Scaled  []Scale  `json:"scaled,omitempty"`
}

// Scale is how many processes a program of a group is to have in place of what the
// configuration says.
type Scale struct {
	Group   string `json:"group"`
	Program string `json:"program"`
	Count   int    `json:"count"`
	// NumProcs is what the configuration said then. When it says something else the Scale
	// no longer holds.
	NumProcs int `json:"numprocs"`
}

// All in place of the name of a process means all of the group.
const All = "*"

// Clone returns a copy that shares nothing with s.
func (s *State) Clone() State {
	return State{slices.Clone(s.Disabled), slices.Clone(s.Stopped), slices.Clone(s.Scaled)}
}

// Empty reports whether s says nothing.
func (s *State) Empty() bool { return len(s.Disabled)+len(s.Stopped)+len(s.Scaled) == 0 }

// Enabled reports whether a process may start by itself.
func (s *State) Enabled(group, process string) bool {
	return !has(s.Disabled, group+":"+All) && !has(s.Disabled, group+":"+process)
}

// Disable keeps a process, or All of a group, from starting by itself, and reports whether
// that is new.
func (s *State) Disable(group, process string) bool {
	if has(s.Disabled, group+":"+All) {
		return false
	}
	if process == All {
		s.Disabled = without(s.Disabled, group)
	}
	return add(&s.Disabled, group+":"+process)
}

// Enable takes back what Disable did, and reports whether there was anything. members are
// the names of all processes of the group: if all were disabled the others stay so.
func (s *State) Enable(group, process string, members []string) bool {
	if process == All {
		before := len(s.Disabled)
		s.Disabled = without(s.Disabled, group)
		return len(s.Disabled) < before
	}
	if !drop(&s.Disabled, group+":"+All) {
		return drop(&s.Disabled, group+":"+process)
	}
	for _, m := range members {
		if m != process {
			add(&s.Disabled, group+":"+m)
		}
	}
	return true
}

// StayStopped reports whether a process was stopped by hand.
func (s *State) StayStopped(group, process string) bool { return has(s.Stopped, group+":"+process) }

// Stop notes that a process was stopped by hand, and reports whether that is new.
func (s *State) Stop(group, process string) bool { return add(&s.Stopped, group+":"+process) }

// Start forgets that a process was stopped by hand, and reports whether it was.
func (s *State) Start(group, process string) bool { return drop(&s.Stopped, group+":"+process) }

// Scale notes a scale in place of the one that its program had.
func (s *State) Scale(to Scale) {
	i, found := slices.BinarySearchFunc(s.Scaled, to, compareScales)
	if found {
		s.Scaled[i] = to
		return
	}
	s.Scaled = slices.Insert(s.Scaled, i, to)
}

// Unscale forgets the scale of a program, and reports whether it had one.
func (s *State) Unscale(group, program string) bool {
	i, found := slices.BinarySearchFunc(s.Scaled, Scale{Group: group, Program: program}, compareScales)
	if found {
		s.Scaled = slices.Delete(s.Scaled, i, i+1)
	}
	return found
}

// ScaleOf returns the scale of a program, if it has one.
func (s *State) ScaleOf(group, program string) (of Scale, found bool) {
	i, found := slices.BinarySearchFunc(s.Scaled, Scale{Group: group, Program: program}, compareScales)
	if found {
		of = s.Scaled[i]
	}
	return of, found
}

func compareScales(a, b Scale) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Program, b.Program))
}

func has(list []string, name string) bool {
	_, found := slices.BinarySearch(list, name)
	return found
}

func add(list *[]string, name string) bool {
	i, found := slices.BinarySearch(*list, name)
	if !found {
		*list = slices.Insert(*list, i, name)
	}
	return !found
}

func drop(list *[]string, name string) bool {
	i, found := slices.BinarySearch(*list, name)
	if found {
		*list = slices.Delete(*list, i, i+1)
	}
	return found
}

// without returns list without the names of a group.
func without(list []string, group string) []string {
	return slices.DeleteFunc(list, func(name string) bool { return strings.HasPrefix(name, group+":") })
}
