package supervisor

import (
	"container/heap"
	"time"
)

// deadlines is a heap of the children that have something due; the loop's one timer is
// set for its head.
type deadlines []*child

func (d deadlines) Len() int { return len(d) }

func (d deadlines) Less(i, j int) bool {
	if d[i].due.Equal(d[j].due) {
		return d[i].order < d[j].order
	}
	return d[i].due.Before(d[j].due)
}

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].slot, d[j].slot = i, j
}

// Push and Pop are for container/heap; use set and next.
func (d *deadlines) Push(x any) {
	c := x.(*child)
	c.slot = len(*d)
	*d = append(*d, c)
}

func (d *deadlines) Pop() any {
	old := *d
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	c.slot = notQueued
	return c
}

const notQueued = -1

// set schedules c for due; if ok is false it removes c.
func (d *deadlines) set(c *child, due time.Time, ok bool) {
	switch {
	case !ok:
		if c.slot != notQueued {
			heap.Remove(d, c.slot)
		}
	case c.slot == notQueued:
		c.due = due
		heap.Push(d, c)
	case !c.due.Equal(due):
		c.due = due
		heap.Fix(d, c.slot)
	}
}

// expired removes and returns a child that is due, or nil.
func (d *deadlines) expired(now time.Time) *child {
	if len(*d) == 0 || (*d)[0].due.After(now) {
		return nil
	}
	return heap.Pop(d).(*child)
}

// next returns the earliest instant, if there is one.
func (d deadlines) next() (time.Time, bool) {
	if len(d) == 0 {
		return time.Time{}, false
	}
	return d[0].due, true
}
