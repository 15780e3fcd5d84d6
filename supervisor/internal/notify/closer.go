package notify

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"reeve/supervisor/internal/disk"
)

// mostClosing is how many descriptors may wait to be closed.
const mostClosing = 64

// closer closes descriptors that programs have sent. A pipe is closed at once; the rest
// on package disk, since the close of a file may block.
type closer struct {
	task *disk.Task

	mu  sync.Mutex
	fds []int
}

// closerPlace stands for all these descriptors in package disk, so that they never use up
// the share of any disk.
const closerPlace = "/proc/descriptors-of-programs"

func newCloser() *closer {
	c := &closer{}
	c.task = disk.NewTask(closerPlace, c.turn)
	return c
}

// hasRoom reports whether more descriptors may be received.
func (c *closer) hasRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.fds) < mostClosing
}

// close closes descriptors; -1 is none.
func (c *closer) close(fds ...int) {
	for _, fd := range fds {
		if fd < 0 {
			continue
		}
		if isPipe(fd) {
			syscall.Close(fd)
			continue
		}
		c.mu.Lock()
		c.fds = append(c.fds, fd)
		c.mu.Unlock()
		c.task.Wake()
	}
}

// turn closes one descriptor.
func (c *closer) turn() {
	c.mu.Lock()
	if len(c.fds) == 0 {
		c.mu.Unlock()
		return
	}
	fd := c.fds[0]
	c.fds = c.fds[1:]
	more := len(c.fds) > 0
	c.mu.Unlock()
	syscall.Close(fd)
	if more {
		c.task.Wake()
	}
}

// isPipe reports whether closing fd can't block. The name is the kernel's: no file is
// touched.
func isPipe(fd int) bool {
	name, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return err == nil && strings.HasPrefix(name, "pipe:")
}
