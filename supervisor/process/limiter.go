package process

import "time"

// A program that ends as soon as it is RUNNING would be restarted as fast as the machine
// can fork. The first few restarts follow at once, as they should after an occasional
// crash. When they are used up, one is allowed per second, the pace of a loop that runs
// once a second.
const (
	restartBurst = 5
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
