package notify

import "time"

// limiter allows burst events at once, and one more each period.
type limiter struct {
	period time.Duration
	burst  int
	full   time.Time // when the burst would be whole again
}

// when returns the time from which on one more event is allowed.
func (l *limiter) when(now time.Time) time.Time {
	if at := l.full.Add(-time.Duration(l.burst-1) * l.period); at.After(now) {
		return at
	}
	return now
}

// take counts an event.
func (l *limiter) take(now time.Time) {
	if now.After(l.full) {
		l.full = now
	}
	l.full = l.full.Add(l.period)
}

// repeated is something that is said at once, and then at most once a minute.
type repeated struct {
	next  time.Time
	count int
}

// say counts one more, and returns how many there are to be told; 0: not now.
func (r *repeated) say(now time.Time) (n int) {
	r.count++
	if now.Before(r.next) {
		return 0
	}
	n, r.count, r.next = r.count, 0, now.Add(time.Minute)
	return n
}
