package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"reeve/supervisor/order"
)

// Difference is a key of a process whose value has changed. The values are as a file would
// have them; those of secrets are masked.
type Difference struct {
	Section  string // where the new value is, or would be
	Key      string
	Old, New string // empty: none
	Origin   string // FILE:LINE of the new value, or the file of its section; empty: not known
	Change   Change
}

// SectionKey stands for the name of the section itself, in place of a key.
const SectionKey = "section"

// Differences returns the keys in which a process of a group differs from that of the same
// name in another reading of the group, in the order of the tables. from has the origins;
// it may be nil.
func Differences(old, new *Group, from *Process, to *Process, origins *Origins) []Difference {
	d := differ{section: sectionName(new, to), origins: origins}
	if is := sectionName(old, from); is != d.section {
		d.add(SectionKey, is, d.section, Restart)
	}
	d.process(from, to)
	if from.FastCGI != nil && to.FastCGI != nil {
		d.options(from.FastCGI.options(""), to.FastCGI.options(""))
	}
	if new.Kind == KindHeterogeneous || new.Kind == KindEventListener {
		d.section = groupSection(new)
	}
	if !d.has("priority") && old.Priority != new.Priority {
		d.add("priority", strconv.Itoa(old.Priority), strconv.Itoa(new.Priority), Live)
	}
	if old.Listener != nil && new.Listener != nil {
		d.options(inOrder(old).listenerOptions(&section{}), inOrder(new).listenerOptions(&section{}))
	}
	return d.found
}

// inOrder returns g with its events sorted: their order makes no difference.
func inOrder(g *Group) *Group {
	l := *g.Listener
	l.Events = slices.Sorted(slices.Values(l.Events))
	return &Group{Priority: g.Priority, Listener: &l}
}

// sectionName returns the name of the section that a process of g is read from.
func sectionName(g *Group, p *Process) string {
	switch {
	case g.Kind == KindEventListener:
		return "eventlistener:" + p.Program
	case p.FastCGI != nil:
		return "fcgi-program:" + p.Program
	}
	return "program:" + p.Program
}

func groupSection(g *Group) string {
	if g.Kind == KindEventListener {
		return "eventlistener:" + g.Name
	}
	return "group:" + g.Name
}

// differ collects differences.
type differ struct {
	section string
	origins *Origins
	found   []Difference
}

func (d *differ) add(key, old, new string, c Change) {
	d.found = append(d.found, Difference{d.section, key, old, new, d.origins.of(d.section, key), c})
}

func (d *differ) has(key string) bool {
	return slices.ContainsFunc(d.found, func(f Difference) bool { return f.Key == key })
}

// process compares the options of a program.
func (d *differ) process(from, to *Process) {
	old, new := newProgram(), newProgram()
	old.process, new.process = *from, *to
	for _, logs := range [...][2]*LogConfig{{&old.process.Stdout, &new.process.Stdout}, {&old.process.Stderr, &new.process.Stderr}} {
		for _, l := range logs {
			l.File = l.named()
		}
	}
	if a, b := old.process.User, new.process.User; a != nil && b != nil && a.UID == b.UID {
		old.process.User = b // two spellings of one user
	}
	a, b := environments(from.Environment, to.Environment)
	old.process.Environment, new.process.Environment = nil, nil
	d.options(slices.Concat(old.shared, old.each), slices.Concat(new.shared, new.each))
	if a != "" || b != "" {
		d.add("environment", a, b, Restart)
		if !d.origins.has(d.section, "environment") && d.origins.has("supervisord", "environment") {
			last := &d.found[len(d.found)-1]
			last.Section, last.Origin = "supervisord", d.origins.of("supervisord", "environment")
		}
	}
	if !d.has("depends_on") && !slices.Equal(from.Needs, to.Needs) { // the same words mean others
		d.add("depends_on", needsText(from.Needs), needsText(to.Needs), Live)
	}
}

// options compares the values that two tables of the same rows point to.
func (d *differ) options(old, new []option) {
	for i, o := range new {
		if o.at == nil {
			continue
		}
		a, b := reflect.ValueOf(old[i].at).Elem().Interface(), reflect.ValueOf(o.at).Elem().Interface()
		if !d.has(o.key) && !reflect.DeepEqual(a, b) {
			d.add(o.key, shownValue(o.key, a), shownValue(o.key, b), changeOf[o.key])
		}
	}
}

// named returns the file of a log as a configuration names it.
func (l *LogConfig) named() string {
	switch {
	case l.Auto:
		return "AUTO"
	case l.File == "" && !l.Empty:
		return "NONE"
	}
	return l.File
}

// environments returns the variables that are not the same in both, each without its
// value, which may be a secret.
func environments(old, new []EnvVar) (from, to string) {
	a, b := varMap(old), varMap(new)
	list := func(vars []EnvVar, others map[string]string) string {
		var changed []string
		for _, v := range vars {
			if other, has := others[v.Key]; !has || other != v.Value {
				changed = append(changed, v.Key+"=***")
			}
		}
		slices.Sort(changed)
		return strings.Join(changed, ",")
	}
	return list(old, b), list(new, a)
}

func needsText(needs []order.Need) string {
	all := make([]string, len(needs))
	for i, n := range needs {
		all[i] = n.String()
	}
	return strings.Join(all, ",")
}
