package supervisor

import (
	"errors"

	"reeve/config"
)

// The reasons why a request is refused. They are compared with errors.Is; package rpc turns each into its fault.
var (
	ErrNoSuchGroup    = errors.New("no such group")
	ErrNoSuchProcess  = errors.New("no such process")
	ErrAlreadyStarted = errors.New("already started")
	ErrNotRunning     = errors.New("not running")
	// ErrSpawn: the start failed, or the program ended before startsecs while somebody waited.
	ErrSpawn = errors.New("spawn error")
	// ErrAbnormalTermination: while somebody waited for the start, the state became neither STARTING nor RUNNING.
	ErrAbnormalTermination = errors.New("abnormal termination")
	ErrAlreadyAdded        = errors.New("group is already active")
	ErrStillRunning        = errors.New("group has processes that still run")
	// ErrUnknownState: the process is in state UNKNOWN, so nobody can tell what a start would do.
	ErrUnknownState = errors.New("unknown process state")
	// ErrNoFile: the process has no stdin to write to, or no such log.
	ErrNoFile = errors.New("no file")
	// ErrEnding: a shutdown or restart has begun; nothing is started or changed any more.
	ErrEnding = errors.New("supervisor is ending")
	// errOutdated: what a request was prepared for is not so any more; it is prepared
	// again.
	errOutdated = errors.New("changed meanwhile")
	// ErrStopped: the loop has ended; nothing is carried out any more.
	ErrStopped = errors.New("supervisor has ended")
)

// CommandError says that a program's command can't be run; it is found before anything is started (checklist 154, 244).
type CommandError struct {
	Missing bool   // the file does not exist; else it is there and can't be executed
	Reason  string // upstream's spawnerr text
}

func (e *CommandError) Error() string { return e.Reason }

// FailedError says that a request on a process failed for a reason of the system's.
type FailedError struct {
	Text string
}

func (e *FailedError) Error() string { return e.Text }

// NameTakenError says that the group has a process of that name.
type NameTakenError struct {
	Name string
}

func (e *NameTakenError) Error() string {
	return "a process named " + e.Name + " is already in the group"
}

// RereadError wraps the error of a configuration that can't be read; what was in force
// stays in force. Its text is fit for a log, that of Err for who asked.
type RereadError struct {
	Err error
}

func (e *RereadError) Error() string {
	return "cannot reread the configuration: " + config.LogText(e.Err)
}

func (e *RereadError) Unwrap() error { return e.Err }
