package supervisor

import (
	"slices"
	"sync"
	"sync/atomic"
)

// readers are the callers that only want to know. As long as nothing changes they are
// answered without asking the loop.
type readers struct {
	snapshot atomic.Pointer[[]*Info] // nil when stale; only the loop changes it
	watchers watchers
	singles  int // requests for one process since the last change; the loop's own
}

// publish lists every process, sorted, for all readers. A process that has not changed
// since the last snapshot is not copied again.
func (r *readers) publish(all roster) []*Info {
	infos := make([]*Info, len(all))
	for i, c := range all {
		infos[i] = c.info()
	}
	r.snapshot.Store(&infos)
	return infos
}

// askedAlone counts a request for one process. As many requests as there are processes
// pay for a snapshot, from which later ones are answered.
func (r *readers) askedAlone(all roster) {
	if r.singles++; r.singles >= len(all) {
		r.publish(all)
	}
}

// changed marks what readers know of c as outdated.
func (r *readers) changed(c *child) {
	c.seen = nil
	r.invalidate()
}

// invalidate discards the published snapshot and notifies the watchers.
func (r *readers) invalidate() {
	r.singles = 0
	if r.snapshot.Swap(nil) != nil {
		r.watchers.notify()
	}
}

// info returns a copy of the values of one process, which must not be changed.
func (c *child) info() *Info {
	if c.seen == nil {
		m := c.machine
		c.seen = &Info{
			Name:          c.name(),
			State:         m.State,
			Start:         m.Started,
			Stop:          m.Stopped,
			SpawnErr:      m.SpawnErr,
			ExitStatus:    m.ExitStatus,
			Waiting:       c.waitsFor(),
			Pid:           m.Pid,
			StdoutLogfile: c.logs.Stdout,
			StderrLogfile: c.logs.Stderr,
			Ready:         m.State == running,
			Restarts:      m.Repeats,
			NextAttempt:   m.NextAttempt(),
			LastExit:      LastExit{m.Last, m.Ended},
			Disabled:      c.told.disabled,
			StaysStopped:  c.told.stays && c.config.KeepStopped,
			Scaled:        c.told.scaled,
			Reason:        m.Why,
		}
		if c.check != nil {
			c.found(c.seen)
		}
	}
	return c.seen
}

// find looks up a process in a snapshot, which is sorted by name. The error is
// ErrNoSuchGroup or ErrNoSuchProcess.
func find(infos []*Info, n Name) (*Info, error) {
	i, found := slices.BinarySearchFunc(infos, n, func(i *Info, n Name) int { return compareNames(i.Name, n) })
	switch {
	case found:
		return infos[i], nil
	case i < len(infos) && infos[i].Group == n.Group, i > 0 && infos[i-1].Group == n.Group:
		return nil, ErrNoSuchProcess
	}
	return nil, ErrNoSuchGroup
}

// watchers are the channels that receive when the snapshot becomes stale.
type watchers struct {
	mu  sync.Mutex
	set map[chan struct{}]struct{}
}

func (w *watchers) add() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.set == nil {
		w.set = map[chan struct{}]struct{}{}
	}
	w.set[c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.set, c)
	}
}

func (w *watchers) notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.set {
		select {
		case c <- struct{}{}:
		default: // the message before was not received yet
		}
	}
}
