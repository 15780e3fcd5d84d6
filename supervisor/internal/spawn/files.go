package spawn

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
)

// CloseInherited marks all descriptors from 3 on close-on-exec, so that children don't
// get what the daemon's parent left open. It is called once at start.
func CloseInherited() error { return closeInherited(openDescriptors) }

// closeInherited marks what the directory dir lists as open, or else as many numbers as
// anybody uses.
func closeInherited(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		for fd := range 1 << 16 {
			if fd > 2 {
				syscall.CloseOnExec(fd)
			}
		}
		return fmt.Errorf("cannot list open descriptors: %w", err)
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
	return nil
}

// temporaryFile makes a file without a name that holds data.
func temporaryFile(data []byte) (*os.File, error) {
	f, err := os.CreateTemp("", reexecName)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return fill(f, data)
}

func fill(f *os.File, data []byte) (*os.File, error) {
	if _, err := f.WriteAt(data, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// maxPlan bounds what a plan may take; the kernel's limit for arguments and environment
// is far below.
const maxPlan = 64 << 20

// readData reads a file that dataFile made.
func readData(fd int) ([]byte, error) {
	f := os.NewFile(uintptr(fd), reexecName)
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, 0, maxPlan))
}
