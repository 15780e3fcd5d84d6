package order

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"reeve/supervisor/process"
)

// Plugin is an event listener that other projects offer to start programs in order. It is
// a Python program; where that can't be run, a Plan does the same.
type Plugin int

// The plug-ins.
const (
	NoPlugin Plugin = iota
	// supervisord-dependent-startup: each program says which states of others it waits
	// for.
	DependentStartup
	// ordered-startup-supervisord: one program after the other, by priority.
	OrderedStartup
)

// PluginOf returns the plug-in that a listener's command runs, as a module, a file or a
// script. strict says that errors in the configuration are to end it
// (--error-action=exit).
func PluginOf(argv []string) (p Plugin, strict bool) {
	for i, word := range argv {
		switch strings.TrimSuffix(path.Base(word), ".py") {
		case "supervisord_dependent_startup", "supervisord-dependent-startup":
			p = DependentStartup
		case "ordered_startup_supervisord", "ordered-startup-listener":
			p = OrderedStartup
		case "--fail-on-warning", "--error-action=exit":
			strict = true
		case "--error-action":
			strict = strict || i+1 < len(argv) && argv[i+1] == "exit"
		}
	}
	return p, strict && p == DependentStartup
}

// PluginProgram is what a plug-in reads of a [program:x] section.
type PluginProgram struct {
	Name      string // of the section, after the colon
	Priority  *int   // nil: none is given
	Autostart bool

	Dependent       bool   // dependent_startup
	WaitFor         string // dependent_startup_wait_for
	InheritPriority bool   // dependent_startup_inherit_priority

	InOrder   bool   // startinorder
	NextAfter string // startnextafter
}

// Plan is what a plug-in does at boot. Each Task is given to a Machine as a process
// without a name, and all of them are asked for in this order, once. When a Machine starts
// a task, the processes of its program are to be started unless they run already or are
// FATAL. The programs themselves get no needs of all this: whoever starts one of them by
// hand, or stops it, does what he did before.
type Plan struct {
	Tasks []Task
	// Finished are the needs of one task more: when they hold, the plug-in's listener ends
	// with status 0. If Stays is set it goes on running instead.
	Finished []Need
	Stays    bool
	Warnings []string // for the main log
}

// Task is a start that a plug-in asks for when its needs hold.
type Task struct {
	Program string
	Needs   []Need
}

// Plan returns what the plug-in does with the programs of a configuration, which are given
// in the order of the file. The error is one that makes the plug-in end at once, with
// status 3 and nothing started.
func (p Plugin) Plan(strict bool, programs []PluginProgram) (Plan, error) {
	switch p {
	case DependentStartup:
		return planDependent(strict, programs)
	case OrderedStartup:
		return planOrdered(programs), nil
	case NoPlugin:
	}
	return Plan{}, nil
}

// sinceAny is the need that all processes of a program have been in one of some states.
func sinceAny(program string, s States) Need { return Need{Target{Program: program}, Since(s)} }

// waitable are the states that dependent_startup_wait_for may name.
var waitable = []process.State{
	process.Starting, process.Running, process.Backoff, process.Stopping, process.Exited, process.Fatal,
}

// service is a program as supervisord-dependent-startup sees it.
type service struct {
	*PluginProgram
	needs    []Need
	level    int // 0: waits for nothing; else one more than the largest of those it waits for
	priority int
	visiting bool
	visited  bool
}

// unset is the priority of a program without one. As in the plug-in, 0 is none either.
const unset = 999

// turn is what a service counts as among those that can start at the same time: those
// without a priority come last, even behind larger ones.
func (s *service) turn() int {
	if s.priority == unset {
		return math.MaxInt
	}
	return s.priority
}

func planDependent(strict bool, programs []PluginProgram) (Plan, error) {
	var plan Plan
	known := map[string]*service{}
	var services []*service
	for i := range programs {
		s := &service{PluginProgram: &programs[i]}
		known[s.Name] = s
		services = append(services, s)
	}
	warn := func(format string, args ...any) {
		plan.Warnings = append(plan.Warnings, "dependent_startup: "+fmt.Sprintf(format, args...))
	}
	for _, s := range services {
		if err := s.read(known, strict, warn); err != nil {
			return Plan{}, err
		}
	}
	for _, s := range services {
		if circle := s.rank(known); circle != nil {
			return Plan{}, fmt.Errorf("dependent_startup_wait_for forms a circle: %s", strings.Join(circle, " -> "))
		}
	}
	slices.SortStableFunc(services, func(a, b *service) int {
		return cmp.Or(cmp.Compare(a.turn(), b.turn()), cmp.Compare(a.level, b.level), cmp.Compare(a.Name, b.Name))
	})
	for _, s := range services {
		if s.Dependent {
			plan.Tasks = append(plan.Tasks, Task{s.Name, s.needs})
			plan.Finished = append(plan.Finished, sinceAny(s.Name, StatesOf(process.Running, process.Fatal)))
		}
	}
	return plan, nil
}

// read reads what a program waits for, and warns about what it leaves out. If strict is
// set, some of that is an error.
func (s *service) read(known map[string]*service, strict bool, warn func(format string, args ...any)) error {
	if s.Dependent && s.Autostart {
		err := fmt.Errorf("program %s has dependent_startup=true, which needs autostart=false", s.Name)
		if strict {
			return err
		}
		warn("%v; it is left alone", err)
		s.Dependent = false
	}
	for item := range strings.FieldsSeq(s.WaitFor) {
		name, states, two := strings.Cut(item, ":")
		set := StatesOf(process.Running)
		if two && !strings.Contains(states, ":") {
			set = s.states(name, states, warn)
		}
		if known[name] == nil {
			err := fmt.Errorf("program %s waits for %s, which does not exist", s.Name, quote(name))
			if strict {
				return err
			}
			warn("%v; it is left out", err)
			continue
		}
		// The last one counts if a name is given twice.
		s.needs = slices.DeleteFunc(s.needs, func(n Need) bool { return n.Target.Program == name })
		s.needs = append(s.needs, sinceAny(name, set))
	}
	return nil
}

// states reads the states behind a name. If none is left the wait never ends.
func (s *service) states(name, text string, warn func(format string, args ...any)) States {
	var set States
	for word := range strings.SplitSeq(text, ",") {
		i := slices.IndexFunc(waitable, func(st process.State) bool { return strings.EqualFold(st.String(), word) })
		if i < 0 {
			warn("program %s waits for a state %s of %s, which does not exist; it is left out", s.Name, quote(word), name)
			continue
		}
		set |= StatesOf(waitable[i])
	}
	return set
}

// rank finds level and priority. It returns the names of a circle, if there is one.
func (s *service) rank(known map[string]*service) (circle []string) {
	if s.visited {
		return nil
	}
	if s.visiting {
		return []string{s.Name}
	}
	s.visiting = true
	s.priority = unset
	if s.Priority != nil && *s.Priority != 0 {
		s.priority = *s.Priority
	}
	for _, n := range s.needs {
		other := known[n.Target.Program]
		if other == s {
			continue // it waits for itself, for ever
		}
		if circle := other.rank(known); circle != nil {
			if len(circle) == 1 || circle[0] != circle[len(circle)-1] {
				circle = append([]string{s.Name}, circle...)
			}
			return circle
		}
		s.level = max(s.level, other.level+1)
		if s.InheritPriority {
			s.priority = min(s.priority, other.priority)
		}
	}
	s.visiting, s.visited = false, true
	return nil
}

// planOrdered: the first program is started at once; each other one after the one before
// it, if that has startinorder, has reached its state.
func planOrdered(programs []PluginProgram) Plan {
	const unset = 1000
	priority := func(p *PluginProgram) int {
		if p.Priority == nil {
			return unset
		}
		return *p.Priority
	}
	sorted := slices.Clone(programs)
	slices.SortStableFunc(sorted, func(a, b PluginProgram) int { return cmp.Compare(priority(&a), priority(&b)) })
	plan := Plan{Stays: true}
	for i, p := range sorted {
		switch {
		case i == 0 && !p.Autostart:
			plan.Tasks = append(plan.Tasks, Task{Program: p.Name})
		case i > 0 && sorted[i-1].InOrder:
			plan.Tasks = append(plan.Tasks, Task{p.Name, []Need{sinceAny(sorted[i-1].Name, StatesOf(sorted[i-1].nextAfter()))}})
		}
	}
	return plan
}

// nextAfter returns the state of startnextafter; what is none counts as RUNNING.
func (p *PluginProgram) nextAfter() process.State {
	if s, ok := stateOf(p.NextAfter); ok {
		return s
	}
	return process.Running
}
