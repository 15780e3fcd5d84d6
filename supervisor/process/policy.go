package process

import (
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
	OnConnect    bool `json:",omitempty"` // Autostart waits for a connection
	Autorestart  Autorestart
	StartFor     time.Duration // startsecs: alive for longer than this is RUNNING
	StartRetries int
	ExitCodes    []int // the expected ones
	StopSignal   syscall.Signal
	// stopwaitsecs: the time from the stop signal to SIGKILL, and between two SIGKILLs.
	StopWait    time.Duration
	StopAsGroup bool
	KillAsGroup bool

	Delays     Delays     // how long automatic starts wait
	StartLimit StartLimit // how many starts there may be in a span of time
	StartDelay time.Duration
	Oneshot    bool // it is to end with an expected exit code; a start fails otherwise
	Ready      bool // RUNNING waits for Machine.Ready
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
