//go:build linux && (amd64 || arm64)

package spawn

import (
	"sync"

	"golang.org/x/sys/unix"
)

// slots are low descriptor numbers, some for each start under way, to which what the child gets is moved for the fork. The child
// takes over no number above them, so a fork costs the same however many descriptors the daemon has. syscall.ForkExec copies all
// of them, and its exec closes the copies: with 500 that takes a third as long as all the rest of a start, with 5,000 three times as long.
type slots struct {
	mu     sync.Mutex
	null   int             // what they hold while nobody has them
	free   [][maxFiles]int // each ascending
	probed bool            // off is known
	off    bool            // starts go the other way
	closed bool            // what is given back is closed
}

// maxFiles is how many descriptors a child gets at most: 0, 1, 2 and the shim's plan.
const maxFiles = planFD + 1

// slotSets is how many starts may have slots at once: one of each starter, and one that hangs.
const slotSets = 3

// openSlots takes the lowest numbers that are free now.
func openSlots() *slots {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return &slots{null: -1, probed: true, off: true}
	}
	n := &slots{null: null}
	next := maxFiles
	for range slotSets {
		var set [maxFiles]int
		for i := range set {
			if set[i], err = unix.FcntlInt(uintptr(null), unix.F_DUPFD_CLOEXEC, next); err != nil {
				closeAll(set[:i])
				return n
			}
			next = set[i] + 1
		}
		n.free = append(n.free, set)
	}
	return n
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// close closes all but what a start that hangs has; that is closed when it comes back.
func (n *slots) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for _, set := range n.free {
		closeAll(set[:])
	}
	n.free = nil
	unix.Close(n.null)
}

func (n *slots) take() (set [maxFiles]int, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.probed {
		n.probed, n.off = true, !childrenCanDoWithout(n.null, true)
	}
	last := len(n.free) - 1
	if last < 0 || n.off {
		return set, false
	}
	set = n.free[last]
	n.free = n.free[:last]
	return set, true
}

func (n *slots) give(set [maxFiles]int, used int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		closeAll(set[:])
		return
	}
	for _, slot := range set[:used] {
		_ = unix.Dup3(n.null, slot, unix.O_CLOEXEC)
	}
	n.free = append(n.free, set)
}

// forkExec does for p what syscall.ForkExec does: files are the child's descriptors from 0 on, it leads a process group, and an
// error says that there is no child. errNoSlots: it can't be done this way here, or not now.
func (n *slots) forkExec(p *plan, files []int) (pid int, err error) {
	c, err := newImage(p)
	if err != nil {
		return 0, err
	}
	set, ok := n.take()
	if !ok {
		return 0, errNoSlots
	}
	defer n.give(set, len(files))
	for i, fd := range files {
		if err := unix.Dup3(fd, set[i], unix.O_CLOEXEC); err != nil {
			return 0, err
		}
	}
	c.ends, c.beyond = set[:len(files)], uintptr(set[maxFiles-1]+1)
	return c.vfork()
}
