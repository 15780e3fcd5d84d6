package plan

import (
	"cmp"

	"reeve/config"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// follow adds what on_dependency makes of the stops and restarts in a plan: a process that
// would go on is restarted with what it needs, or stopped.
func (p Plan) follow() {
	for again := true; again; {
		again = false
		for i := range p {
			if e := &p[i]; e.stays() && e.yields(p) {
				again = true
			}
		}
	}
}

// stays reports whether a process would go on that runs.
func (e *Entry) stays() bool {
	if e.is == nil || e.Action != None && e.Action != Live {
		return false
	}
	switch e.facts.State {
	case process.Starting, process.Running:
		return e.is.OnDependency != order.KeepRunning
	case process.Backoff:
		return e.is.OnDependency == order.StopToo
	case process.Stopped, process.Stopping, process.Exited, process.Fatal, process.Unknown:
	}
	return false
}

// yields changes the action of a process that goes the way of one that it needs, and
// reports whether it did.
func (e *Entry) yields(p Plan) bool {
	for i := range p {
		o := &p[i]
		comes := e.facts.Owes && (o.Action == Start || o.Action == Add)
		if !o.falls() && !comes || !needs(e.is, o) {
			continue
		}
		switch {
		case comes && (e.is.OnDependency != order.RestartAfter || !p.holds(e.is)):
			continue
		case comes:
			e.Action = Restart
		case e.is.OnDependency == order.StopToo:
			e.Action = Stop
		case o.Action == Restart, o.Action == Remove && p.holds(e.is):
			e.Action = Restart
		default:
			continue
		}
		e.Reason = "needs " + o.Name() + " (" + o.Action.String() + "), on_dependency=" + e.is.OnDependency.String()
		return true
	}
	return false
}

// falls reports whether a process that is up is not any more.
func (e *Entry) falls() bool {
	up := e.facts.State == process.Running || e.facts.State == process.Starting
	return up && !e.was.Oneshot && (e.Action == Restart || e.Action == Stop || e.Action == Remove)
}

// holds reports whether what a process needs will be there, at least once more: none of it
// is off.
func (p Plan) holds(of *config.Process) bool {
	for _, n := range of.Needs {
		found := false
		for i := range p {
			o := &p[i]
			if o.is == nil || !o.meant(n.Target, o.is) {
				continue
			}
			found = true
			if off := o.facts.State != process.Running && o.facts.State != process.Starting; o.Action == Stop ||
				o.Action == Add && !o.is.Autostart || (o.Action == None || o.Action == Live) && off {
				return false
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// meant reports whether a need names the process, configured as p.
func (e *Entry) meant(t order.Target, p *config.Process) bool {
	if t.Program != "" {
		return t.Program == p.Program
	}
	return t.Group == e.Group && (t.Process == "" || t.Process == e.Process)
}

// needs reports whether what p needs to run includes the process of o.
func needs(p *config.Process, o *Entry) bool {
	for _, n := range p.Needs {
		if o.meant(n.Target, cmp.Or(o.was, o.is)) && (n.Condition == order.Ready || n.Condition == order.Started || n.Condition == order.Healthy) {
			return true
		}
	}
	return false
}
