package turn

import (
	"sync"
	"sync/atomic"
	"testing"
)

// No more calls run at a time than there are turns, and a turn that ends in a panic is
// given back.
func TestTake(t *testing.T) {
	var all sync.WaitGroup
	var now, most, done atomic.Int32
	for range 100 {
		all.Go(func() {
			defer func() { _ = recover() }()
			Take(func() {
				n := now.Add(1)
				defer now.Add(-1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				if done.Add(1)%10 == 0 {
					panic("in turn")
				}
			})
		})
	}
	all.Wait()
	if done.Load() != 100 || int(most.Load()) > cap(turns) || len(turns) != 0 {
		t.Errorf("%d done, at most %d at once in %d turns, %d not given back", done.Load(), most.Load(), cap(turns), len(turns))
	}
}
