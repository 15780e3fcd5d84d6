package spawn

import (
	"maps"
	"os/signal"
	"slices"
)

// end closes what was not delivered; children live on. It does not wait for a preparation
// that hangs: that finds the kernel closed when it returns.
func (l *loop) end() {
	signal.Stop(l.sigchld)
	l.k.mu.Lock()
	l.k.closed = true
	l.k.left = l.leftExits()
	mail := slices.Concat(l.mail, l.k.mail)
	l.k.mu.Unlock()
	for _, m := range mail {
		m.drop()
	}
	starts := slices.Concat(l.window, l.aside, l.outbox, slices.Collect(maps.Values(l.doomed)))
	if l.starter != nil {
		l.starter.stop()
		l.k.forget(l.starter)
		for _, r := range l.starter.sent { // including revoked ones
			starts = append(starts, r.start)
		}
	}
	for _, s := range starts {
		if s.state != preparing && s != l.here {
			s.closeAll()
		}
	}
}
