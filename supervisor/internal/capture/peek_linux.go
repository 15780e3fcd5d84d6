package capture

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Who has to do something before data is taken from a pipe looks at it first: tee (Linux
// 2.6.17) copies what is in a pipe into another one, and leaves it there. spares has such
// pipes, which are empty: as many as were in use at a time.
var spares = make(chan [2]int, 20)

// peek reads what is in a pipe, at most 64 KiB, and leaves it there. The error is EINVAL if
// fd is no pipe.
func peek(fd int, p []byte) (n int, err error) {
	var ends [2]int
	select {
	case ends = <-spares:
	default:
		if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
			return 0, err
		}
	}
	n, err = peekThrough(ends, fd, p)
	if err == nil || err == unix.EAGAIN || err == unix.EINVAL {
		select {
		case spares <- ends:
			return n, err
		default:
		}
	}
	_ = syscall.Close(ends[0])
	_ = syscall.Close(ends[1])
	return n, err
}

func peekThrough(ends [2]int, fd int, p []byte) (n int, err error) {
	var m int64
	for again := true; again; again = err == unix.EINTR {
		m, err = unix.Tee(fd, ends[1], len(p), unix.SPLICE_F_NONBLOCK)
	}
	if err != nil {
		return 0, err
	}
	for n < int(m) {
		got, err := read(ends[0], p[n:m])
		if err != nil || got == 0 {
			return 0, unix.EIO // there is as much as tee has said
		}
		n += got
	}
	return n, nil
}
