package supervisor

import (
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/internal/standin"
)

// What a daemon's main needs of packages that only this package may use.

// ReexecMain returns at once, unless this process is a re-execution of the program to
// play a part in a start or the stand-in of a listener; then it plays that part and does not return. It must be the
// first call in main.
func ReexecMain() {
	spawn.ReexecMain()
	standin.Main()
}

// Reexec replaces the process by a fresh execution of the same binary. It returns only on
// failure.
func Reexec(argv, environ []string) error { return spawn.Reexec(argv, environ) }

// RaiseLimits raises the limits of open descriptors and of processes (fact 110). infos
// are lines for the main log; the error's text is upstream's. It must be called before
// anything is started.
func RaiseLimits(minfds, minprocs int) (infos []string, err error) {
	return spawn.RaiseLimits(minfds, minprocs)
}

// CloseInherited marks all descriptors from 3 on close-on-exec, so that children don't
// get what the daemon's parent left open.
func CloseInherited() error { return spawn.CloseInherited() }

// PrepareThreads makes all threads that the daemon will need, so that a limit of
// processes that is reached later does not matter. It must be called once, before
// anything else that may block.
func PrepareThreads() { disk.Prepare() }
