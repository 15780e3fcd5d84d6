package deadline

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Whatever is set, moved, removed and taken out, the queue gives what a sorted list of
// the same entries gives.
func TestQueue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	base := time.Unix(1000, 0)
	all := make([]Entry[int], 50)
	for i := range all {
		all[i] = Entry[int]{What: i, Rank: uint64(i)}
	}
	due := map[int]time.Time{} // what the queue should have
	first := func() int {
		list := make([]int, 0, len(due))
		for i := range due {
			list = append(list, i)
		}
		return slices.MinFunc(list, func(a, b int) int { return cmp.Or(due[a].Compare(due[b]), cmp.Compare(a, b)) })
	}
	var q Queue[int]
	for range 20000 {
		i, at := random.IntN(len(all)), base.Add(time.Duration(random.IntN(20)))
		switch random.IntN(5) {
		case 0, 1:
			q.Set(&all[i], at, true)
			due[i] = at
		case 2:
			q.Set(&all[i], at, false)
			delete(due, i)
		case 3:
			q.Remove(&all[i])
			delete(due, i)
		case 4:
			got, ok := q.Due(at)
			if want := len(due) > 0 && !due[first()].After(at); ok != want || ok && got != first() {
				t.Fatalf("due is %d, %v, want %v of %v", got, ok, want, due)
			}
			if ok {
				delete(due, got)
			}
		}
		at, ok := q.Next()
		if ok != (len(due) > 0) || ok && !at.Equal(due[first()]) {
			t.Fatalf("next is %v, %v, the entries are %v", at, ok, due)
		}
	}
}

// A child that is started, runs and ends costs no memory in the queue.
func TestQueueAllocatesNothing(t *testing.T) {
	var q Queue[any]
	entries := make([]Entry[any], 100)
	now := time.Now()
	turn := func() {
		for i := range entries {
			q.Set(&entries[i], now.Add(time.Duration(i*7919%100)), true)
		}
		for i := range entries {
			q.Set(&entries[i], now.Add(time.Duration(i*31%100)), true)
		}
		for _, ok := q.Due(now.Add(time.Hour)); ok; _, ok = q.Due(now.Add(time.Hour)) {
		}
	}
	turn()
	if n := testing.AllocsPerRun(10, turn); n > 0 {
		t.Errorf("%.0f allocations", n)
	}
}
