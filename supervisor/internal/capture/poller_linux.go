package capture

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// poller waits until descriptors are ready: epoll, level-triggered, and an eventfd to be woken by. Linux 2.6.27 or later.
// wake and forget may be called from any goroutine, all else from one.
//
// The epoll descriptor is itself watched by the runtime's own poller. So waiting takes no thread, and what a descriptor's news set
// off runs on the processor that took the news: to wake another thread costs more than all the rest of a restart.
type poller struct {
	epoll, event int
	file         *os.File // epoll
	raw          syscall.RawConn
	limited      bool // file has a deadline
	buf          [128]unix.EpollEvent
	n            int                // of buf, that are ready
	look         func(uintptr) bool // made once: it is called for each piece of output
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
	p.look = func(uintptr) bool {
		n, _ := unix.EpollWait(p.epoll, p.buf[:], 0)
		p.n = max(n, 0)
		return p.n > 0
	}
	_ = unix.SetNonblock(epoll, true) // for os.NewFile to see
	p.file = os.NewFile(uintptr(epoll), "epoll")
	if p.raw, err = p.file.SyscallConn(); err == nil {
		err = p.file.SetReadDeadline(time.Time{}) // fails where the runtime can't watch it
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("cannot watch an epoll descriptor: %w", err)
	}
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

// wait calls ready for each descriptor that is ready, and tells whether it is an empty pipe that nobody will write to, until
// timeout (below 0: for ever) or a call of wake.
func (p *poller) wait(timeout time.Duration, ready func(fd int, ended bool)) {
	if p.limited || timeout >= 0 {
		var deadline time.Time
		if p.limited = timeout >= 0; p.limited {
			deadline = time.Now().Add(timeout)
		}
		_ = p.file.SetReadDeadline(deadline)
	}
	p.n = 0
	_ = p.raw.Read(p.look) // its error is that time is over
	for _, e := range p.buf[:p.n] {
		if fd := int(e.Fd); fd != p.event {
			ready(fd, e.Events&unix.EPOLLHUP != 0 && e.Events&unix.EPOLLIN == 0)
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
	p.file.Close()
}
