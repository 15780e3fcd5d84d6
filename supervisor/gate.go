package supervisor

import (
	"context"
	"sync"
)

// gate lets one caller in at a time. Unlike at a mutex, a caller that is no longer waited for goes away.
type gate struct {
	once sync.Once
	in   chan struct{}
}

// enter waits for its turn; the error is ctx's. Whoever has entered has to leave.
func (g *gate) enter(ctx context.Context) error {
	g.once.Do(func() { g.in = make(chan struct{}, 1) })
	select {
	case g.in <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.in }
