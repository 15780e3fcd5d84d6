package spawn

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// The parts of the program's own binary that need their own process. They are selected by
// the argument list alone, so there is no environment variable to hide from children.
const (
	reexecName = "reeve-spawn"
	// carries out a start step by step and reports what fails (shim.go)
	shimPart = "child"
)

// ReexecMain returns at once, unless this package re-executed the program in this
// process; then it plays its part and does not return. It must be called first in main
// (and in TestMain).
func ReexecMain() {
	if len(os.Args) != 2 || os.Args[0] != reexecName && os.Args[0] != starterName {
		return
	}
	ignoreSignals()
	if os.Args[0] == starterName {
		starterMain(os.Args[1])
	}
	if os.Args[1] == shimPart {
		shimMain()
	}
	fmt.Fprintln(os.Stderr, "supervisor: unknown part "+os.Args[1])
	os.Exit(2)
}

// ignoreSignals ignores the signals that children must find ignored (fact 123: PIPE and
// XFSZ). At each start of a program Go installs its own handlers for them, even if they
// were ignored.
func ignoreSignals() { signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ) }

// Reexec replaces the process by a new execution of the same binary. It returns only on
// failure.
func Reexec(argv, env []string) error {
	file, err := ownBinary()
	if err != nil {
		return err
	}
	if err := syscall.Exec(file, argv, env); err != nil {
		return fmt.Errorf("cannot execute %s again: %w", file, err)
	}
	return nil
}
