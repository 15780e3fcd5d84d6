package spawn

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Replace executes a program in this process; nil: our own again. It returns only on
// failure.
func Replace(program *os.File, argv, env []string) error {
	if program == nil {
		return Reexec(argv, env)
	}
	path, err := programPath(program)
	if err != nil {
		return err
	}
	if err := syscall.Exec(path, argv, env); err != nil {
		return fmt.Errorf("cannot execute %s: %w", program.Name(), err)
	}
	return errors.ErrUnsupported // not reached
}

// Duplicate returns another descriptor of a file, close-on-exec, for what is handed over.
func Duplicate(f *os.File) (int, error) { return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3) }

// Monotonic reads CLOCK_MONOTONIC, which goes on across an execve.
func Monotonic() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return time.Duration(t.Nano())
}

// ReadAll reads a file from its beginning; its descriptor stays open.
func ReadAll(fd int) ([]byte, error) {
	var text []byte
	for {
		piece := make([]byte, 1<<20)
		n, err := syscall.Pread(fd, piece, int64(len(text)))
		if err != nil || n <= 0 {
			return text, err
		}
		text = append(text, piece[:n]...)
	}
}
