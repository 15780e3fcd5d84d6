package process

import (
	"encoding/json"
	"math"
	"slices"
	"syscall"
	"time"
)

// Autorestart says what follows an exit out of RUNNING.
type Autorestart int

// The choices of autorestart=.
const (
	AutorestartNever Autorestart = iota
	AutorestartUnexpected
	AutorestartAlways
)

// Policy is what the configuration says about starting, stopping and restarting a
// process.
type Policy struct {
	Autostart    bool
	Autorestart  Autorestart
	StartFor     time.Duration // startsecs: alive for longer than this is RUNNING
	StartRetries int
	ExitCodes    []int // the expected ones
	StopSignal   StopSequence
	// stopwaitsecs: the time from the last stop signal to SIGKILL, and between two SIGKILLs.
	StopWait    time.Duration
	StopAsGroup bool
	KillAsGroup bool

	Delays     Delays     // how long automatic starts wait
	StartLimit StartLimit // how many starts there may be in a span of time
	StartDelay time.Duration
	Oneshot    bool // it is to end with an expected exit code; a start fails otherwise
	Ready      bool // RUNNING waits for Machine.Ready
}

// StopSequence are the signals that ask a process to stop, one after the other for as long
// as it runs. SIGKILL follows in any case; it may be the last one, but not among the others.
type StopSequence []StopStep

// StopStep is a signal, and how long after the one before it is sent.
type StopStep struct {
	After  time.Duration `json:",omitempty"`
	Signal syscall.Signal
}

// StopBy returns the sequence of one signal.
func StopBy(sig syscall.Signal) StopSequence { return StopSequence{{Signal: sig}} }

// First returns the first signal; 0: there is none.
func (s StopSequence) First() syscall.Signal {
	if len(s) == 0 {
		return 0
	}
	return s[0].Signal
}

// MarshalJSON writes one signal as its number, as programs did that knew no other.
func (s StopSequence) MarshalJSON() ([]byte, error) {
	if len(s) == 1 {
		return json.Marshal(s[0].Signal)
	}
	return json.Marshal([]StopStep(s))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *StopSequence) UnmarshalJSON(text []byte) error {
	var one syscall.Signal
	if json.Unmarshal(text, &one) == nil && one != 0 {
		*s = StopBy(one)
		return nil
	}
	return json.Unmarshal(text, (*[]StopStep)(s))
}

// signals returns how many signals come before SIGKILL.
func (s StopSequence) signals() int {
	if n := len(s); n > 1 && s[n-1].Signal == syscall.SIGKILL {
		return n - 1
	}
	return len(s)
}

// waitAfter returns how long to wait after a number of signals.
func (p *Policy) waitAfter(signals int) time.Duration {
	if signals < len(p.StopSignal) {
		return p.StopSignal[signals].After
	}
	return p.StopWait
}

// StopTime returns the time from the first stop signal to SIGKILL.
func (p *Policy) StopTime() (d time.Duration) {
	for i := range p.StopSignal.signals() {
		d += p.waitAfter(i + 1)
	}
	return d
}

// Unlimited as StartRetries never gives up.
const Unlimited = math.MaxInt

func (p *Policy) expects(code int) bool { return slices.Contains(p.ExitCodes, code) }

// restarts reports whether an exit with that code is followed by a start.
func (p *Policy) restarts(code int) bool {
	switch p.Autorestart {
	case AutorestartAlways:
		return true
	case AutorestartUnexpected:
		return !p.expects(code)
	}
	return false
}
