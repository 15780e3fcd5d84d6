package spawn

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe makes a close-on-exec pipe.
func pipe(r, w *int) error {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	*r, *w = p[0], p[1]
	return nil
}

// streamSocket makes a blocking, close-on-exec stream socket.
func streamSocket(domain int) (int, error) {
	return unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// moveFD gives a descriptor another number, at which it is inherited.
func moveFD(from, to int) error {
	if from == to {
		return nil
	}
	if err := unix.Dup3(from, to, 0); err != nil {
		return err
	}
	return unix.Close(from)
}
