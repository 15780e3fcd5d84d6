package spawn

import (
	"os/signal"
	"slices"
)

// end closes what was not delivered; children live on. A preparation that hangs is not waited for: it finds the kernel closed
// when it comes back.
func (l *loop) end() {
	signal.Stop(l.sigchld)
	l.k.mu.Lock()
	l.k.closed = true
	mail := l.k.mail
	l.k.mu.Unlock()
	for _, m := range mail {
		m.drop()
	}
	if l.starter != nil {
		l.starter.stop()
	}
	for _, s := range slices.Concat(l.window, l.aside, l.outbox) {
		if s.state != preparing && s != l.here {
			s.closeAll()
		}
	}
}
