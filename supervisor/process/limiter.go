package process

import "time"

// A program that ends as soon as it is RUNNING would be restarted as fast as the machine
// can fork. The first restarts follow at once, as they should after an occasional crash.
// When they are used up, one is allowed per second, the pace of a loop that runs once a
// second.
//
// A start and the restarts at once are three events each. Together they fit the default
// buffer of an event listener, 10, so that a crash loop costs a listener that is slow for
// a moment no event.
const (
	restartBurst = 2
	restartEvery = time.Second
)

// Limiter paces restarts out of EXITED. It is the instant at which all restarts so far
// are paid for, at one per restartEvery; the zero value owes nothing.
type Limiter time.Time

// next returns the earliest instant, not before at, at which a restart is allowed.
func (l Limiter) next(at time.Time) time.Time {
	if free := time.Time(l).Add(-(restartBurst - 1) * restartEvery); free.After(at) {
		return free
	}
	return at
}

// take counts a restart at now.
func (l *Limiter) take(now time.Time) {
	paid := time.Time(*l)
	if paid.Before(now) {
		paid = now
	}
	*l = Limiter(paid.Add(restartEvery))
}
