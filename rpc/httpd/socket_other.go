//go:build !linux

package httpd

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unixSocket makes a stream socket that no child inherits.
func unixSocket() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}
