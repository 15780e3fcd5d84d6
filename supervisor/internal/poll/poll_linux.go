package poll

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Poller waits until descriptors are ready: level-triggered epoll, and an eventfd for
// Wake. It needs Linux 2.6.27. Watch, Wake and Forget may be called from any goroutine,
// the other methods from one.
//
// The epoll descriptor is itself watched by the runtime's own poller. So waiting takes no
// thread, and an event is handled on the processor that received it: waking another
// thread costs more than all the rest of a restart.
type Poller struct {
	epoll, event int
	file         *os.File // epoll
	raw          syscall.RawConn
	limited      bool // file has a deadline
	buf          [128]unix.EpollEvent
	n            int // how many of buf are ready
	// made once, because it is called for each piece of output
	look func(uintptr) bool
}

// New returns a Poller that waits for nothing yet.
func New() (*Poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot create an epoll descriptor: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("cannot create an event descriptor: %w", err)
	}
	p := &Poller{epoll: epoll, event: event}
	p.look = func(uintptr) bool {
		n, _ := unix.EpollWait(p.epoll, p.buf[:], 0)
		p.n = max(n, 0)
		return p.n > 0
	}
	_ = unix.SetNonblock(epoll, true) // os.NewFile checks this
	p.file = os.NewFile(uintptr(epoll), "epoll")
	if p.raw, err = p.file.SyscallConn(); err == nil {
		err = p.file.SetReadDeadline(time.Time{}) // fails if the runtime can't watch it
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("cannot watch an epoll descriptor: %w", err)
	}
	if err := p.Watch(event, false); err != nil {
		p.Close()
		return nil, fmt.Errorf("cannot watch an event descriptor: %w", err)
	}
	return p, nil
}

// Watch starts to wait for input (or for room for output) on fd.
func (p *Poller) Watch(fd int, output bool) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if output {
		e.Events = unix.EPOLLOUT
	}
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &e)
}

// Forget ends what Watch began. It must be called before the descriptor is closed.
func (p *Poller) Forget(fd int, _ bool) {
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, fd, nil)
}

// Wait waits until descriptors are ready, Wake is called or timeout (< 0: none) has
// passed, and calls ready for each ready descriptor. ended: it is an empty pipe without a
// writer.
func (p *Poller) Wait(timeout time.Duration, ready func(fd int, ended bool)) {
	if p.limited || timeout >= 0 {
		var deadline time.Time
		if p.limited = timeout >= 0; p.limited {
			deadline = time.Now().Add(timeout)
		}
		_ = p.file.SetReadDeadline(deadline)
	}
	p.n = 0
	_ = p.raw.Read(p.look) // an error means that the time is over
	for _, e := range p.buf[:p.n] {
		if fd := int(e.Fd); fd != p.event {
			ready(fd, e.Events&unix.EPOLLHUP != 0 && e.Events&unix.EPOLLIN == 0)
			continue
		}
		var count [8]byte
		_, _ = unix.Read(p.event, count[:])
	}
}

// Wake has Wait return.
func (p *Poller) Wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.event, one[:]) // EAGAIN: a wake-up is pending anyway
}

// Close releases the Poller.
func (p *Poller) Close() {
	unix.Close(p.event)
	p.file.Close()
}
