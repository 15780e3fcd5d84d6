package supervisor

import (
	"errors"

	"reeve/config"
)

// The reasons why a request is refused. They are compared with errors.Is; package rpc
// turns each into its fault.
var (
	ErrNoSuchGroup    = errors.New("no such group")
	ErrNoSuchProcess  = errors.New("no such process")
	ErrAlreadyStarted = errors.New("already started")
	ErrNotRunning     = errors.New("not running")
	// ErrSpawn: the start failed, or the program ended before startsecs while a caller
	// waited.
	ErrSpawn = errors.New("spawn error")
	// ErrAbnormalTermination: while a caller waited for the start, the state became
	// neither STARTING nor RUNNING.
	ErrAbnormalTermination = errors.New("abnormal termination")
	ErrAlreadyAdded        = errors.New("group is already active")
	ErrStillRunning        = errors.New("group has processes that still run")
	// ErrUnknownState: the process is in state UNKNOWN, so it is not known what a start
	// would do.
	ErrUnknownState = errors.New("unknown process state")
	// ErrNoFile: the process has no stdin to write to, or no such log.
	ErrNoFile = errors.New("no file")
	// ErrNoSuchRoll: there is no roll of that number, or it has ended long ago.
	ErrNoSuchRoll = errors.New("no such roll")
	// ErrEnding: a shutdown or restart has begun; nothing is started or changed any more.
	ErrEnding = errors.New("supervisor is ending")
	// errOutdated: what a request was prepared for has changed; it is prepared again.
	errOutdated = errors.New("changed meanwhile")
	// errChangedInRoll: what is left of a configuration at the end of a roll would start
	// processes again.
	errChangedInRoll = &FailedError{"the configuration has changed since the roll began; update again"}
	// ErrStopped: the loop has ended; nothing is carried out any more.
	ErrStopped = errors.New("supervisor has ended")
)

// CommandError says that a program's command can't be run; it is found before anything is
// started (facts 154 and 244: texts of spawnerr, order of checks).
type CommandError struct {
	Missing bool   // the file does not exist; else it exists and can't be executed
	Reason  string // upstream's spawnerr text
}

func (e *CommandError) Error() string { return e.Reason }

// FailedError says that a request on a process failed for a reason that came from the
// system.
type FailedError struct {
	Text string
}

func (e *FailedError) Error() string { return e.Text }

// DependencyError says that a process can't be started because of what it needs. It is an
// ErrSpawn.
type DependencyError struct {
	Reason string // "needs db (FATAL)"
}

func (e *DependencyError) Error() string { return e.Reason }

func (e *DependencyError) Unwrap() error { return ErrSpawn }

// UnknownNameError says which of several names there is nothing of.
type UnknownNameError struct {
	Index int   // of the name
	Err   error // ErrNoSuchGroup or ErrNoSuchProcess
}

func (e *UnknownNameError) Error() string { return e.Err.Error() }

func (e *UnknownNameError) Unwrap() error { return e.Err }

// NameTakenError says that the group already has a process of that name.
type NameTakenError struct {
	Name string
}

func (e *NameTakenError) Error() string {
	return "a process named " + e.Name + " is already in the group"
}

// RereadError wraps the error of a configuration that can't be read; the one in force
// stays. Its text is fit for a log, that of Err for the client that asked.
type RereadError struct {
	Err error
}

func (e *RereadError) Error() string {
	return "cannot reread the configuration: " + config.LogText(e.Err)
}

func (e *RereadError) Unwrap() error { return e.Err }
