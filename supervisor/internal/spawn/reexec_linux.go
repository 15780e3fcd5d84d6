package spawn

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ownBinary returns the path of the running binary, which works even if its file was
// replaced or deleted.
func ownBinary() (string, error) { return "/proc/self/exe", nil }

// openDescriptors is the directory that lists open descriptors. close_range would be
// faster, but some sandboxes kill a process that calls it.
const openDescriptors = "/proc/self/fd"

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

// programPath returns a path that leads to an open file, whatever became of its name.
func programPath(f *os.File) (string, error) {
	return fmt.Sprintf("/proc/self/fd/%d", f.Fd()), nil
}
