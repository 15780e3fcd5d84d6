//go:build darwin || freebsd

package capture

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// poller waits until descriptors are ready: level-triggered kqueue, and an EVFILT_USER
// for wake (FreeBSD 8.1, macOS 10.6 or later). wake and forget may be called from any
// goroutine, the other methods from one.
type poller struct {
	queue int
	buf   [128]unix.Kevent_t
}

func newPoller() (*poller, error) {
	queue, err := unix.Kqueue()
	if err != nil {
		return nil, fmt.Errorf("cannot create a kqueue: %w", err)
	}
	unix.CloseOnExec(queue)
	p := &poller{queue: queue}
	if err := p.change(0, unix.EVFILT_USER, unix.EV_ADD|unix.EV_CLEAR, 0); err != nil {
		p.close()
		return nil, fmt.Errorf("cannot watch a user event: %w", err)
	}
	return p, nil
}

func (p *poller) change(fd, filter, flags int, fflags uint32) error {
	var e unix.Kevent_t
	unix.SetKevent(&e, fd, filter, flags)
	e.Fflags = fflags
	_, err := unix.Kevent(p.queue, []unix.Kevent_t{e}, nil, nil)
	return err
}

func filter(output bool) int {
	if output {
		return unix.EVFILT_WRITE
	}
	return unix.EVFILT_READ
}

// watch starts to wait for input (or for room for output) on fd.
func (p *poller) watch(fd int, output bool) error {
	return p.change(fd, filter(output), unix.EV_ADD, 0)
}

// forget ends what watch began. It must be called before the descriptor is closed.
func (p *poller) forget(fd int, output bool) { _ = p.change(fd, filter(output), unix.EV_DELETE, 0) }

// wait waits until descriptors are ready, wake is called or timeout (< 0: none) has
// passed, and calls ready for each ready descriptor. ended: it is an empty pipe without a
// writer.
func (p *poller) wait(timeout time.Duration, ready func(fd int, ended bool)) {
	var limit *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(int64(timeout))
		limit = &t
	}
	n, err := unix.Kevent(p.queue, nil, p.buf[:], limit)
	if err != nil {
		return // EINTR
	}
	for i := range p.buf[:n] {
		if e := &p.buf[i]; e.Filter != unix.EVFILT_USER {
			ready(int(e.Ident), e.Filter == unix.EVFILT_READ && e.Flags&unix.EV_EOF != 0 && e.Data == 0)
		}
	}
}

func (p *poller) wake() { _ = p.change(0, unix.EVFILT_USER, 0, unix.NOTE_TRIGGER) }

func (p *poller) close() { unix.Close(p.queue) }
