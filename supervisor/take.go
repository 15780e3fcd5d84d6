package supervisor

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/notify"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/keeper"
	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// endError is the error of requests to a loop that has ended.
func endError(s *Supervisor) error {
	if s.handed.Load() {
		return ErrHandedOver
	}
	return ErrStopped
}

// CheckHanded returns why a Supervisor of this program can't go on from h, or nil.
func CheckHanded(h *Handed) error {
	switch {
	case h.Loop == nil || h.Loop.Config == nil:
		return errors.New("the state is incomplete")
	case h.Loop.Version < savedVersion-1 || h.Loop.Version > savedVersion+1:
		return errors.New("the state is of another version")
	}
	return nil
}

// Take makes a Supervisor that goes on from where the one before it in this process has
// handed over; Run then goes on at once. opt.Config and opt.Serial are not used.
func Take(opt Options, h *Handed) (*Supervisor, error) {
	if err := CheckHanded(h); err != nil {
		return nil, err
	}
	// What can fail comes first: then nothing of h is used up.
	table, err := capture.New()
	if err != nil {
		return nil, err
	}
	trail := newTrail(&opt)
	kernel, err := spawn.New(trail.kernel(h.Kernel))
	if err != nil {
		table.Close()
		return nil, err
	}
	return take(opt, h, realDevices(kernel, table, trail, opt))
}

func take(opt Options, h *Handed, d devices) (*Supervisor, error) {
	s := &Supervisor{requests: make(chan posted), falls: make(chan *rescue.Panic, 1), ended: make(chan struct{}), opt: opt}
	l := restore(h.Loop, portsOf(&s.opt, d), s, time.Now(), d.mono())
	l.resumed, l.taken, l.trail, s.loop = true, h, d.trail, l
	l.launcher.Take(h.Sockets, false)
	l.updates.current.hold(l.launcher)
	for c := range l.groups.each() {
		l.launcher.Keep(c.config)
		if h.adopted[c.forking] != 0 {
			c.row, c.ended = c.forking, [2]bool{}
			c.attached = [2]bool{h.has(c.id(0)), h.has(c.id(1))}
			c.input, c.extra = h.has(c.stdin()), h.has(capture.ID{Proc: c.row, Channel: capture.Extra})
		}
		if fd, ok := h.pipes[c.stdin()]; ok && c.listener != nil && spawn.Unread(fd) {
			h.unread[c.row] = true
		}
		if c.machine.Pid != 0 || h.adopted[c.forking] != 0 {
			l.launcher.Resume(c.row, c.config)
		}
	}
	l.launcher.Taken()
	if !l.desires.state.Empty() {
		l.desires.save() // the last write may have failed
	}
	if h.pipes != nil {
		h.Capture = recovered(l, h)
	}
	d.trail.markIn(d.table)
	l.table.Take(h.Capture, capture.Adoption{
		Syslog: opt.Syslog, Outage: logOutage(opt.Log), Heard: func(id capture.ID) func([]byte) { return d.trail.heardOf(id.Proc) },
		Until: func(id capture.ID) func([]byte) bool { return l.byRow[id.Proc].untilOf(id.Channel) },
	})
	if err := l.checks.take(h.Notify, opt.Log.Log); err != nil {
		opt.Log.Log(process.Critical, fmt.Sprintf("cannot take over the socket for notifications: %v", err))
	}
	return s, nil
}

// take opens the predecessor's socket for notifications.
func (cs *checks) take(h *handedNotifier, log func(process.Level, string)) error {
	if h == nil {
		return nil
	}
	n, err := notify.New(notify.Options{Log: log, Socket: os.NewFile(uintptr(h.FD), "notifications"), Address: h.Address})
	if err != nil {
		return err
	}
	cs.notifier, cs.messages = n, n.Messages()
	return nil
}

// resume does, first of all in the loop l, what a predecessor left undone.
func resume(l *loop) {
	h := l.taken
	if l.taken = nil; h == nil {
		return
	}
	l.rolls.resume(l)
	for c := range l.groups.each() {
		if pid := h.adopted[c.forking]; pid != 0 {
			c.forking = 0
			born(l, c, pid)
			reconcile(l, c, h)
			continue
		}
		if c.machine.Pid != 0 && c.exit == nil && c.notifies() && l.checks.notifier != nil {
			l.checks.notifier.Add(c.row, c.machine.Pid, c.config.Name)
		}
		if c.check != nil {
			l.heed(c, c.check.Lost(l.now))
		}
		if c.demand != nil {
			c.demand.Lost()
			l.mark(c)
		}
		switch {
		case c.postponed:
			l.spawn(c)
		case c.machine.Forking && c.forking == 0:
			l.apply(c, c.machine.Revoked(l.now)) // it was to be stopped
		}
		reconcile(l, c, h)
		switch {
		case c.exit == nil:
		case h.Mended:
			l.streams.drain(c) // perhaps again
			if c.ended == c.attached {
				l.finish(c)
			}
		case h.pipes != nil:
			drain(l, c)
		}
		l.mark(c)
	}
	if h.Notify != nil {
		for _, m := range h.Notify.Rest {
			l.told(m.Run, func(c *check.Machine) []check.Effect { return c.Notified(l.now, m.Notice) })
		}
	}
	learnEnds(l, h)
}

// endsFor bounds the wait for ends that are known to have come.
const endsFor = time.Second

// learnEnds handles the ends of children that came while no loop ran. That comes before
// anything that time brings: a program that has ended before startsecs is never RUNNING.
func learnEnds(l *loop, h *Handed) {
	ended := map[int]bool{}
	for _, e := range h.Kernel.Exits {
		if l.byPid[e.Pid] != nil {
			ended[e.Pid] = true
		}
	}
	for _, pid := range h.Kernel.Children {
		if l.byPid[pid] == nil {
			continue
		}
		if e, has := l.kernel.Reap(pid); has {
			l.exited(e)
		}
	}
	for _, pid := range h.Kernel.Kept {
		if l.byPid[pid] != nil && spawn.Dead(pid) {
			ended[pid] = true
		}
	}
	for late := time.After(endsFor); len(ended) > 0; {
		select {
		case e := <-l.kernel.Exited():
			l.now = time.Now()
			l.exited(e)
			delete(ended, e.Pid)
		case o := <-l.table.Outputs():
			l.now = time.Now()
			l.output(o)
		case <-late:
			return
		}
	}
}

// doubtFor is how long a listener is given to answer if it is not known whether its event
// was written to it.
const doubtFor = time.Second

// reconcile handles what a listener has answered to the loop that has died.
func reconcile(l *loop, c *child, h *Handed) {
	if h.pipes == nil || c.listener == nil || c.machine.Pid == 0 {
		return
	}
	if e := c.listener.Event; e != nil && c.sent != e.Serial && !h.unread[c.row] {
		c.doubt = l.now.Add(doubtFor)
	}
	if heard := h.heard[c.row]; len(heard) > 0 {
		l.events.carry(c.listener.Heard(l.now, heard))
	}
	l.mark(c)
}

// resolve writes the event of a listener again if it is long due and in doubt.
func resolve(l *loop, c *child) {
	e := c.listener.Event
	if c.doubt.After(l.now) {
		return
	}
	c.doubt = time.Time{}
	if e != nil && e.Serial != c.sent && c.listener.Parser.State == event.Busy {
		deliver(l, c.listener.Resend(), c)
	}
}

// has reports whether the keeper held a pipe.
func (h *Handed) has(id capture.ID) bool {
	_, ok := h.pipes[id]
	return ok
}

// recovered makes of descriptors of pipes what a Table would have handed over. What has no
// pipe any more counts as read.
func recovered(l *loop, left *Handed) (h capture.Handed) {
	pipes := left.pipes
	take := func(id capture.ID) (fd int, ok bool) {
		fd, ok = pipes[id]
		delete(pipes, id)
		return fd, ok
	}
	for c := range l.groups.each() {
		if c.machine.Pid == 0 && left.adopted[c.forking] == 0 {
			continue
		}
		for out, attached := range c.attached {
			if !attached || c.ended[out] {
				continue
			}
			if fd, ok := take(c.id(out)); ok {
				row := l.streams.row(c, out, fd)
				left.settle(row)
				h.Rows = append(h.Rows, row)
			} else {
				c.ended[out] = true
			}
		}
		if fd, ok := take(capture.ID{Proc: c.row, Channel: capture.Extra}); ok && c.extra {
			h.Rows = append(h.Rows, capture.HandedRow{ID: capture.ID{Proc: c.row, Channel: capture.Extra}, FD: fd, Searching: true})
		}
		if fd, ok := take(c.stdin()); ok && c.input {
			h.Inputs = append(h.Inputs, capture.HandedInput{ID: c.stdin(), FD: fd})
		} else {
			c.input = false
		}
	}
	for id, fd := range pipes {
		if _ = syscall.Close(fd); l.byRow[id.Proc] == nil && l.trail != nil {
			l.trail.keeper.Drop(keeper.Pipe, id.Proc) // of a start that is made again, for example
		}
	}
	return h
}

// settle takes from a pipe what the daemon that has died had written to its log.
func (h *Handed) settle(row capture.HandedRow) {
	for _, m := range h.marks {
		if m.ID == row.ID && row.Log != nil {
			m.Settle(row.FD, row.Log.Path)
		}
	}
}

// row is what options say of one channel of c, as data.
func (s *streams) row(c *child, out, fd int) capture.HandedRow {
	cfg := c.logConfig(out)
	r := capture.HandedRow{ID: c.id(out), FD: fd, Name: c.config.Name, StripANSI: s.strip, Echo: s.opt.Log.DebugEnabled()}
	if path := [2]string{c.logs.Stdout, c.logs.Stderr}[out]; path != "" {
		r.Log = &logfile.Options{Path: path, MaxBytes: cfg.MaxBytes, Backups: cfg.Backups}
	}
	if c.listener != nil && out == 0 {
		r.Raw = true
		return r
	}
	r.CaptureMax, r.Events, r.Syslog = int(cfg.CaptureMaxBytes), cfg.Events, cfg.Syslog
	r.Searching = c.until() != nil && !c.check.Ready()
	return r
}
