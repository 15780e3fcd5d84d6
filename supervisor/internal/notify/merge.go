package notify

import "reeve/supervisor/internal/check"

// mostItems bounds what waits of one run; after that its states are merged too.
const mostItems = 8

// item is what waits to be handled by the loop: one message, or several in one.
type item struct {
	notice   check.Notice
	pid      int   // of the last sender
	barriers []int // to be closed when the notice was handled
}

// put adds a message at the end of items, merged into the last one where that loses
// nothing.
func put(items []item, n check.Notice, pid int, barriers []int) []item {
	last := len(items) - 1
	if last < 0 || last < mostItems-1 && (len(items[last].barriers) > 0 || !mergeable(items[last].notice, n)) {
		return append(items, item{n, pid, barriers})
	}
	merge(&items[last].notice, n)
	items[last].pid = pid
	items[last].barriers = append(items[last].barriers, barriers...)
	return items
}

// mergeable reports whether it makes no difference if b is said at the same time as a.
func mergeable(a, b check.Notice) bool {
	states := func(n check.Notice) [3]bool { return [3]bool{n.Ready, n.Stopping, n.Reloading} }
	return states(b) == [3]bool{} || states(a) == states(b)
}

// merge adds b to a. Of what both say, b counts; of the states, any that was said.
func merge(a *check.Notice, b check.Notice) {
	a.Ready = a.Ready || b.Ready
	a.Stopping = a.Stopping || b.Stopping
	if b.Reloading {
		a.Reloading, a.Monotonic = true, b.Monotonic
	}
	if b.Status != nil {
		a.Status = b.Status
	}
	if b.MainPid != 0 {
		a.MainPid = b.MainPid
	}
	if b.Errno != nil {
		a.Errno = b.Errno
	}
	a.Alive = a.Alive || b.Alive
	a.Trigger = a.Trigger || b.Trigger
	if b.Period != nil {
		a.Period = b.Period
	}
	a.Extend = max(a.Extend, b.Extend)
}
