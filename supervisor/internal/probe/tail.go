package probe

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// kept is how much of the end of what a command prints is kept.
const kept = 4 << 10

// tail is the end of what was read.
type tail struct{ data []byte }

func (t *tail) add(data []byte) {
	t.data = append(t.data, data...)
	if extra := len(t.data) - 2*kept; extra > 0 {
		t.data = append(t.data[:0], t.bytes()...)
	}
}

func (t *tail) bytes() []byte { return t.data[max(len(t.data)-kept, 0):] }

// read reads a pipe to its end, or until stop.
func (t *tail) read(f *os.File) {
	buf := make([]byte, kept)
	for {
		n, err := f.Read(buf)
		t.add(buf[:n])
		if err != nil {
			return
		}
	}
}

// stop makes a read of the pipe end.
func stop(f *os.File) { _ = f.SetReadDeadline(time.Unix(1, 0)) }

// mostRest bounds what rest reads: a pipe holds no more, unless somebody goes on writing.
const mostRest = 1 << 20

// rest reads what is in a pipe, without waiting.
func (t *tail) rest(f *os.File) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	buf := make([]byte, kept)
	_ = raw.Control(func(fd uintptr) {
		for total := 0; total < mostRest; {
			n, err := syscall.Read(int(fd), buf)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if n <= 0 {
				return
			}
			t.add(buf[:n])
			total += n
		}
	})
}
