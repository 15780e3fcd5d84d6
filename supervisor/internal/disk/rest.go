package disk

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// Rest waits until the work that runs now has ended; other work may have begun by then. If
// some has not ended when ctx does, it hangs: the error names its device. An execve waits
// for all threads, so one that can't be interrupted in the kernel would hold the process
// up for as long.
func Rest(ctx context.Context) error { return shared.rest(ctx) }

func (p *pool) rest(ctx context.Context) error {
	const pause = time.Millisecond
	for now := p.active(nil); ; now = p.active(now) {
		if len(now) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			for _, device := range now {
				return fmt.Errorf("%d operations have not ended, one of them on %s", len(now), device)
			}
		case <-time.After(pause):
		}
	}
}

// active returns which of some runs have not ended; nil: of all.
func (p *pool) active(of map[uint64]string) map[uint64]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := maps.Clone(p.schedule.active)
	if of != nil {
		maps.DeleteFunc(left, func(run uint64, _ string) bool { _, was := of[run]; return !was })
	}
	return left
}
