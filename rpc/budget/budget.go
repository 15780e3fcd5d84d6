// Package budget bounds the memory that requests and replies hold. The account of a
// request, which its context carries, is in account.go.
//
// Up to Small bytes are free: the number of connections bounds them. Beyond that, a
// request or reply takes what it holds from a budget that all of them share, and gives it
// back once sent. When the budget is used up, the client that has held up others longest
// is dropped; a request waits for memory for a limited time and then fails.
package budget

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The defaults of Limits, and the size up to which a share is free.
const (
	Small = 64 << 10
	each  = 144 << 20 // the largest read of a log, raw and encoded
	all   = 192 << 20
)

// ErrBusy means that other shares hold the memory needed.
var ErrBusy = errors.New("replies to other clients hold too much memory")

// Limits bound a Budget; the zero value means the defaults.
type Limits struct {
	Each, All int64         // bytes in one share, and in all together
	WaitFor   time.Duration // how long to wait for others to give back
}

// Budget is what all shares together may hold. Its methods are safe from any goroutine.
type Budget struct {
	limits Limits
	drop   func() bool

	mu      sync.Mutex
	used    int64
	waiting int           // waiters on freed
	freed   chan struct{} // closed when something is given back
}

// New makes a Budget. drop closes the connection of the client that has held up others
// longest and reports whether there was one; its share is given back soon after.
func New(limits Limits, drop func() bool) *Budget {
	if limits.Each <= 0 {
		limits.Each = each
	}
	if limits.All <= 0 {
		limits.All = all
	}
	if limits.WaitFor <= 0 {
		limits.WaitFor = 2 * time.Second
	}
	return &Budget{limits: limits, drop: drop, freed: make(chan struct{})}
}

// Share is what one request or reply holds. Held may be called from any goroutine, the
// other methods from one at a time. A nil Share has no limits.
type Share struct {
	budget *Budget
	held   atomic.Int64
}

// Share makes an empty share.
func (b *Budget) Share() *Share { return &Share{budget: b} }

// Held returns how many bytes the share holds.
func (s *Share) Held() int64 { return s.held.Load() }

// Add takes n more bytes; see Set.
func (s *Share) Add(ctx context.Context, n int64) error {
	if s == nil {
		return nil
	}
	return s.Set(ctx, s.held.Load()+n)
}

// Set makes the share hold n bytes. It fails if that is more than one share may hold,
// with ErrBusy if the others do not give back enough within Limits.WaitFor, or with ctx's
// error; the share is then unchanged.
func (s *Share) Set(ctx context.Context, n int64) error {
	if s == nil {
		return nil
	}
	if n <= Small {
		n = 0
	}
	more := n - s.held.Load()
	switch {
	case more <= 0:
		s.budget.give(-more)
	case n > s.budget.limits.Each:
		return fmt.Errorf("more than %d MiB at once", s.budget.limits.Each>>20)
	default:
		if err := s.budget.take(ctx, more); err != nil {
			return err
		}
	}
	s.held.Store(n)
	return nil
}

// Release gives everything back.
func (s *Share) Release() {
	if s != nil && s.held.Load() > 0 {
		s.budget.give(s.held.Swap(0))
	}
}

func (b *Budget) give(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.waiting > 0 {
		b.waiting = 0
		close(b.freed)
		b.freed = make(chan struct{})
	}
}

func (b *Budget) take(ctx context.Context, n int64) error {
	var timeout <-chan time.Time
	for {
		b.mu.Lock()
		if b.used+n <= b.limits.All {
			b.used += n
			b.mu.Unlock()
			return nil
		}
		b.waiting++
		freed := b.freed
		b.mu.Unlock()
		if timeout == nil {
			timeout = time.After(b.limits.WaitFor)
			b.drop()
		}
		select {
		case <-freed:
		case <-timeout:
			return ErrBusy
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
