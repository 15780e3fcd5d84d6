package supervisor

import (
	"context"
	"time"

	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// Order is how the active processes depend on each other, and how long the boot took. What
// is needed and not active is missing.
type Order struct {
	Graph order.Graph
	// Boot is about the processes that the run began with and that start of their own
	// accord, and what they need.
	Boot order.Report
}

// Order returns the order of the active processes.
func (s *Supervisor) Order(ctx context.Context) (Order, error) {
	r := orderRequest{newReply[[]inOrder]()}
	all, err := ask(ctx, s, r, r.reply)
	if err != nil {
		return Order{}, err
	}
	return Order{graphOf(all), bootOf(all)}, nil // off the loop
}

// boot is the beginning of the run. It is plain data.
type boot struct {
	at   time.Time
	last uint64 // order of creation of the last process that was there
}

// instants are when a process first was what others may wait for. They end with its first
// start: what follows after it was stopped or gave up is no longer the boot.
type instants struct {
	started, ready, healthy, ended time.Time
	over                           bool
}

// note keeps the instant of a transition.
func (c *child) note(now time.Time, to process.State) {
	first := &c.first
	if first.over {
		return
	}
	switch to {
	case starting:
		stamp(&first.started, now)
	case running:
		if !c.config.Oneshot {
			stamp(&first.ready, now)
		}
	case process.Exited:
		if c.machine.Restarts() {
			return
		}
		stamp(&first.ended, now)
		if c.machine.Done() {
			stamp(&first.ready, now)
		}
		first.over = true
	case process.Stopped, process.Fatal, unknown:
		first.over = !first.started.IsZero()
	case backoff, stopping:
	}
}

// noteHealth keeps the instant of the first good check.
func (c *child) noteHealth(now time.Time) {
	if !c.first.over {
		stamp(&c.first.healthy, now)
	}
}

func stamp(at *time.Time, now time.Time) {
	if at.IsZero() {
		*at = now
	}
}

// since returns the instants as offsets from the beginning of the run.
func (f *instants) since(begin time.Time) order.Times {
	from := func(at time.Time) time.Duration {
		if at.IsZero() {
			return order.Never
		}
		return at.Sub(begin)
	}
	return order.Times{Started: from(f.started), Ready: from(f.ready), Healthy: from(f.healthy), Ended: from(f.ended)}
}

// orderRequest asks for all active processes.
type orderRequest struct{ reply reply[[]inOrder] }

// inOrder is a process as Order needs it.
type inOrder struct {
	spec  order.Spec
	needs []order.Need
	times order.Times
	boot  bool // it was there when the run began
}

func (r orderRequest) serve(l *loop) {
	all := make([]inOrder, 0, len(l.ordering.children))
	for c := range l.groups.each() {
		p := c.described()
		all = append(all, inOrder{
			spec:  order.Spec{Group: p.Group, Program: p.Program, Name: p.Name, Oneshot: p.Oneshot, Autostart: c.config.Autostart && !c.told.disabled},
			needs: p.Needs, times: c.first.since(l.boot.at), boot: c.order <= l.boot.last,
		})
	}
	r.reply.ok(all)
}

func graphOf(all []inOrder) order.Graph {
	specs, needs := make([]order.Spec, len(all)), make([][]order.Need, len(all))
	for i, o := range all {
		specs[i], needs[i] = o.spec, o.needs
	}
	return order.GraphOf(specs, needs)
}

func bootOf(all []inOrder) order.Report {
	var there []inOrder
	times := map[string]order.Times{}
	wanted := map[string]bool{}
	for _, o := range all {
		if o.boot {
			name := o.spec.Display()
			there, times[name], wanted[name] = append(there, o), o.times, o.spec.Autostart
		}
	}
	return order.Analyze(graphOf(there).From(func(name string) bool { return wanted[name] }), times)
}
