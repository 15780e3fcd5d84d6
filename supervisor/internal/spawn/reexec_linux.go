package spawn

import (
	"os"

	"golang.org/x/sys/unix"
)

// ownBinary is the running binary, even if its file was replaced or deleted since.
func ownBinary() (string, error) { return "/proc/self/exe", nil }

// CloseInherited marks all descriptors from 3 on close-on-exec, so that children don't get what the daemon's parent left open.
// It is called once at start. close_range needs Linux 5.9 (CLOSE_RANGE_CLOEXEC 5.11); before, /proc is asked.
func CloseInherited() error {
	if unix.CloseRange(3, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	return closeInherited("/proc/self/fd")
}

// dataFile makes an anonymous file that holds data.
func dataFile(data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(reexecName, unix.MFD_CLOEXEC)
	if err == unix.ENOSYS || err == unix.EPERM {
		return temporaryFile(data)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return fill(os.NewFile(uintptr(fd), reexecName), data)
}
