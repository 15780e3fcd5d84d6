package plan

import (
	"cmp"
	"slices"
	"strings"

	"reeve/config"
	"reeve/supervisor/process"
)

// Action is what happens to a process.
type Action int

// The actions. Live comes with the keys that are put in force; Start is about a process
// that is off and whose change is a reason to try again.
const (
	None Action = iota
	Live
	Restart
	Start
	Stop
	Add
	Remove
)

func (a Action) String() string {
	return [...]string{"none", "live", "restart", "start", "stop", "add", "remove"}[a]
}

// Facts are what the loop knows of a process.
type Facts struct {
	State process.State
	// Fresh says that its first start, by autostart, is to come or would be if autostart
	// were set: it has never run, and that start was not called off.
	Fresh bool
	// Again says that the stop under way is followed by a start.
	Again bool
	// Off says that it does not start by itself, whatever autostart says: it is disabled.
	Off bool
	// Owes says that it is restarted when what it needs is there again (on_dependency).
	Owes bool
}

// Active is a group that is active, with the facts of its processes in their order.
type Active struct {
	Config *config.Group
	Facts  []Facts
}

// Entry is what happens to one process.
type Entry struct {
	Group, Process string
	Action         Action
	Reason         string // empty: the keys say it
	Keys           []config.Difference
	Origin         string // the file of its section; empty: it has none any more
	Problem        string // set by the loop: what could not be done

	was, is *config.Process // one of them may be nil
	facts   Facts
}

// Name returns the name as supervisorctl shows it.
func (e *Entry) Name() string {
	if e.Group == e.Process {
		return e.Process
	}
	return e.Group + ":" + e.Process
}

// Plan is what a configuration means, sorted by group and process. It is plain data.
type Plan []Entry

// Changes reports whether there is anything to do.
func (p Plan) Changes() bool {
	return slices.ContainsFunc(p, func(e Entry) bool { return e.Action != None })
}

// UnknownError says that no group has a name, neither an active nor a configured one.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string { return "no such group: " + e.Name }

// Of returns what cfg means for the active groups. If some are named, the others stay as
// they are, but for what follows by on_dependency. The error is an *UnknownError.
func Of(active []Active, cfg *config.Config, only ...string) (Plan, error) {
	now, next := map[string]Active{}, map[string]*config.Group{}
	for _, a := range active {
		now[a.Config.Name] = a
	}
	for _, g := range cfg.Groups {
		if next[g.Name] == nil { // of two groups with one name only the first counts
			next[g.Name] = g
		}
	}
	for _, name := range only {
		if _, known := now[name]; !known && next[name] == nil {
			return nil, &UnknownError{name}
		}
	}
	in := func(name string) bool { return len(only) == 0 || slices.Contains(only, name) }
	var p Plan
	for _, g := range next {
		if in(g.Name) {
			p = append(p, ofGroup(now[g.Name], g, cfg.Origins)...)
		}
	}
	for _, a := range active {
		switch name := a.Config.Name; {
		case !in(name):
			p = append(p, ofGroup(a, a.Config, nil)...)
		case next[name] == nil:
			p = append(p, removed(a, func(string) bool { return true })...)
		}
	}
	slices.SortFunc(p, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Process, b.Process))
	})
	p.follow()
	// Of the other groups there is only what follows from the changes.
	return slices.DeleteFunc(p, func(e Entry) bool { return !in(e.Group) && e.Action == None }), nil
}

// ofGroup plans a configured group, which may be active; a is zero if it is not.
func ofGroup(a Active, g *config.Group, origins *config.Origins) (all []Entry) {
	names, have := map[string]bool{}, a.index()
	for _, is := range g.Processes {
		names[is.Name] = true
		e := Entry{Group: g.Name, Process: is.Name, is: is, Origin: origins.OfSection(g, is)}
		if at, found := have[is.Name]; found {
			e.was, e.facts = a.Config.Processes[at], a.Facts[at]
			e.Keys = config.Differences(a.Config, g, e.was, is, origins)
			e.decide()
		} else {
			e.Action = Add
			if !is.Autostart {
				e.Reason = "not started: autostart=false"
			}
		}
		all = append(all, e)
	}
	if a.Config != nil {
		all = append(all, removed(a, func(name string) bool { return !names[name] })...)
	}
	return all
}

// index returns the places of the processes by name.
func (a Active) index() map[string]int {
	if a.Config == nil {
		return nil
	}
	at := make(map[string]int, len(a.Config.Processes))
	for i, p := range a.Config.Processes {
		at[p.Name] = i
	}
	return at
}

// removed plans the end of those processes of a group for which gone holds.
func removed(a Active, gone func(name string) bool) (all []Entry) {
	for i, p := range a.Config.Processes {
		if gone(p.Name) {
			all = append(all, Entry{Group: a.Config.Name, Process: p.Name, Action: Remove, was: p, facts: a.Facts[i]})
		}
	}
	return all
}

// decide sets the action for a process that is active and configured.
func (e *Entry) decide() {
	restarting := e.changed(config.Restart)
	switch {
	case !e.facts.Off && e.facts.Fresh && e.facts.State == process.Stopped && e.is.Autostart && !e.was.Autostart:
		e.Action, e.Reason = Start, "autostart"
	case len(e.Keys) == 0:
	case restarting == "":
		e.Action = Live
		if e.changed(config.Live) == "" {
			e.Reason = fromNextStart
		}
	default:
		e.renew(restarting)
	}
}

const fromNextStart = "from its next start"

// renew sets the action for a process of which a key has changed that takes a restart.
func (e *Entry) renew(keys string) {
	switch e.facts.State {
	case process.Starting, process.Running, process.Backoff:
		e.Action, e.Reason = Restart, keys
	case process.Stopping:
		e.Action, e.Reason = Live, fromNextStart
		if e.facts.Again {
			e.Action, e.Reason = Restart, keys
		}
	case process.Exited, process.Fatal:
		e.Action, e.Reason = Live, fromNextStart
		if e.is.Autostart && !e.facts.Off {
			e.Action, e.Reason = Start, keys+"; it is "+e.facts.State.String()
		}
	case process.Stopped, process.Unknown:
		e.Action, e.Reason = Live, fromNextStart
	}
}

// changed returns the keys that ask for c, separated by commas.
func (e *Entry) changed(c config.Change) string {
	var keys []string
	for _, d := range e.Keys {
		if d.Change == c {
			keys = append(keys, d.Key)
		}
	}
	return strings.Join(keys, ", ")
}

// Config returns how the process is configured and how it will be; either may be nil.
func (e *Entry) Config() (was, is *config.Process) { return e.was, e.is }

// Renews reports whether the process starts again because its own section has changed.
func (e *Entry) Renews() bool {
	return (e.Action == Restart || e.Action == Start) && e.changed(config.Restart) != ""
}

// Moved reports whether the process is made again, because its section is one of another
// kind.
func (e *Entry) Moved() bool {
	return slices.ContainsFunc(e.Keys, func(d config.Difference) bool { return d.Key == config.SectionKey })
}
