package supervisor

import (
	"errors"

	"reeve/config"
	"reeve/supervisor/internal/activation"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/watch"
)

// Programs with listen= have sockets that are held for as long as they are in a group. What
// a connection means for one with start_on_connect, package activation decides; here it is
// carried out.

// watcher is what the loop uses of *watch.Watcher. None of its methods may block.
type watcher interface {
	Events() <-chan watch.Event
	Watch(id uint64, fds []int) error
	Forget(id uint64)
	Count(id uint64, fds []int)
	Close()
}

// sockets is the watcher, once a program needs it.
type sockets struct {
	open    func() (watcher, error)
	watcher watcher // nil: none was needed so far
	events  <-chan watch.Event
}

// watching returns the watcher.
func (ss *sockets) watching() (watcher, error) {
	if ss.watcher == nil {
		w, err := ss.open()
		if err != nil {
			return nil, err
		}
		ss.watcher, ss.events = w, w.Events()
	}
	return ss.watcher, nil
}

func (ss *sockets) close() {
	if ss.watcher != nil {
		ss.watcher.Close()
	}
}

func demandPolicy(p *config.Process) activation.Policy {
	return activation.Policy{OnConnect: p.OnConnect, IdleTimeout: p.Listen.IdleTimeout}
}

// newDemand returns the machine for a process that a connection starts; nil if none does.
func newDemand(p *config.Process) *activation.Machine {
	if !p.OnConnect {
		return nil
	}
	return activation.New(p.Name, demandPolicy(p), p.Autostart)
}

// hold is called with processes that are new in a group and follow the desired state.
func hold(l *loop, children []*child) {
	l.desires.hold(children)
	keepSockets(l, children)
}

// keepSockets is called with processes that are new in a group.
func keepSockets(l *loop, children []*child) {
	for _, c := range children {
		l.launcher.Keep(c.config)
		if c.demand != nil && (c.surge || c.told.stays && c.config.KeepStopped) {
			c.demand.Disarm()
		}
	}
}

// unhold is called with processes that are no longer in a group.
func unhold(l *loop, children []*child) {
	for _, c := range children {
		if c.demand != nil && c.demand.Watch != 0 {
			obey(l, c, []activation.Effect{activation.Forget{Watch: c.demand.Watch}})
		}
		l.launcher.Drop(c.config)
	}
}

// demanded is what package activation is told about c.
func demanded(l *loop, c *child) activation.Facts {
	m := c.machine
	return activation.Facts{
		State: m.State, Restarts: m.Restarts(),
		Free: l.state == Running && m.Then == 0 && !c.waits() && !c.told.disabled && !c.leaving && c.forking == 0 && !l.updates.owns(l, c),
	}
}

// attend does what is due for a process that a connection starts, or stops to be idle.
func attend(l *loop, c *child) {
	if c.demand == nil {
		return
	}
	obey(l, c, c.demand.Elapsed(l.now))
	obey(l, c, c.demand.Settle(l.now, demanded(l, c)))
}

// obey carries out the effects of a machine of package activation, in order.
func obey(l *loop, c *child, effects []activation.Effect) {
	if len(effects) > 0 {
		l.trail.touch(c)
		l.readers.changed(c)
		l.mark(c)
	}
	for _, e := range effects {
		switch e := e.(type) {
		case activation.Watch:
			if err := watchSockets(l, c); err != nil {
				obey(l, c, c.demand.Unwatched(demanded(l, c), err.Error()))
			}
		case activation.Forget:
			delete(l.watches, e.Watch)
			l.sockets.watcher.Forget(e.Watch)
		case activation.Start:
			l.apply(c, c.machine.Connection(l.now))
		case activation.Look:
			w, err := l.sockets.watching()
			fds, ok := l.launcher.Listening(c.config)
			if err == nil && !ok {
				err = errNotOpen
			}
			if err != nil {
				obey(l, c, c.demand.Looked(l.now, 0, err))
				continue
			}
			w.Count(c.row, fds)
		case activation.Stop:
			l.apply(c, c.machine.Stop(l.now))
		case activation.Log:
			l.log(e.Level, e.Text)
		}
	}
}

var errNotOpen = errors.New("its socket is not open")

// watchSockets begins a watch of the sockets of c.
func watchSockets(l *loop, c *child) error {
	w, err := l.sockets.watching()
	if err != nil {
		return err
	}
	fds, ok := l.launcher.Listening(c.config)
	if !ok {
		return errNotOpen
	}
	l.starts++ // a number that nothing else has
	if err := w.Watch(l.starts, fds); err != nil {
		return err
	}
	c.demand.Watch = l.starts
	l.watches[l.starts] = c
	return nil
}

// watched handles what the watcher reports.
func watched(l *loop, e watch.Event) {
	c := l.watches[e.ID]
	if e.Counted {
		c = l.byRow[e.ID]
	}
	if c == nil || c.demand == nil {
		return // the watch was over, the program has ended
	}
	if e.Counted {
		obey(l, c, c.demand.Looked(l.now, e.Total, e.Err))
	} else {
		delete(l.watches, e.ID)
		obey(l, c, c.demand.Connected(l.now, demanded(l, c)))
	}
	l.mark(c)
}

// disarm is called with processes that somebody asked to stop.
func disarm(l *loop, children []*child) {
	for _, c := range children {
		if c.demand != nil {
			c.demand.Disarm()
			l.trail.touch(c)
			l.mark(c)
		}
	}
}

// awaitsConnection reports whether c waits for a connection.
func awaitsConnection(c *child) bool {
	return c.demand != nil && c.demand.Watch != 0 && !c.demand.Runs
}

// relisten gives a process that has another configuration its sockets. Those that are in
// both stay open.
func relisten(l *loop, c *child, was *config.Process) {
	to := c.config
	l.launcher.Keep(to)
	l.launcher.Drop(was)
	fresh := c.machine.Fresh()
	switch {
	case c.demand == nil:
		if c.demand = newDemand(to); c.demand != nil {
			c.demand.Armed = c.machine.State.IsRunning() || fresh && to.Autostart
		}
		return
	case c.demand.Watch != 0: // perhaps of other sockets
		obey(l, c, []activation.Effect{activation.Forget{Watch: c.demand.Watch}})
		c.demand.Watch = 0
	}
	if !to.OnConnect {
		c.demand = nil
		return
	}
	c.demand.Change(demandPolicy(to))
	if fresh && was.Autostart != to.Autostart {
		c.demand.Armed = to.Autostart
	}
}

// The sockets of an update under way are held by it as well, so that what is new is open
// from the beginning, and what stays is not closed in between.

// keep has an update hold the sockets of its groups as they will be.
func (u *update) keep(l *launch.Launcher, cfg *config.Config) {
	u.plan(cfg)
	u.hold(l)
}

// plan notes what an update holds; nil is none.
func (u *update) plan(cfg *config.Config) {
	if u == nil || u.roll != 0 { // a batch changes one process after the other
		return
	}
	for _, g := range cfg.Groups {
		if u.about(g.Name) {
			u.kept = append(u.kept, g.Processes...)
		}
	}
}

// hold holds it.
func (u *update) hold(l *launch.Launcher) {
	if u == nil {
		return
	}
	for _, p := range u.kept {
		l.Keep(p)
	}
}

// release ends what keep began.
func (u *update) release(l *launch.Launcher) {
	for _, p := range u.kept {
		l.Drop(p)
	}
	u.kept = nil
}

// owns reports whether the update under way is about to start, change or remove c.
func (us *updates) owns(l *loop, c *child) bool {
	u := us.current
	if u == nil || !u.about(c.group.config.Name) {
		return false
	}
	_, waits := u.waiting[c]
	return waits || u.starts[c] || u.roll == 0 && l.groups.wanted(c) == nil
}
