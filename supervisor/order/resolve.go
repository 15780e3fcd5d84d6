package order

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Spec is a process of a configuration, as far as the order depends on it.
type Spec struct {
	Group, Program, Name string
	DependsOn            string // the value of depends_on for this process; empty: none
	Autostart            bool
	Oneshot              bool
	Health               bool // it has a health check
	// Forever says that each end is followed by a start: autorestart=true, or unexpected
	// with no expected exit code.
	Forever bool
}

// Display returns the name as supervisorctl prints it.
func (s *Spec) Display() string { return display(s.Group, s.Name) }

// Refusal says why the order of a configuration can't be. Its text names both ends of the
// dependency.
type Refusal struct {
	Index int // of the Spec whose depends_on is to blame
	Text  string
}

func (r *Refusal) Error() string { return r.Text }

// Resolve reads the depends_on of all processes of a configuration and returns the needs
// of each, in the order in which they are written. It refuses what can't work: names that
// do not exist or can mean two things, duplicates, circles, conditions that never hold.
// The result is nil if no process has dependencies.
func Resolve(specs []Spec) ([][]Need, *Refusal) {
	r := resolver{specs: specs}
	needs := make([][]Need, 0, len(specs))
	for i := range specs {
		needs = append(needs, nil)
		if strings.Trim(specs[i].DependsOn, " \t\r\n,") == "" {
			continue
		}
		r.index()
		var err error
		if needs[i], err = r.read(&specs[i]); err != nil {
			return nil, &Refusal{i, specs[i].Display() + " " + err.Error()}
		}
	}
	if r.groups == nil {
		return nil, nil
	}
	var m Machine
	_, err := m.Add(processes(specs, needs), nil)
	if circle, ok := errors.AsType[*CircleError](err); ok {
		return nil, &Refusal{int(circle.IDs[0]), circle.Error()}
	}
	return needs, nil
}

// processes returns the processes of a configuration as a Machine takes them, with their
// indexes as ID.
func processes(specs []Spec, needs [][]Need) []Process {
	all := make([]Process, len(specs))
	for i, s := range specs {
		all[i] = Process{
			ID: ID(i), Group: s.Group, Program: s.Program, Name: s.Name, Oneshot: s.Oneshot, Needs: needs[i],
		}
	}
	return all
}

// resolver finds processes by name.
type resolver struct {
	specs    []Spec
	groups   map[string]map[string]*Spec // by name of the process
	members  map[string][]*Spec          // of groups, in order
	programs map[string][]*Spec
}

func (r *resolver) index() {
	if r.groups != nil {
		return
	}
	r.groups, r.members, r.programs = map[string]map[string]*Spec{}, map[string][]*Spec{}, map[string][]*Spec{}
	for i := range r.specs {
		s := &r.specs[i]
		if r.groups[s.Group] == nil {
			r.groups[s.Group] = map[string]*Spec{}
		}
		r.groups[s.Group][s.Name] = s
		r.members[s.Group] = append(r.members[s.Group], s)
		r.programs[s.Program] = append(r.programs[s.Program], s)
	}
}

// dependency is one item of a depends_on that was read.
type dependency struct {
	item  string // as written
	need  Need
	specs []*Spec // that it stands for now
}

// read returns the needs of one process. The errors go on a sentence that begins with
// its name.
func (r *resolver) read(of *Spec) ([]Need, error) {
	var needs []Need
	var before []dependency
	for item := range strings.SplitSeq(of.DependsOn, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		d, err := r.item(item)
		if err == nil {
			err = d.check(of, before)
		}
		if err != nil {
			return nil, err
		}
		before = append(before, d)
		needs = append(needs, d.need)
	}
	return needs, nil
}

// item reads NAME[:CONDITION], GROUP:*[:CONDITION] or GROUP:PROCESS[:CONDITION]. In a
// text of two parts the second is a condition if it is one of their names. If it can be
// either that or a process of the group, the text is refused.
func (r *resolver) item(item string) (dependency, error) {
	parts := strings.Split(item, ":")
	d := dependency{item: item}
	var err error
	switch len(parts) {
	case 1:
		d.need.Target, d.specs, err = r.name(item, parts[0])
		return d, err
	case 2:
		group, process := parts[0], r.groups[parts[0]][parts[1]]
		condition, known := ParseCondition(parts[1])
		if known && process != nil {
			return d, refuse(item, "which can mean two things: write %s:*:%s for the group, %s:%s:%s for the process",
				group, condition, group, process.Name, condition)
		}
		if known {
			d.need.Condition = condition
			d.need.Target, d.specs, err = r.name(item, group)
			return d, err
		}
		d.need.Target, d.specs, err = r.member(item, group, parts[1])
		return d, err
	case 3:
		condition, known := ParseCondition(parts[2])
		if !known {
			return d, refuse(item, "but %s is no condition (%s)", quote(parts[2]), strings.Join(conditionNames, ", "))
		}
		d.need.Condition = condition
		d.need.Target, d.specs, err = r.member(item, parts[0], parts[1])
		return d, err
	}
	return d, refuse(item, "which has more parts than GROUP:PROCESS:CONDITION")
}

func refuse(item, format string, args ...any) error {
	return fmt.Errorf("depends on %s, %s", quote(item), fmt.Sprintf(format, args...))
}

// name finds what a name alone means: a program or a group.
func (r *resolver) name(item, name string) (Target, []*Spec, error) {
	program, group := r.programs[name], r.members[name]
	switch {
	case program == nil && group == nil:
		return Target{}, nil, refuse(item, "but there is no program or group %s that has a process", quote(name))
	case group == nil, slices.Equal(program, group):
		return Target{Program: name}, program, nil
	case program == nil:
		return Target{Group: name}, group, nil
	}
	return Target{}, nil, refuse(item, "which is a group and a program that is not the same: write %s:* for the group, or %s",
		name, spelled(program))
}

// spelled names some processes one by one, or as many as an error text should hold.
func spelled(specs []*Spec) string {
	if len(specs) > 1 {
		return "GROUP:PROCESS for each process of the program"
	}
	return specs[0].Group + ":" + specs[0].Name + " for the program"
}

// member finds GROUP:PROCESS or GROUP:*.
func (r *resolver) member(item, group, process string) (Target, []*Spec, error) {
	all := r.members[group]
	switch {
	case all == nil && r.programs[group] != nil:
		return Target{}, nil, refuse(item, "but %s is a program, not a group, and %s is no condition (%s)",
			quote(group), quote(process), strings.Join(conditionNames, ", "))
	case all == nil:
		return Target{}, nil, refuse(item, "but there is no group %s", quote(group))
	case process == "*":
		return Target{Group: group}, all, nil
	case r.groups[group][process] == nil:
		return Target{}, nil, refuse(item, "but group %s has no process %s, nor is that a condition (%s)",
			quote(group), quote(process), strings.Join(conditionNames, ", "))
	}
	return Target{Group: group, Process: process}, []*Spec{r.groups[group][process]}, nil
}

// check refuses a dependency that can't work, alone or beside those before it.
func (d *dependency) check(of *Spec, before []dependency) error {
	for _, s := range d.specs {
		switch {
		case s == of && len(d.specs) == 1:
			return fmt.Errorf("depends on itself (%s)", quote(d.item))
		case s == of:
			return refuse(d.item, "which contains it")
		case d.need.Condition == Healthy && !s.Health:
			return refuse(d.item, "but %s has no health check", s.Display())
		case (d.need.Condition == Done || d.need.Condition == Exited) && s.Forever:
			return refuse(d.item, "but %s is started again after each end", s.Display())
		}
	}
	for _, o := range before {
		switch {
		case d.need.Condition == o.need.Condition && slices.Equal(d.specs, o.specs):
			return fmt.Errorf("depends on %s twice (%s, %s)", d.need, quote(o.item), quote(d.item))
		case d.excludes(&o) || o.excludes(d):
			return fmt.Errorf("depends on %s and %s, which never hold together", quote(o.item), quote(d.item))
		}
	}
	return nil
}

// excludes reports whether d asks that a process runs and o that it has ended. Started is
// no such question: it holds for what is done. Nor is Ready, of a oneshot.
func (d *dependency) excludes(o *dependency) bool {
	if d.need.Condition != Ready && d.need.Condition != Healthy || o.need.Condition != Done && o.need.Condition != Exited {
		return false
	}
	for _, s := range d.specs {
		if (!s.Oneshot || d.need.Condition == Healthy) && slices.Contains(o.specs, s) {
			return true
		}
	}
	return false
}

// Warnings returns what can't be refused but is hardly meant: programs that are started
// at boot and wait for one that is not.
func Warnings(specs []Spec, needs [][]Need) []string {
	if needs == nil {
		return nil
	}
	r := resolver{specs: specs}
	r.index()
	var warnings []string
	for i, of := range specs {
		for _, n := range needs[i] {
			idle := slices.IndexFunc(r.find(n.Target), func(s *Spec) bool { return !s.Autostart })
			if !of.Autostart || idle < 0 {
				continue
			}
			text := fmt.Sprintf("program %s is started at boot and waits for %s, which is not (autostart=false)",
				of.Program, r.find(n.Target)[idle].Display())
			if !slices.Contains(warnings, text) { // the processes of a program have it in common
				warnings = append(warnings, text)
			}
		}
	}
	return warnings
}

// find returns the processes that a target stands for.
func (r *resolver) find(t Target) []*Spec {
	switch {
	case t.Program != "":
		return r.programs[t.Program]
	case t.Process == "":
		return r.members[t.Group]
	case r.groups[t.Group][t.Process] == nil:
		return nil
	}
	return []*Spec{r.groups[t.Group][t.Process]}
}
