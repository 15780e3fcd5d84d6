package supervisor

import (
	"context"
	"os"
	"time"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/internal/standin"
)

// What a daemon's main needs of packages that only this package may use.

// ReexecMain returns at once, unless this process is a re-execution of the program to
// play a part in a start, or to stand in for a listener; then it plays that part and does
// not return. It must be the first call in main.
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
// get what the daemon's parent left open. It returns those that were not marked.
func CloseInherited() (inherited []int, err error) { return spawn.CloseInherited() }

// PrepareThreads makes all threads that the daemon will need, so that a limit of
// processes that is reached later does not matter. It must be called once, before
// anything else that may block.
func PrepareThreads() { disk.Prepare() }

// HoldSignals has the signals that may be sent to a daemon wait, as far as the system can,
// until release or for the program that Replace executes, which must call SignalsWereHeld.
func HoldSignals() (release func()) { return spawn.HoldSignals() }

// Replace executes another program in this process; nil: this one again. It returns only
// on failure.
func Replace(program *os.File, argv, environ []string) error {
	return spawn.Replace(program, argv, environ)
}

// SignalsWereHeld says that this program was executed by Replace. It must be called before
// anything is started.
func SignalsWereHeld() { spawn.SignalsWereHeld() }

// Monotonic reads a clock that goes on across Replace.
func Monotonic() time.Duration { return spawn.Monotonic() }

// DiskRests waits until nothing is done on a disk; the error names a device that hangs.
// Replace must not be called while one does.
func DiskRests(ctx context.Context) error { return disk.Rest(ctx) }

// ReadAll reads a file from its beginning; its descriptor stays open.
func ReadAll(fd int) ([]byte, error) { return spawn.ReadAll(fd) }

// ChildLimit is the limit of open descriptors of children: plain data.
type ChildLimit = spawn.Rlimit

// LimitOfChildren returns the limit that RaiseLimits has found.
func LimitOfChildren() ChildLimit { return spawn.LimitOfChildren() }

// LimitChildren restores it, in a program that follows in the same process: there it can't
// be found any more.
func LimitChildren(l ChildLimit) { spawn.LimitChildren(l) }

// OpenProgram opens a file that Replace is to execute. It gives up with ctx, whatever the
// disk does.
func OpenProgram(ctx context.Context, path string) (*os.File, error) {
	return disk.Get(ctx, path, func() (*os.File, error) { return spawn.OpenProgram(path) })
}
