package process

import "time"

// A program that ends as soon as it is RUNNING would be restarted as fast as the machine
// can fork. The first few restarts follow at once, as after a crash now and then; when
// they are used up one comes back each second, which is the pace of a loop that turns
// once a second.
const (
	restartBurst = 5
	restartEvery = time.Second
)

// Limiter paces restarts. It is the instant at which all restarts so far are paid for, at
// one per restartEvery; the zero value owes nothing.
type Limiter time.Time

// next is the earliest instant from at on that a restart may come.
func (l Limiter) next(at time.Time) time.Time {
	if free := time.Time(l).Add(-(restartBurst - 1) * restartEvery); free.After(at) {
		return free
	}
	return at
}

// take notes a restart.
func (l *Limiter) take(now time.Time) {
	paid := time.Time(*l)
	if paid.Before(now) {
		paid = now
	}
	*l = Limiter(paid.Add(restartEvery))
}
