package supervisor

import (
	"slices"

	"reeve/supervisor/internal/check"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// ordering carries out what package order decides. As long as no process has dependencies
// and there is no max_starting it is not active, and every start and stop passes it by.
type ordering struct {
	machine  order.Machine
	children map[order.ID]*child
	waiting  map[*child]struct{} // for leave to start
	readers  *readers
	queue    []order.Effect // to be carried out, first in, first out
	busy     bool
}

func (c *child) orderID() order.ID { return order.ID(c.order) }

// described is a process as package order knows it.
func (c *child) described() order.Process {
	return order.Process{
		ID: c.orderID(), Group: c.group.config.Name, Program: c.config.Program, Name: c.config.Name,
		Oneshot: c.config.Oneshot, Needs: c.config.Needs, OnDependency: c.config.OnDependency, Facts: c.facts(),
	}
}

func (c *child) facts() order.Facts {
	m := c.machine
	return order.Facts{
		State: m.State, Child: m.Pid != 0, Healthy: c.check != nil && c.check.Health() == check.Good,
		Expected: m.Expected(), Restarts: m.Restarts(), Reached: c.reached,
	}
}

// add makes processes known. The error is a *order.CircleError.
func (o *ordering) add(children []*child, active func() []*child) ([]order.Effect, error) {
	for _, c := range children {
		o.children[c.orderID()], c.orders = c, &o.machine
	}
	effects, err := o.machine.Add(describe(children), func() []order.Process { return describe(active()) })
	if err != nil {
		for _, c := range children {
			delete(o.children, c.orderID())
		}
	}
	return effects, err
}

func describe(children []*child) []order.Process {
	all := make([]order.Process, len(children))
	for i, c := range children {
		all[i] = c.described()
	}
	return all
}

// remove forgets processes.
func (o *ordering) remove(children []*child) []order.Effect {
	for _, c := range children {
		delete(o.children, c.orderID())
		delete(o.waiting, c)
	}
	return o.machine.Remove(ids(children)...)
}

func ids(children []*child) []order.ID {
	all := make([]order.ID, len(children))
	for i, c := range children {
		all[i] = c.orderID()
	}
	return all
}

// next returns the effect to carry out now.
func (o *ordering) next() (e order.Effect, ok bool) {
	if len(o.queue) == 0 {
		o.queue = nil
		return nil, false
	}
	e = o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	return e, true
}

// arrange makes processes known that were just added to groups. The error is a
// *order.CircleError.
func (o *ordering) arrange(added []*child, groups *groups) ([]order.Effect, error) {
	active := o.machine.Active()
	effects, err := o.add(added, func() (before []*child) {
		for c := range groups.each() {
			if !slices.Contains(added, c) {
				before = append(before, c)
			}
		}
		return before
	})
	if err != nil || !o.machine.Active() {
		return effects, err
	}
	for _, c := range added {
		c.machine.Asks = true
	}
	if !active {
		groups.ask()
	}
	return effects, nil
}

// include makes the tasks of a plug-in known.
func (o *ordering) include(tasks []order.Process, groups *groups) []order.Effect {
	active := o.machine.Active()
	effects, _ := o.machine.Add(tasks, func() []order.Process { return describe(slices.Collect(groups.each())) }) // nothing needs a task
	if !active && o.machine.Active() {
		groups.ask()
	}
	return effects
}

// change makes it known that processes need something else, or follow in another way.
func (o *ordering) change(changed []*child, groups *groups) []order.Effect {
	if o.machine.Active() {
		return o.machine.Change(describe(changed))
	}
	all := slices.Collect(groups.each())
	effects, _ := o.machine.Add(describe(all), nil) // no circle: that was looked at before
	if o.machine.Active() {
		groups.ask()
	}
	return effects
}

// ask makes all processes ask from now on, those from before there was an order as well.
func (gs *groups) ask() {
	for c := range gs.each() {
		c.machine.Asks = true
	}
}

// follow carries out effects, after those that are under way already.
func (l *loop) follow(effects []order.Effect) {
	o := &l.ordering
	l.trail.ordered(o)
	o.queue = append(o.queue, effects...)
	if o.busy {
		return
	}
	o.busy = true
	defer func() { o.busy = false }()
	for e, ok := o.next(); ok; e, ok = o.next() {
		switch e := e.(type) {
		case order.Start:
			if c := o.children[e.ID]; c != nil {
				l.begin(c, process.Reason(e.Reason))
				l.tell(c)
			} else {
				l.plans.perform(l, e.ID)
			}
		case order.Stop:
			if c := o.children[e.ID]; c != nil {
				if err := l.stopChild(c); err != nil {
					l.jobs.fail(c, err, false)
				}
				l.tell(c)
			}
		case order.Wait:
			o.noteWait(e.ID)
			l.events.publishWaiting(o.children[e.ID], true, e.For)
		case order.Over:
			if c, waited := o.noteEnd(e.ID); c != nil {
				l.trail.touch(c)
				if waited {
					l.events.publishWaiting(c, false, "")
				}
				l.jobs.advance(c)
				if c.machine.State == process.Exited {
					l.jobs.fail(c, ErrAbnormalTermination, true) // it waited for a try that does not come
				}
			}
		case order.Fail:
			if o.machine.Waiting(e.ID) == "" {
				if c, waited := o.noteEnd(e.ID); waited {
					l.events.publishWaiting(c, false, e.Reason)
				}
			}
			if c := o.children[e.ID]; c != nil {
				l.trail.touch(c)
				l.jobs.fail(c, &DependencyError{e.Reason}, true)
			}
		}
	}
}

// noteWait notes that a start waits.
func (o *ordering) noteWait(id order.ID) {
	if c := o.children[id]; c != nil {
		o.waiting[c] = struct{}{}
		o.readers.changed(c)
	}
}

// noteEnd notes that a start no longer waits, and returns whose it was, and whether it was
// said to wait.
func (o *ordering) noteEnd(id order.ID) (c *child, waited bool) {
	c = o.children[id]
	if c != nil {
		c.wanted = false
		_, waited = o.waiting[c]
		delete(o.waiting, c)
		o.readers.changed(c)
	}
	return c, waited
}

// begin starts a process, whether the start was asked for or due by itself.
func (l *loop) begin(c *child, why process.Reason) {
	l.trail.touch(c)
	c.wanted, c.beginning = false, true
	delete(l.ordering.waiting, c)
	l.desires.started(c)
	if c.machine.Pending && why.Automatic() {
		l.apply(c, c.machine.Allow(l.now))
	} else {
		l.apply(c, c.machine.Start(l.now, why))
	}
	c.beginning = false
	l.readers.changed(c)
	if c.forking == 0 {
		// Nothing is being forked: it failed already, or an old child is still stopping.
		l.jobs.advance(c)
	}
}

// tell reports what has become of a process to package order.
func (l *loop) tell(c *child) {
	o := &l.ordering
	if !o.machine.Active() || c.removed {
		return
	}
	for waiting := range o.waiting { // what they wait for has another state, perhaps
		waiting.seen = nil
	}
	l.follow(o.machine.Changed(c.orderID(), c.facts()))
}

// dismiss asks processes to stop; those that need them go first.
func (l *loop) dismiss(why string, children ...*child) {
	if l.ordering.machine.Active() {
		l.follow(l.ordering.machine.Stop(ids(children), why))
		return
	}
	for _, c := range children {
		_ = l.stopChild(c) // the machine has said why it can't be stopped
	}
}

// want asks for starts, in order; alone says that they do not wait for what they need.
func (l *loop) want(children []*child, why process.Reason, wait, alone bool) {
	if !l.ordering.machine.Active() {
		for _, c := range children {
			l.begin(c, why)
		}
		return
	}
	mode := order.WithDependencies
	if alone {
		mode = order.Alone
	}
	for _, c := range children {
		c.wanted = true
		l.trail.touch(c)
		l.readers.changed(c)
	}
	l.follow(l.ordering.machine.Start(ids(children), order.Request{Mode: mode, Wait: wait, Reason: string(why)}))
}

// waitsFor says what a start of c waits for.
func (c *child) waitsFor() string {
	if !c.waits() || c.orders == nil {
		return ""
	}
	return c.orders.Waiting(c.orderID())
}

// waits reports whether a start of c waits for leave.
func (c *child) waits() bool { return c.wanted || c.machine.Pending }

// stoppable reports whether there is something to stop: a child, or a start that waits.
func (c *child) stoppable() bool { return c.wanted || c.machine.Stoppable() }
