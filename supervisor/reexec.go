package supervisor

import (
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
)

// What a daemon's main needs of packages that only this package may use.

// ReexecMain returns at once, unless this process is a re-execution of the program to play a part in a start; then it plays it
// and does not return. It must be called first thing in main.
func ReexecMain() { spawn.ReexecMain() }

// Reexec replaces the process by a fresh execution of the same binary. It returns only on failure.
func Reexec(argv, environ []string) error { return spawn.Reexec(argv, environ) }

// RaiseLimits raises the limits of open descriptors and of processes (checklist 110). infos are for the main log. It is
// called before anything is started. The error's text is upstream's.
func RaiseLimits(minfds, minprocs int) (infos []string, err error) {
	return spawn.RaiseLimits(minfds, minprocs)
}

// CloseInherited marks all descriptors from 3 on close-on-exec, so that children don't get what the daemon's parent left open.
func CloseInherited() error { return spawn.CloseInherited() }

// PrepareThreads makes all threads that the daemon will need, so that a limit of processes reached later does not matter. It is
// called once, before anything else that may block.
func PrepareThreads() { disk.Prepare() }
