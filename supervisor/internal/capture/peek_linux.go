package capture

import (
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Who has to do something before data is taken from a pipe looks at it first: tee (Linux
// 2.6.17) copies what is in a pipe into another one, and leaves it there. spares has some
// such pipes, which are empty, from the first time on that anybody looks; more are made for
// a moment.
var (
	spares     = make(chan [2]int, 4)
	makeSpares = sync.OnceFunc(func() {
		for range cap(spares) {
			if ends, err := peekPipe(); err == nil {
				spares <- ends
			}
		}
	})
)

func peekPipe() (ends [2]int, err error) {
	err = syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK)
	return ends, err
}

// peek reads what is in a pipe, at most 64 KiB, and leaves it there. The error is EINVAL if
// fd is no pipe.
func peek(fd int, p []byte) (n int, err error) {
	makeSpares()
	var ends [2]int
	select {
	case ends = <-spares:
	default:
		if ends, err = peekPipe(); err != nil {
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
