package spawn

import (
	"os"

	"golang.org/x/sys/unix"
)

// MemoryFile makes an anonymous file in memory, close-on-exec.
func MemoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
