package supervisor

import (
	"slices"

	"reeve/supervisor/process"
)

// admission decides when a start that is due or asked for may begin. Without max_starting
// no start passes through it: machines need no leave, and requests start at once.
type admission struct {
	most  int      // how many processes may be STARTING at once; 0: any number
	queue []*child // waiting, in the order in which their starts became due
}

// useAdmission puts the configuration's limit in force.
func (l *loop) useAdmission(most int) {
	l.admission.most = most
	for c := range l.groups.each() {
		c.machine.Asks = l.admission.asks()
	}
}

// asks reports whether starts have to wait for leave.
func (a *admission) asks() bool { return a.most > 0 }

// enqueue has c wait for its turn.
func (l *loop) enqueue(c *child) {
	l.readers.changed(c)
	if a := &l.admission; !slices.Contains(a.queue, c) {
		a.queue = append(a.queue, c)
	}
}

// want asks for a start of c. It begins at once if there is room.
func (l *loop) want(c *child, why process.Reason) {
	if !l.admission.asks() {
		l.apply(c, c.machine.Start(l.now, why))
		return
	}
	c.wanted = why
	l.enqueue(c)
	l.admit()
}

// admit begins starts that wait, as far as there is room.
func (l *loop) admit() {
	a := &l.admission
	for len(a.queue) > 0 && (a.most == 0 || l.groups.starting < a.most) {
		c := a.queue[0]
		a.queue[0], a.queue = nil, a.queue[1:]
		switch why := c.wanted; {
		case c.removed || l.state != Running:
			c.wanted = ""
		case why != "":
			c.wanted = ""
			l.apply(c, c.machine.Start(l.now, why))
		default:
			l.apply(c, c.machine.Allow(l.now))
		}
		l.readers.changed(c)
		l.jobs.advance(c)
	}
}

// waits reports whether a start of c waits for leave.
func (c *child) waits() bool { return c.wanted != "" || c.machine.Pending }

// waiting says what a start of c waits for.
func (c *child) waiting() string {
	if !c.waits() {
		return ""
	}
	return "its turn (max_starting)"
}

// stoppable reports whether there is something to stop: a child, or a start that waits.
func (c *child) stoppable() bool { return c.wanted != "" || c.machine.Stoppable() }
