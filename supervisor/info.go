package supervisor

import (
	"time"

	"reeve/config"
	"reeve/supervisor/process"
)

// Name is the full name of a process.
type Name struct {
	Group   string
	Process string
}

// String returns GROUP:PROCESS.
func (n Name) String() string { return n.Group + ":" + n.Process }

// Info is a copy of what the loop knows of one process. It shares nothing with the loop
// that changes.
type Info struct {
	Name
	State      process.State
	Start      time.Time // last start attempt; zero if never
	Stop       time.Time // last end of a child; zero if never
	SpawnErr   string
	ExitStatus int    // -1: ended by a signal; 0 if none or running
	Pid        int    // 0: no child
	Waiting    string // what a start waits for; empty: none does

	Ready       bool      // it can do its work: RUNNING, or what its `ready` says
	Health      string    // unknown, healthy or unhealthy; empty: it is not checked
	StatusText  string    // what the program says of itself (STATUS=)
	Restarts    int       // automatic starts since one that was asked for, or the boot
	NextAttempt time.Time // of an automatic start; zero if none is to come
	LastExit    LastExit
	Disabled    bool // it does not start by itself because somebody said so
	// StaysStopped says that somebody has stopped it and it has keep_stopped.
	StaysStopped bool
	Scaled       Scaled         // of its program; zero: it has numprocs processes
	Reason       process.Reason // of the last start, or of the one that follows a stop

	// StdoutLogfile and StderrLogfile are the names of the files, AUTO ones resolved;
	// empty if there is none.
	StdoutLogfile string
	StderrLogfile string
}

// Scaled is how many processes a program has in place of numprocs.
type Scaled struct {
	Program         string
	Count, NumProcs int
}

// LastExit is how the last child ended, and when; At is zero if there was none.
type LastExit struct {
	process.Exit
	At time.Time
}

// Description returns the text after the state in `status` (fact 153).
func (i *Info) Description(now time.Time) string {
	if i.Waiting != "" {
		return "waiting for " + i.Waiting
	}
	return process.Describe(i.Process, i.State, i.Pid, i.SpawnErr, i.Start, i.Stop, now)
}

// AppendDescription appends the text of Description to dst.
func (i *Info) AppendDescription(dst []byte, now time.Time) []byte {
	if i.Waiting != "" {
		return append(append(dst, "waiting for "...), i.Waiting...)
	}
	return process.AppendDescription(dst, i.Process, i.State, i.Pid, i.SpawnErr, i.Start, i.Stop, now)
}

// ConfigInfo is one process of the configuration that was read last.
type ConfigInfo struct {
	Group   *config.Group
	Process *config.Process
	InUse   bool // a group of that name is active
	// StdoutLogfile and StderrLogfile are as getAllConfigInfo shows them: a path, "auto"
	// or "none" (fact 251).
	StdoutLogfile string
	StderrLogfile string
}

// Changes are the names of groups that a reread found to differ (fact 248).
type Changes struct {
	Added, Changed, Removed []string
}

// Result is the outcome for one process of a request on several. A nil Err is success.
type Result struct {
	Name
	Err  error
	Stop bool // a stop was asked for, of a start or stop
}

// State is the state of the supervisor itself, with upstream's codes (fact 140: codes of
// states).
type State int

// The states of the supervisor.
const (
	Shutdown   State = -1
	Restarting State = 0
	Running    State = 1
)

// String returns the state's name as getState gives it.
func (s State) String() string {
	switch s {
	case Shutdown:
		return "SHUTDOWN"
	case Restarting:
		return "RESTARTING"
	case Running:
		return "RUNNING"
	}
	return "FATAL"
}
