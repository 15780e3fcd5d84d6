package order

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reeve/supervisor/process"
)

// world is an owner of a Machine as the loop is one: it keeps the facts of each process,
// carries effects out in one queue, and can hand everything to another Machine.
type world struct {
	m     Machine
	procs []*proc // in the order of addition
	next  ID
	tasks []Process                     // of a plug-in
	task  func(w *world, e Effect) bool // carries out an effect if it is about a task
	queue []Effect
	out   strings.Builder

	saw func(e Effect) // before it is carried out; may be nil
}

// proc is a process of the world.
type proc struct {
	Process
	spec Spec
}

func (p *proc) String() string { return p.spec.Display() }

// now has a process be in a state.
func (w *world) now(p *proc, f Facts) {
	p.Facts = f
	w.queue = append(w.queue, w.m.Changed(p.ID, f)...)
}

// call carries out the effects of a call, and then those that carrying out caused.
func (w *world) call(effects []Effect) {
	w.queue = append(w.queue, effects...)
	for len(w.queue) > 0 {
		e := w.queue[0]
		w.queue = w.queue[1:]
		w.carry(e)
	}
}

// carry shows an effect and carries it out: a start has a child at once, a stop takes
// until the script says so.
func (w *world) carry(e Effect) {
	if w.saw != nil {
		w.saw(e)
	}
	if w.task != nil && w.task(w, e) {
		return
	}
	switch e := e.(type) {
	case Start:
		p := w.byID(e.ID)
		fmt.Fprintf(&w.out, "start %s (%s)\n", p, w.why(e.Reason, e.By))
		w.now(p, Facts{State: process.Starting, Child: true})
	case Stop:
		p := w.byID(e.ID)
		fmt.Fprintf(&w.out, "stop %s (%s)\n", p, w.why(e.Reason, e.By))
		f := p.Facts
		switch f.State {
		case process.Backoff:
			f = Facts{}
		case process.Starting, process.Running:
			f.State = process.Stopping
		}
		w.now(p, f)
	case Wait:
		fmt.Fprintf(&w.out, "%s waits for %s\n", w.byID(e.ID), e.For)
	case Over:
		fmt.Fprintf(&w.out, "%s waits no more\n", w.byID(e.ID))
	case Fail:
		fmt.Fprintf(&w.out, "start of %s fails: %s\n", w.byID(e.ID), e.Reason)
	}
}

func (w *world) why(reason string, by ID) string {
	if by == 0 {
		return reason
	}
	if p := w.byID(by); p != nil {
		return reason + ": " + p.String()
	}
	return reason + ": a process that was removed"
}

// byID returns a process, or nil.
func (w *world) byID(id ID) *proc {
	if i := slices.IndexFunc(w.procs, func(p *proc) bool { return p.ID == id }); i >= 0 {
		return w.procs[i]
	}
	return nil
}

// add resolves the dependencies of some processes together with those that are there
// already, and adds them.
func (w *world) add(specs []Spec, on map[string]OnDependency) error {
	all := make([]Spec, 0, len(w.procs)+len(specs))
	for _, p := range w.procs {
		all = append(all, p.spec)
	}
	all = append(all, specs...)
	needs, refused := Resolve(all)
	if refused != nil {
		return refused
	}
	var batch []Process
	var procs []*proc
	for i, s := range specs {
		w.next++
		p := &proc{spec: s, Process: Process{
			ID: w.next, Group: s.Group, Program: s.Program, Name: s.Name, Oneshot: s.Oneshot, OnDependency: on[s.Display()],
		}}
		if needs != nil {
			p.Needs = needs[len(w.procs)+i]
		}
		batch, procs = append(batch, p.Process), append(procs, p)
	}
	effects, err := w.m.Add(batch, w.active)
	if err != nil {
		return err
	}
	w.procs = append(w.procs, procs...)
	w.call(effects)
	return nil
}

func (w *world) active() []Process {
	var all []Process
	for _, p := range w.procs {
		all = append(all, p.Process)
	}
	return append(all, w.tasks...)
}

// change gives processes that are there other needs.
func (w *world) change(specs []Spec, on map[string]OnDependency) error {
	all := make([]Spec, 0, len(w.procs))
	var changed []*proc
	for _, p := range w.procs {
		for _, s := range specs {
			if s.Display() == p.spec.Display() {
				p.spec, p.OnDependency = s, on[s.Display()]
				changed = append(changed, p)
			}
		}
		all = append(all, p.spec)
	}
	needs, refused := Resolve(all)
	if refused != nil {
		return refused
	}
	for i, p := range w.procs {
		if p.Needs = nil; needs != nil {
			p.Needs = needs[i]
		}
	}
	if err := Circle(w.active()); err != nil {
		return err
	}
	var batch []Process
	for _, p := range changed {
		batch = append(batch, p.Process)
	}
	w.call(w.m.Change(batch))
	return nil
}

func (w *world) remove(ids ...ID) {
	effects := w.m.Remove(ids...)
	w.call(effects)
	w.procs = slices.DeleteFunc(w.procs, func(p *proc) bool { return slices.Contains(ids, p.ID) })
}

// handoff saves the Machine as JSON and goes on with another one.
func (w *world) handoff(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(w.m.Save())
	if err != nil {
		t.Fatal(err)
	}
	var s Saved
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	w.m = Machine{MaxStarting: w.m.MaxStarting}
	if err := w.m.Load(s, w.active()); err != nil {
		t.Fatal(err)
	}
}
