package budget_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"reeve/rpc/budget"
)

const unit = budget.Small + 1

func TestShares(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b := budget.New(budget.Limits{Each: 3 * unit, All: 4 * unit, WaitFor: time.Millisecond}, func() bool { return false })
	one, two := b.Share(), b.Share()
	for _, step := range []struct {
		name string
		err  error
		want bool
	}{
		{"a small one is free", one.Set(ctx, budget.Small), true},
		{"the most", one.Set(ctx, 3*unit), true},
		{"more than one may hold", one.Add(ctx, 1), false},
		{"the rest", two.Set(ctx, unit), true},
		{"more than all may hold", two.Add(ctx, unit), false},
		{"less", one.Set(ctx, 2*unit), true},
		{"what was given back", two.Add(ctx, unit), true},
	} {
		if (step.err == nil) != step.want {
			t.Errorf("%s: %v", step.name, step.err)
		}
	}
	one.Release()
	one.Release()
	if err := two.Set(ctx, 3*unit); err != nil {
		t.Errorf("after a release: %v", err)
	}
	if err := budget.Of(ctx).Add(ctx, 1<<40); err != nil {
		t.Errorf("without a share: %v", err)
	}
	if got := budget.Of(budget.With(ctx, &budget.Account{Reply: two})); got != two || got.Held() != 3*unit {
		t.Errorf("the context carries %v", got)
	}
}

// A share waits for others, has the slowest dropped, and gives up when the time is over
// or its own client has gone.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var other *budget.Share
		dropped := 0
		b := budget.New(budget.Limits{Each: unit, All: unit, WaitFor: time.Minute}, func() bool {
			dropped++
			if dropped == 1 {
				go func() { time.Sleep(time.Second); other.Release() }()
			}
			return true
		})
		other = b.Share()
		if err := other.Set(t.Context(), unit); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		mine := b.Share()
		if err := mine.Set(t.Context(), unit); err != nil || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := other.Set(t.Context(), unit); !errors.Is(err, budget.ErrBusy) || time.Since(start) != time.Second+time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := other.Set(ctx, unit); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without its client: %v", err)
		}
	})
}
