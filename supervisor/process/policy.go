package process

import (
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
	StopSignal   syscall.Signal
	// stopwaitsecs: the time from the stop signal to SIGKILL, and between two SIGKILLs.
	StopWait    time.Duration
	StopAsGroup bool
	KillAsGroup bool
}

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
