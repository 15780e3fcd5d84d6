package spawn

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// CloseInherited marks all descriptors from 3 on close-on-exec, so that children don't
// inherit what the daemon's parent left open. It is called once, at start, and returns
// those that were not marked.
func CloseInherited() (inherited []int, err error) { return closeInherited(openDescriptors) }

// closeInherited marks the descriptors that the directory dir lists as open; if it can't
// be listed, the first 65,536. It returns those that were not marked.
func closeInherited(dir string) (inherited []int, err error) {
	mark := func(fd int) {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if fd > 2 && err == nil && flags&unix.FD_CLOEXEC == 0 {
			inherited = append(inherited, fd)
			syscall.CloseOnExec(fd)
		}
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		for fd := range 1 << 16 {
			mark(fd)
		}
		return inherited, fmt.Errorf("cannot list open descriptors: %w", err)
	}
	for _, name := range names {
		if fd, err := strconv.Atoi(name.Name()); err == nil {
			mark(fd)
		}
	}
	return inherited, nil
}

// temporaryFile makes an unnamed file that holds data.
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

// maxPlan bounds the size of a plan in bytes; the kernel's limit for arguments and
// environment is far below.
const maxPlan = 64 << 20

// readData reads a file that dataFile made.
func readData(fd int) ([]byte, error) {
	f := os.NewFile(uintptr(fd), reexecName)
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, 0, maxPlan))
}
