package spawn

import (
	"os"

	"golang.org/x/sys/unix"
)

// Unread reports whether a pipe holds data, by a descriptor of either end.
func Unread(fd int) bool {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ) // FIONREAD
	return err == nil && n > 0
}

// MemoryFile makes an anonymous file in memory, close-on-exec.
func MemoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
