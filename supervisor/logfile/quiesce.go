package logfile

import (
	"context"
	"sync"
)

// Quiesce waits until every closed log has written its data, or ctx ends; then the rest
// is dropped and reported. It is called when the daemon ends, because queued data would
// be lost with the process.
func Quiesce(ctx context.Context) error {
	select {
	case <-busy.idle():
		return nil
	case <-ctx.Done():
	}
	for _, s := range shared.list() {
		if s.mu.Lock(); s.closing {
			s.giveUp()
		} else {
			s.mu.Unlock()
		}
	}
	return ctx.Err()
}

// busy counts the logs that are about to be closed, and the running senders of syslog.
var busy counter

type counter struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed when n becomes 0; nil if there is no waiter
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	if c.n == 0 && c.zero != nil {
		close(c.zero)
		c.zero = nil
	}
}

func (c *counter) idle() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if c.zero == nil {
		c.zero = make(chan struct{})
	}
	return c.zero
}
