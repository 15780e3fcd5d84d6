package supervisor

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/notify"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/rescue"
)

// settleFor is how long starts under way are waited for at a handover. Then they are given
// up, and asked for again by the successor.
const settleFor = 200 * time.Millisecond

// departure is the end of a loop that another one follows in this process.
type departure struct{ loop *loop }

// lostFor is how long the outcome of a start is waited for that was given up. It comes at
// once, unless a panic has lost it.
const lostFor = settleFor

// outcome is the end of Run.
func (d departure) outcome() Outcome {
	l, s := d.loop, d.loop.handle
	var h *Handed
	if l.fell == nil || !l.opt.Last {
		if p := rescue.Vital("the handover", func() { h = d.handOver() }); p != nil {
			l.fell, h = p, nil
		}
	}
	if h == nil {
		rescue.Vital("the last resort", d.farewell)
	}
	s.handed.Store(h != nil)
	if l.fell != nil {
		s.unserved = l.serving
	}
	close(s.ended)
	return Outcome{Handed: h, Panic: l.fell, Serial: l.events.bus.Serial}
}

// farewell is for programs that nobody can look after any more: they are told to stop.
func (d departure) farewell() {
	for pid, c := range d.loop.byPid {
		_ = d.loop.kernel.Signal(pid, c.config.Policy.StopSignal.First(), c.config.Policy.StopAsGroup)
	}
}

// turn handles something that has happened. A panic does not keep us from the rest.
func (d departure) turn(f func()) {
	d.loop.now = time.Now()
	if p := rescue.Vital("the loop", f); p != nil && d.loop.fell == nil {
		d.loop.fell = p
	}
}

// handOver lets what is under way come to rest and gives everything away.
func (d departure) handOver() *Handed {
	since, l := spawn.Monotonic(), d.loop
	d.turn(func() { release(l) }) // a panic may have left some
	if l.fell != nil {
		salvage{d}.finish()
	}
	d.settleStarts()
	h := &Handed{Since: since, Capture: d.capture(), Kernel: l.kernel.HandOver()}
	if h.Mended = l.fell != nil; h.Mended {
		salvage{d}.mend(h)
	}
	l.checks.prober.Close()
	// Commands of checks are killed: their checks are made again.
	h.Kernel.Children = slices.DeleteFunc(h.Kernel.Children, func(pid int) bool {
		if l.byPid[pid] != nil {
			return false
		}
		_ = l.kernel.Signal(pid, syscall.SIGKILL, true)
		h.Kernel.Hidden = append(h.Kernel.Hidden, pid)
		return true
	})
	h.Kernel.Exits = slices.DeleteFunc(h.Kernel.Exits, func(e spawn.HandedExit) bool { return !e.Orphan && l.byPid[e.Pid] == nil })
	h.Notify = l.checks.handOver()
	h.Sockets = l.launcher.HandOver()
	l.sockets.close()
	l.desires.settle()
	l.now = time.Now()
	h.Loop = l.save(l.mono())
	l.trail.turn(l) // for the keeper, if this process dies before its successor writes one
	return h
}

// settleStarts waits until no start is under way.
func (d departure) settleStarts() {
	l := d.loop
	late := time.After(settleFor)
	var lost <-chan time.Time
	for d.startsUnderWay(func(uint64) {}) {
		select {
		case s := <-l.kernel.Started():
			d.turn(func() { l.started(s) })
		case s := <-l.kernel.Stuck():
			d.turn(func() { stuck(l, s) })
		case e := <-l.kernel.Exited():
			d.turn(func() { l.exited(e) })
		case o := <-l.table.Outputs():
			d.turn(func() { l.output(o) })
		case <-late:
			d.startsUnderWay(func(row uint64) { revoke(l, row) })
			lost = time.After(lostFor)
		case <-lost:
			if l.fell != nil {
				return
			}
			lost = nil // they come
		}
	}
}

// startsUnderWay reports whether there are any, and calls each for their rows.
func (d departure) startsUnderWay(each func(row uint64)) (any bool) {
	l := d.loop
	for c := range l.groups.each() {
		if c.forking != 0 {
			any = true
			each(c.forking)
		}
	}
	for row := range l.checks.commands {
		any = true
		each(row)
	}
	return any
}

// capture ends capture, and handles its last reports.
func (d departure) capture() capture.Handed {
	l := d.loop
	done := l.table.HandOver()
	for {
		select {
		case o := <-l.table.Outputs():
			d.turn(func() { l.output(o) })
		case h := <-done:
			for {
				select {
				case o := <-l.table.Outputs():
					d.turn(func() { l.output(o) })
				default:
					return h
				}
			}
		}
	}
}

// postponed keeps a start for the successor that was given up because of the handover,
// and reports whether it did.
func (c *child) postpone(l *loop, s spawn.Started) bool {
	e, ok := errors.AsType[*spawn.StartError](s.Err)
	if !l.leave || !ok || e.Kind != spawn.Revoked || c.machine.State != starting {
		return false
	}
	delete(l.byRow, s.ID)
	l.launcher.Release(s.ID)
	l.trail.unmade(s.ID)
	c.postponed = true
	return true
}

// handedNotifier is the socket for notifications, with those that were read and not
// handled.
type handedNotifier struct {
	FD      int
	Address string
	Rest    []notify.Message `json:",omitempty"`
}

// handOver gives away the socket for notifications.
func (cs *checks) handOver() *handedNotifier {
	if cs.notifier == nil {
		return nil
	}
	h := &handedNotifier{FD: -1, Address: cs.notifier.Address()}
	if f, err := cs.notifier.File(); err == nil {
		h.FD, _ = spawn.Duplicate(f)
		_ = f.Close()
	}
	h.Rest = cs.notifier.Close(true)
	if h.FD < 0 {
		return nil
	}
	return h
}
