package capture

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// poller waits until descriptors are ready: epoll, level-triggered, and an eventfd to be woken by. Linux 2.6.27 or later.
// wake may be called from any goroutine, all else from one.
type poller struct {
	epoll, event int
	buf          [128]unix.EpollEvent
}

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot create an epoll descriptor: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("cannot create an event descriptor: %w", err)
	}
	p := &poller{epoll: epoll, event: event}
	if err := p.watch(event, false); err != nil {
		p.close()
		return nil, fmt.Errorf("cannot watch an event descriptor: %w", err)
	}
	return p, nil
}

// watch begins to look for input (or for room for output) on fd.
func (p *poller) watch(fd int, output bool) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if output {
		e.Events = unix.EPOLLOUT
	}
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &e)
}

// forget ends that. It must come before the descriptor is closed.
func (p *poller) forget(fd int, _ bool) {
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, fd, nil)
}

// wait calls ready for each descriptor that is ready, until timeout (below 0: for ever) or a call of wake.
func (p *poller) wait(timeout time.Duration, ready func(fd int)) {
	ms := -1
	if timeout >= 0 {
		ms = int((timeout + time.Millisecond - 1) / time.Millisecond)
	}
	n, err := unix.EpollWait(p.epoll, p.buf[:], ms)
	if err != nil {
		return // EINTR
	}
	for _, e := range p.buf[:n] {
		if fd := int(e.Fd); fd != p.event {
			ready(fd)
			continue
		}
		var count [8]byte
		_, _ = unix.Read(p.event, count[:])
	}
}

func (p *poller) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.event, one[:]) // EAGAIN: it has been woken very often already
}

func (p *poller) close() {
	unix.Close(p.event)
	unix.Close(p.epoll)
}
