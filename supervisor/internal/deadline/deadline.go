// Package deadline keeps what is due at which instant, the earliest first.
//
// It is pure: its owner sets one timer for the instant that Next returns, and asks for
// what is Due whenever it likes. Setting, moving and removing an entry costs O(log n) and
// allocates nothing, because an entry belongs to what it is about and knows its place.
package deadline

import (
	"container/heap"
	"time"
)

// Entry is one thing that can be due. It must not be copied while it is in a Queue, and
// is in one at most.
type Entry[W any] struct {
	What W
	Rank uint64 // of entries due at the same instant the lowest comes first

	at    time.Time
	place int // in the heap, counted from 1; 0: in no queue
}

// Queue is the entries that are due at some time. The zero value has none.
type Queue[W any] struct{ heap entries[W] }

// Set makes e due at an instant, which may have passed, wherever it was before; if ok is
// false e is not due at all.
func (q *Queue[W]) Set(e *Entry[W], at time.Time, ok bool) {
	switch {
	case !ok:
		q.Remove(e)
	case e.place == 0:
		e.at = at
		heap.Push(&q.heap, e)
	case !e.at.Equal(at):
		e.at = at
		heap.Fix(&q.heap, e.place-1)
	}
}

// Remove takes e out of the queue, if it is in it.
func (q *Queue[W]) Remove(e *Entry[W]) {
	if e.place > 0 {
		heap.Remove(&q.heap, e.place-1)
	}
}

// Due takes the first entry that is due out of the queue and returns what it is; ok is
// false if nothing is due.
func (q *Queue[W]) Due(now time.Time) (what W, ok bool) {
	if len(q.heap) == 0 || q.heap[0].at.After(now) {
		return what, false
	}
	return heap.Pop(&q.heap).(*Entry[W]).What, true
}

// Next returns the earliest instant at which something is due; ok is false if there is
// none.
func (q *Queue[W]) Next() (at time.Time, ok bool) {
	if len(q.heap) == 0 {
		return time.Time{}, false
	}
	return q.heap[0].at, true
}

// entries implement heap.Interface.
type entries[W any] []*Entry[W]

func (h entries[W]) Len() int { return len(h) }

func (h entries[W]) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].Rank < h[j].Rank
	}
	return h[i].at.Before(h[j].at)
}

func (h entries[W]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *entries[W]) Push(x any) {
	e := x.(*Entry[W])
	*h = append(*h, e)
	e.place = len(*h)
}

func (h *entries[W]) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.place = 0
	return e
}
