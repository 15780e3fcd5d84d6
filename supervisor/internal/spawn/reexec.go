package spawn

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// The parts of the program's own binary that need a process of their own. They are told apart by the argument list alone, so
// no environment variable has to be kept from the children.
const (
	reexecName = "reeve-spawn"
	shimPart   = "child" // carries a start out step by step and says what fails (shim.go)
)

// ReexecMain returns at once, unless this process is a re-execution of the program by this package; then it plays its part and
// does not return. It must be called first thing in main (and in TestMain).
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

// ignoreSignals ignores what children must find ignored (checklist 123). Go arms its own handlers for these signals at each
// start of a program, even if they were ignored.
func ignoreSignals() { signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ) }

// Reexec replaces the process by a fresh execution of the same binary. It returns only on failure.
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
