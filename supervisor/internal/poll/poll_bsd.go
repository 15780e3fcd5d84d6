//go:build darwin || freebsd

package poll

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Poller waits until descriptors are ready: level-triggered kqueue, and an EVFILT_USER
// for Wake (FreeBSD 8.1, macOS 10.6 or later). Watch, Wake and Forget may be called from
// any goroutine, the other methods from one.
type Poller struct {
	queue int
	buf   [128]unix.Kevent_t
}

// New returns a Poller that waits for nothing yet.
func New() (*Poller, error) {
	queue, err := unix.Kqueue()
	if err != nil {
		return nil, fmt.Errorf("cannot create a kqueue: %w", err)
	}
	unix.CloseOnExec(queue)
	p := &Poller{queue: queue}
	if err := p.change(0, unix.EVFILT_USER, unix.EV_ADD|unix.EV_CLEAR, 0); err != nil {
		p.Close()
		return nil, fmt.Errorf("cannot watch a user event: %w", err)
	}
	return p, nil
}

func (p *Poller) change(fd, filter, flags int, fflags uint32) error {
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

// Watch starts to wait for input (or for room for output) on fd.
func (p *Poller) Watch(fd int, output bool) error {
	return p.change(fd, filter(output), unix.EV_ADD, 0)
}

// Forget ends what Watch began. It must be called before the descriptor is closed.
func (p *Poller) Forget(fd int, output bool) { _ = p.change(fd, filter(output), unix.EV_DELETE, 0) }

// Wait waits until descriptors are ready, Wake is called or timeout (< 0: none) has
// passed, and calls ready for each ready descriptor. ended: it is an empty pipe without a
// writer.
func (p *Poller) Wait(timeout time.Duration, ready func(fd int, ended bool)) {
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

// Wake has Wait return.
func (p *Poller) Wake() { _ = p.change(0, unix.EVFILT_USER, 0, unix.NOTE_TRIGGER) }

// Close releases the Poller.
func (p *Poller) Close() { unix.Close(p.queue) }
