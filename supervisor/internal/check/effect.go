package check

import (
	"syscall"
	"time"

	"reeve/config/health"
	"reeve/supervisor/process"
)

// ID names a probe: the number of the start of the process, and of the probe.
type ID struct{ Run, Number uint64 }

// Effect is something that the owner of a Machine must carry out.
type Effect interface{ isEffect() }

// Probe asks for one look at Target, which must be answered by Result within Timeout of
// its begin.
type Probe struct {
	ID      ID
	Target  health.Target
	Timeout time.Duration
	Since   time.Time // when the start was asked for: an older file does not count
	Late    bool      // the one before took all its time, so this one may, too
}

// Cancel says that the result of a probe is no longer of interest.
type Cancel struct{ ID ID }

// Ready says that the program is ready. It comes once in a run.
type Ready struct{}

// NotReady says that the program did not become ready: the start has failed. The process
// is to be stopped as by a request.
type NotReady struct{ Reason string }

// Healthy says that Health has become Good.
type Healthy struct{}

// Unhealthy says that Health is Bad, or for one more reason. Of the actions only Restart
// and Stop remain to be done; a Signal comes before Unhealthy.
type Unhealthy struct {
	Reason string
	Do     health.Do
}

// Signal asks for a signal to the child.
type Signal struct{ Signal syscall.Signal }

// ExtendStop says that a program that is being stopped asks for more time: SIGKILL should
// not come before Until. It never shortens what stopwaitsecs gives.
type ExtendStop struct{ Until time.Time }

// Noted says that Told has changed, which readers see.
type Noted struct{}

// Log is a line for the main log.
type Log struct {
	Level process.Level
	Text  string
}

func (Probe) isEffect()      {}
func (Cancel) isEffect()     {}
func (Ready) isEffect()      {}
func (NotReady) isEffect()   {}
func (Healthy) isEffect()    {}
func (Unhealthy) isEffect()  {}
func (Signal) isEffect()     {}
func (ExtendStop) isEffect() {}
func (Noted) isEffect()      {}
func (Log) isEffect()        {}

// Outcome is what a probe found.
type Outcome uint8

// The outcomes.
const (
	Success Outcome = iota
	Failure
	Inconclusive // the daemon lacks what a probe needs; this says nothing about the program
)

// Result answers a Probe.
type Result struct {
	ID      ID
	Outcome Outcome
	Detail  string // what was wrong, in a few words; "" for Success
	Output  []byte // the end of what a command printed
	Late    bool   // Timeout was over
}
