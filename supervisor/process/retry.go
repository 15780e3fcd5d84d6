package process

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Delays say how long an automatic start waits. The zero value is upstream's way: as
// many seconds after a failed start as there were in a row, and no wait after an exit out
// of RUNNING but that of Limiter.
type Delays struct {
	Delay  time.Duration // before the first of a series of retries; 0: upstream's way
	Factor float64       // each further one waits that much longer, at least 1
	Limit  time.Duration // the longest wait, before Jitter
	Jitter float64       // share by which a wait is made longer or shorter, 0 to 1
	Reset  time.Duration // a child that lives longer than this ends the series
}

// wait returns how long the retry after n others in a row waits; random is from 0 to 1.
func (b Delays) wait(n int, random float64) time.Duration {
	d := min(float64(b.Delay)*math.Pow(b.Factor, float64(n)), float64(max(b.Limit, b.Delay)))
	return time.Duration(d * (1 + b.Jitter*(2*random-1)))
}

// StartLimit allows so many starts within a span of time, however long each child lived.
// The zero value sets no limit.
type StartLimit struct {
	Starts int
	Within time.Duration
}

// String returns the limit as it is written in a configuration.
func (l StartLimit) String() string {
	return strconv.Itoa(l.Starts) + "/" + l.Within.String()
}

// Reason says why a process is started.
type Reason string

// Reasons for starts. Retry has numbers: "retry 3 of 5".
const (
	WhyBoot        Reason = "boot" // autostart
	WhyRequest     Reason = "request"
	WhyAutorestart Reason = "autorestart"
	WhyDependency  Reason = "dependency"
	WhyHealth      Reason = "health"
	WhyChange      Reason = "change"
	WhyRoll        Reason = "roll"
)

// retry returns the reason for the next start of a process in BACKOFF.
func (m *Machine) retry() Reason {
	switch {
	case m.Short:
		return "retry"
	case m.Policy.StartRetries == Unlimited:
		return Reason(fmt.Sprintf("retry %d", m.Failures))
	}
	return Reason(fmt.Sprintf("retry %d of %d", m.Failures, m.Policy.StartRetries))
}

// Automatic reports whether nobody asked for the start.
func (r Reason) Automatic() bool {
	switch r {
	case WhyRequest, WhyDependency, WhyChange, WhyRoll:
		return false
	}
	return true
}

// NextAttempt returns the instant of the next automatic start, as far as it depends on
// time alone; zero if none is to come, or if it waits for something else.
func (m *Machine) NextAttempt() time.Time {
	switch m.State {
	case Backoff, Exited:
		if at, ok := m.Deadline(false); ok && !m.exhausted() {
			return at
		}
	case Stopped:
		if m.first() && !m.Pending {
			return m.delayed()
		}
	case Starting, Running, Stopping, Fatal, Unknown:
	}
	return time.Time{}
}

// postpone sets the instant of the next automatic start after the end of a child that
// lived for that long, if the policy has Delays.
func (m *Machine) postpone(now time.Time, lived time.Duration) {
	b := m.Policy.Delays
	if b.Delay == 0 {
		return
	}
	if lived > b.Reset {
		m.Retries = 0
	}
	m.Due = now.Add(b.wait(m.Retries, m.random()))
	m.Retries++
}

// random returns a number from 0 to 1 and moves Random on (splitmix64).
func (m *Machine) random() float64 {
	m.Random += 0x9e3779b97f4a7c15
	z := m.Random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// count records a start for the policy's StartLimit. A start that was asked for begins a
// new count.
func (m *Machine) count(now time.Time, why Reason) {
	switch {
	case !why.Automatic():
		m.Retries, m.Repeats, m.Starts = 0, 0, nil
	case why != WhyBoot:
		m.Repeats++
	}
	n := m.Policy.StartLimit.Starts
	if n == 0 {
		return
	}
	m.Starts = append(m.Starts, now)
	if extra := len(m.Starts) - n; extra > 0 {
		m.Starts = m.Starts[extra:]
	}
}

// limited reports whether one more start now would exceed the policy's StartLimit.
func (m *Machine) limited(now time.Time) bool {
	l := m.Policy.StartLimit
	return l.Starts > 0 && len(m.Starts) >= l.Starts && now.Sub(m.Starts[len(m.Starts)-l.Starts]) < l.Within
}

// automatic is a start that nobody asked for, unless the policy forbids it now.
func (m *Machine) automatic(now time.Time, why Reason) []Effect {
	switch {
	case m.Asks && !m.Pending:
		m.Pending = true
		return []Effect{Ask{why}}
	case m.limited(now):
		m.Failures, m.Retries, m.Starts, m.Then = 0, 0, nil, Rest
		m.SpawnErr = tooOften(m.Policy.StartLimit)
		return []Effect{m.become(Fatal, 0, 0, false), gaveUpLimit(m.Name, m.SpawnErr)}
	}
	return m.Start(now, why)
}

// Allow begins the start for which leave was asked.
func (m *Machine) Allow(now time.Time) []Effect {
	if !m.Pending {
		return nil // something else has happened
	}
	return m.due(now)
}

// Forget takes back an Ask that was not answered: it comes again if the start is still
// due.
func (m *Machine) Forget() { m.Pending = false }
