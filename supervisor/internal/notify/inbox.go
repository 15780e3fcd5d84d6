package notify

import (
	"slices"
	"time"

	"reeve/supervisor/internal/check"
)

// sender is what a run is known by.
type sender struct {
	run     uint64
	pid     int
	name    string
	items   []item
	limit   limiter
	waiting bool // in inbox.queue
	fds     int  // barriers in items
	merged  int  // messages since the last take that were merged into others

	complained bool // about a message that can't be read
	refused    bool // descriptors
	hurried    bool // too many messages
}

// What one run may cost the loop.
const (
	runBurst  = 20
	runPeriod = 50 * time.Millisecond
)

// inbox holds what was received until the loop takes it. It is not safe for concurrent
// use, and has no clock.
type inbox struct {
	byRun map[uint64]*sender
	byPid map[int]*sender
	queue []*sender // with items, in turn
	fds   int       // barriers of all
}

// How many barriers are kept of one run, and of all. What is more is told at once that
// everything was handled, rather than using up the daemon's descriptors.
const (
	runBarriers  = 16
	mostBarriers = 256
)

func newInbox() *inbox { return &inbox{byRun: map[uint64]*sender{}, byPid: map[int]*sender{}} }

func (b *inbox) add(run uint64, pid int, name string) *sender {
	s := &sender{run: run, pid: pid, name: name, limit: limiter{period: runPeriod, burst: runBurst}}
	b.byRun[run], b.byPid[pid] = s, s
	return s
}

// remove forgets a run, and returns the descriptors of its barriers.
func (b *inbox) remove(run uint64) (barriers []int) {
	s := b.byRun[run]
	if s == nil {
		return nil
	}
	delete(b.byRun, run)
	if b.byPid[s.pid] == s {
		delete(b.byPid, s.pid)
	}
	b.queue = slices.DeleteFunc(b.queue, func(o *sender) bool { return o == s })
	for _, it := range s.items {
		barriers = append(barriers, it.barriers...)
	}
	b.fds -= s.fds
	return barriers
}

// hurries reports whether a run sends so much that most of it has to be merged.
func (s *sender) hurries(now time.Time) bool {
	return s.merged > 2*runBurst && s.limit.when(now).After(now)
}

// put adds what a run says; barrier is -1 for none. It returns false if the barrier can't
// be kept.
func (b *inbox) put(s *sender, n check.Notice, pid, barrier int) bool {
	var barriers []int
	fits := s.fds < runBarriers && b.fds < mostBarriers
	if barrier >= 0 && fits {
		barriers = []int{barrier}
		s.fds++
		b.fds++
	}
	before := len(s.items)
	if s.items = put(s.items, n, pid, barriers); len(s.items) == before {
		s.merged++
	}
	if !s.waiting {
		s.waiting = true
		b.queue = append(b.queue, s)
	}
	return fits
}

// take returns the next item that may be handled now, or when there is one; zero: when
// something is put.
func (b *inbox) take(now time.Time) (s *sender, it item, wait time.Time) {
	for i, s := range b.queue {
		at := s.limit.when(now)
		if at.After(now) {
			if wait.IsZero() || at.Before(wait) {
				wait = at
			}
			continue
		}
		s.limit.take(now)
		it, s.merged = s.items[0], 0
		s.items = slices.Delete(s.items, 0, 1)
		s.fds -= len(it.barriers)
		b.fds -= len(it.barriers)
		b.queue = slices.Delete(b.queue, i, i+1)
		if s.waiting = len(s.items) > 0; s.waiting {
			b.queue = append(b.queue, s)
		}
		return s, it, time.Time{}
	}
	return nil, item{}, wait
}
