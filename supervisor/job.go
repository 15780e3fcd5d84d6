package supervisor

import (
	"cmp"
	"slices"

	"reeve/supervisor/process"
)

// A job is a start or stop of one or more processes whose reply waits until each is
// settled.
//
// Order of results (fact 243): entries that are settled at once, in the order in which
// they were asked for, then the others in the order in which they are settled. "At once"
// includes the outcome of the fork, which upstream knows before it looks at the next
// process.
//
// A job is plain data too; where its reply goes is in ports.
type job struct {
	id      uint64
	stop    bool
	wait    bool
	entries []entry
	open    int // how many entries are not settled
	late    int // how many were settled after waiting
}

type entry struct {
	order   uint64 // of the child, which may be removed once the entry is settled
	name    Name
	err     error
	settled bool
	forked  bool // starts: the outcome of the fork is known
	rank    int  // 0: at once; else the place among those settled later
}

// ticket is a child's link to the job that waits for it.
type ticket struct {
	job   *job
	index int
}

// jobs are the starts and stops that are not answered yet. After add each entry of a job is
// settled, or awaited and settled by advance later. finish answers it when none is left.
type jobs struct {
	open    map[uint64]*job
	replies map[uint64]reply[[]Result]
	asked   uint64 // jobs asked for so far
	// unclaimed are results of jobs of a predecessor whose callers have not come back yet.
	unclaimed map[uint64]unclaimed
}

type unclaimed struct {
	results []Result
	old     bool // from a predecessor: its caller had its time, and is not waited for longer
}

func (js *jobs) add(children []*child, stop, wait bool, r reply[[]Result]) *job {
	js.asked++
	j := &job{id: js.asked, stop: stop, wait: wait, entries: make([]entry, len(children)), open: len(children)}
	for i, c := range children {
		j.entries[i].order, j.entries[i].name = c.order, c.name()
	}
	js.open[j.id], js.replies[j.id] = j, r
	return j
}

// await leaves entry i, which is about c, open until advance settles it.
func (j *job) await(i int, c *child) { c.tickets = append(c.tickets, ticket{j, i}) }

func (j *job) settle(i int, err error, late bool) {
	e := &j.entries[i]
	e.err, e.settled = err, true
	if late {
		j.late++
		e.rank = j.late
	}
	j.open--
}

// finish sends the reply if nothing is left to wait for.
func (js *jobs) finish(j *job) {
	if j.open > 0 || js.open[j.id] == nil {
		return // there is more to come, or the reply was sent already
	}
	slices.SortStableFunc(j.entries, func(a, b entry) int { return cmp.Compare(a.rank, b.rank) })
	results := make([]Result, len(j.entries))
	for i, e := range j.entries {
		results[i] = Result{e.name, e.err, j.stop}
	}
	if r := js.replies[j.id]; r != nil {
		r.ok(results)
	} else {
		js.unclaimed[j.id] = unclaimed{results: results}
	}
	delete(js.open, j.id)
	delete(js.replies, j.id)
}

// advance settles the entries that wait for c and whose outcome is now known.
func (js *jobs) advance(c *child) {
	if c.beginning {
		return
	}
	c.tickets = slices.DeleteFunc(c.tickets, func(t ticket) bool {
		j, e := t.job, &t.job.entries[t.index]
		var err error
		var done bool
		if j.stop {
			done = c.machine.State.IsStopped()
		} else {
			done, err = e.startOutcome(c, j.wait)
		}
		if done {
			j.settle(t.index, err, e.forked || j.stop)
			js.finish(j)
			return true
		}
		e.forked = e.forked || c.forking == 0
		return false
	})
}

// fail settles the entries that wait for c with an error; of starts only if starts is set.
func (js *jobs) fail(c *child, err error, starts bool) {
	c.tickets = slices.DeleteFunc(c.tickets, func(t ticket) bool {
		if t.job.stop == starts {
			return false
		}
		t.job.settle(t.index, err, true)
		js.finish(t.job)
		return true
	})
}

// removed settles the starts that waited for processes that are no longer there.
func (js *jobs) removed(children []*child) {
	for _, c := range children {
		js.fail(c, ErrNoSuchProcess, true)
	}
}

// startOutcome reports whether a start is settled, and its outcome (fact 244: what
// startProcess waits for).
func (e *entry) startOutcome(c *child, wait bool) (bool, error) {
	m := c.machine
	switch {
	case c.forking != 0 && m.State == starting:
		return false, nil
	case c.wanted:
		return !wait, nil
	case m.Done():
		return true, nil
	case m.Policy.Oneshot && wait && m.TriesAgain():
		return false, nil
	case m.Policy.Oneshot && m.State == process.Exited:
		return true, ErrAbnormalTermination
	case m.Policy.Oneshot && wait && m.State == running:
		return false, nil
	case m.State == running:
		return true, nil
	case m.Policy.Oneshot && m.SpawnErr != "" && !m.Ended.Before(m.Started): // there was a child
		return true, ErrAbnormalTermination
	case m.SpawnErr != "":
		return true, ErrSpawn
	case !wait:
		return true, nil
	case m.State == starting:
		return false, nil
	}
	return true, ErrAbnormalTermination
}

type (
	startRequest struct {
		children []*child
		refused  []error // per child: what the command check found; nil: nothing wrong
		wait     bool
		alone    bool // do not wait for what the processes need
		job      *Job // nil, or gets the number
		reply    reply[[]Result]
	}
	stopRequest struct {
		target target
		wait   bool
		job    *Job
		reply  reply[[]Result]
	}
)

// serve carries out a start. The command check came before; its result wins over every
// state of the process (fact 244: order of checks).
func (r startRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	j := l.jobs.add(r.children, false, r.wait, r.reply)
	r.job.Accept(j.id)
	var begin []*child
	for i, c := range r.children {
		switch {
		case r.refused[i] != nil:
			j.settle(i, r.refused[i], false)
		case c.removed || c.leaving:
			j.settle(i, ErrNoSuchProcess, false)
		case c.machine.State.IsRunning() && !(r.alone && c.waits()): // BACKOFF may wait
			j.settle(i, ErrAlreadyStarted, false)
		case c.machine.State == unknown:
			j.settle(i, ErrUnknownState, false)
		case c.wanted && !r.alone:
			j.await(i, c)
			l.jobs.advance(c)
		default:
			j.await(i, c)
			begin = append(begin, c)
		}
	}
	l.want(begin, process.WhyRequest, r.wait, r.alone)
	for _, c := range begin {
		if c.wanted && !r.wait {
			l.jobs.advance(c)
		}
	}
	l.jobs.finish(j)
}

// serve carries out a stop: all signals are sent before anything is waited for.
func (r stopRequest) serve(l *loop) {
	children, err := l.groups.resolve(r.target)
	if err != nil {
		r.reply.fail(err)
		return
	}
	if !r.target.single() {
		children = slices.DeleteFunc(children, func(c *child) bool { return !c.stoppable() })
	}
	j := l.jobs.add(children, true, r.wait, r.reply)
	r.job.Accept(j.id)
	l.desires.stopped(r.target, slices.DeleteFunc(slices.Clone(children), func(c *child) bool { return !c.stoppable() }))
	stopAsked(l, j, children, ErrNotRunning)
	l.jobs.finish(j)
}

// stopAsked stops the children that j is about. notRunning is the outcome for those that
// there is nothing to stop of.
func stopAsked(l *loop, j *job, children []*child, notRunning error) {
	var ordered []*child
	for i, c := range children {
		switch {
		case !c.stoppable():
			j.settle(i, notRunning, false)
			continue
		case l.ordering.machine.Active():
			ordered = append(ordered, c)
			l.apply(c, c.machine.CallOff())
			l.readers.changed(c)
		default:
			if err := l.stopChild(c); err != nil {
				j.settle(i, err, false)
				continue
			}
		}
		if !j.wait || c.machine.State.IsStopped() && !c.wanted {
			j.settle(i, nil, false)
			continue
		}
		j.await(i, c)
		l.mark(c) // logs "waiting for NAME to stop"
	}
	if len(ordered) > 0 {
		l.dismiss("request", ordered...)
	}
}
