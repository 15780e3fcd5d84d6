package spawn

import (
	"os/signal"
	"slices"
)

// end stops the workers. What was not delivered is closed; children live on. A worker that hangs is not waited for: it finds
// the kernel closed when it comes back.
func (l *loop) end() {
	signal.Stop(l.sigchld)
	for _, st := range []*starter{l.plain, l.masked} {
		if st != nil {
			st.end()
		}
	}
	l.k.slots.close()
	l.k.mu.Lock()
	l.k.closed = true
	l.k.mu.Unlock()
	for _, s := range slices.Concat(l.window, l.aside, l.outbox) {
		if s.state == ready || s.state == done {
			s.abandon()
		}
	}
	for {
		select {
		case s := <-l.k.jobs:
			s.abandon()
		case s := <-l.k.prepared:
			s.abandon()
		case s := <-l.k.forked:
			s.abandon()
		default:
			return
		}
	}
}
