//go:build !linux

package spawn

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe makes a close-on-exec pipe.
func pipe(r, w *int) error {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := syscall.Pipe(p[:]); err != nil {
		return err
	}
	syscall.CloseOnExec(p[0])
	syscall.CloseOnExec(p[1])
	*r, *w = p[0], p[1]
	return nil
}

// streamSocket makes a blocking, close-on-exec stream socket.
func streamSocket(domain int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(domain, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	return fd, err
}

// moveFD gives a descriptor another number, at which it is inherited.
func moveFD(from, to int) error {
	if from == to {
		return nil
	}
	if err := unix.Dup2(from, to); err != nil {
		return err
	}
	return unix.Close(from)
}
