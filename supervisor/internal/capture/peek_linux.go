package capture

import (
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Who has to note something down before it is taken from a pipe looks at it first: tee
// (Linux 2.6.17) copies what is in a pipe into another one, and leaves it there. There is
// one such pipe, as long as anybody looks.
var peeking struct {
	sync.Mutex
	r, w int
	made bool
}

// peek reads what is in a pipe, and leaves it there. The error is EINVAL if fd is no pipe.
func peek(fd int, p []byte) (n int, err error) {
	peeking.Lock()
	defer peeking.Unlock()
	if !peeking.made {
		var ends [2]int
		if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
			return 0, err
		}
		peeking.r, peeking.w, peeking.made = ends[0], ends[1], true
	}
	for {
		m, err := unix.Tee(fd, peeking.w, len(p), unix.SPLICE_F_NONBLOCK)
		if err == unix.EINTR {
			continue
		}
		if err != nil || m == 0 {
			return 0, err
		}
		for n < int(m) {
			got, err := unix.Read(peeking.r, p[n:m])
			if err == unix.EINTR {
				continue
			}
			if err != nil || got == 0 {
				return n, err // there is as much as tee has said
			}
			n += got
		}
		return n, nil
	}
}
