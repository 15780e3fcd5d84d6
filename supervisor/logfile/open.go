package logfile

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"reeve/supervisor/safefile"
)

// openAppend opens path for appending. Special files need care: a FIFO without a reader
// must not block the caller, and the name of an inherited descriptor must work where open
// fails (a socket; another user's pipe).
func openAppend(path string) (*os.File, error) {
	if fd, ok := inherited(path); ok && isRegular(fd) {
		// `supervisord -n >out` in a script: a second open file would have its own
		// position, and the script's next line would overwrite ours.
		return dup(fd, path)
	}
	// O_NONBLOCK applies only to the new open file description; descriptors 0-2 are
	// shared with others and stay unchanged.
	const flags = os.O_WRONLY | os.O_APPEND | os.O_CREATE | syscall.O_NONBLOCK | syscall.O_NOCTTY
	fd, err := safefile.Open(path, flags, 0o666)
	if err == nil {
		return blocking(fd, path), nil
	}
	if fd, ok := inherited(path); ok {
		if f, dupErr := dup(fd, path); dupErr == nil {
			return f, nil
		}
		return nil, err
	}
	if info, statErr := os.Stat(path); errors.Is(err, syscall.ENXIO) && statErr == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		// opened for reading and writing, it takes data until a reader comes
		return safefile.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	}
	return nil, err
}

// blocking makes a File of a descriptor that was opened with O_NONBLOCK. For a regular
// file the flag is cleared: a write that waits for a disk takes a thread in any case, even
// where the file system answers epoll (FUSE does).
func blocking(fd int, path string) *os.File {
	if isRegular(fd) {
		_ = unix.SetNonblock(fd, false)
	}
	return os.NewFile(uintptr(fd), path)
}

// special reports whether a name stands for a device or descriptor, whatever is behind it
// now: to rename or remove it would be wrong even if it is a regular file.
func special(path string) bool {
	return strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/") || strings.HasPrefix(path, "/proc/")
}

// inherited returns the descriptor that a path names, such as /dev/stdout.
func inherited(path string) (fd int, ok bool) {
	switch path {
	case "/dev/stdin":
		return 0, true
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if number, found := strings.CutPrefix(path, dir); found {
			fd, err := strconv.Atoi(number)
			return fd, err == nil && fd >= 0
		}
	}
	return 0, false
}

func isRegular(fd int) bool {
	var st syscall.Stat_t
	return syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG
}

// dup duplicates a descriptor. A blocking one stays blocking: os.NewFile checks this and
// does not change it.
func dup(fd int, path string) (*os.File, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "dup", Path: path, Err: err}
	}
	return os.NewFile(uintptr(n), path), nil
}
