package config

import (
	"maps"
	"reflect"
	"slices"
)

// Diff returns the names of the groups in which read differs from the active groups
// (fact 248): added and changed in the order of read, removed in the order of active. A
// log that is AUTO in read does not count as a difference, nor does the order of events.
// Unlike upstream, every setting of a FastCGI socket counts, not only its URL (row
// fcgi-changes).
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

// shape maps the kinds that consist of nothing but processes to one: a program listed in
// a [group:x] does not differ from a program that is its own group.
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
	x, y := *a, *b
	x.Events, y.Events = slices.Sorted(slices.Values(a.Events)), slices.Sorted(slices.Values(b.Events))
	return reflect.DeepEqual(x, y)
}

// sameProcess compares an active process with one that was read. A log read as AUTO
// equals any other; an active AUTO log already has a file, which equals no other name.
// (Fact 248 says that AUTO on either side compares equal; this is what was observed.)
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
	x.Program, y.Program = "", "" // the section it comes from does not count
	if x.User != nil && y.User != nil && x.User.UID == y.User.UID {
		x.User, y.User = nil, nil // two spellings of one user
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
