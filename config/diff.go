package config

import (
	"maps"
	"reflect"
	"slices"
)

// Diff tells by name what a configuration that was read changes of the active groups (checklist 248): added and changed in the
// order of read, removed in the order of active. A log named AUTO on either side is no difference, nor is the order of events.
// Unlike upstream, all that makes up a FastCGI socket counts, not its URL alone (row fcgi-changes).
func Diff(active, read []*Group) (added, changed, removed []string) {
	now, next := byName(active), byName(read)
	for _, g := range read {
		switch old := now[g.Name]; {
		case old == nil:
			added = append(added, g.Name)
		case !same(old, g):
			changed = append(changed, g.Name)
		}
	}
	for _, g := range active {
		if next[g.Name] == nil {
			removed = append(removed, g.Name)
		}
	}
	return added, changed, removed
}

func byName(groups []*Group) map[string]*Group {
	m := make(map[string]*Group, len(groups))
	for _, g := range groups {
		m[g.Name] = g
	}
	return m
}

func same(a, b *Group) bool {
	if a == b {
		return true
	}
	return shape(a.Kind) == shape(b.Kind) && a.Priority == b.Priority && sameListener(a.Listener, b.Listener) &&
		slices.EqualFunc(a.Processes, b.Processes, sameProcess)
}

// shape makes the kinds equal that have nothing but processes: whether a [group:x] lists a program or the program is a group by
// itself is no difference.
func shape(k Kind) Kind {
	if k == KindHeterogeneous {
		return KindProgram
	}
	return k
}

func sameListener(a, b *Listener) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.BufferSize == b.BufferSize && a.ResultHandler == b.ResultHandler && a.LengthInBytes == b.LengthInBytes &&
		slices.Equal(slices.Sorted(slices.Values(a.Events)), slices.Sorted(slices.Values(b.Events)))
}

// sameProcess compares an active process with one that was read. A log that is read as AUTO is like any other; an active one
// named AUTO has a file by now, which no other name is like (checklist 248 says that AUTO on either side compares equal; seen was
// this).
func sameProcess(active, read *Process) bool {
	x, y := *active, *read
	for _, logs := range [][2]*LogConfig{{&x.Stdout, &y.Stdout}, {&x.Stderr, &y.Stderr}} {
		if now, next := logs[0], logs[1]; next.Auto {
			now.Auto, now.File, now.Empty = true, next.File, next.Empty
		}
	}
	if !maps.Equal(varMap(x.Environment), varMap(y.Environment)) {
		return false
	}
	x.Environment, y.Environment = nil, nil
	x.Program, y.Program = "", "" // where it stood is no difference
	if x.User != nil && y.User != nil && x.User.UID == y.User.UID {
		x.User, y.User = nil, nil // two ways to write one user
	}
	return reflect.DeepEqual(x, y)
}

func varMap(vars []EnvVar) map[string]string {
	m := make(map[string]string, len(vars))
	for _, v := range vars {
		m[v.Key] = v.Value
	}
	return m
}
