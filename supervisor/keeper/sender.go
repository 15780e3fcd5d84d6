package keeper

import (
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/rescue"
)

// sender sends what is posted, in order. That is done at once, while the other side has
// room; what it has no room for waits for a goroutine, because whoever posts must not wait
// for a process that does not read.
type sender struct {
	wire wire
	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	mu     sync.Mutex
	queue  []outgoing
	broken bool // the other side is gone
}

type outgoing struct {
	message message
	fd      int  // -1: none
	own     bool // it is ours: it is closed when it is sent
	lasts   bool // it is the caller's, and stays open until it is sent
}

func newSender(w wire) *sender {
	s := &sender{wire: w, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go rescue.Run("sending to or from the keeper", s.run)
	return s
}

// post sends o, or leaves that to the goroutine; the caller's descriptor is duplicated then.
// It fails if that can't be.
func (s *sender) post(o outgoing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, o)
	_ = s.wire.raw.Control(func(fd uintptr) { s.flush(int(fd)) })
	if len(s.queue) == 0 || s.broken {
		s.queue = nil
		return nil
	}
	if o.fd >= 0 && !o.lasts {
		last := &s.queue[len(s.queue)-1]
		dup, err := unix.FcntlInt(uintptr(o.fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			s.queue = s.queue[:len(s.queue)-1]
			return err
		}
		last.fd, last.own = dup, true
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// flush sends what the other side has room for, and reports why it has stopped; nil: all is
// sent, or nobody receives any more. The caller holds mu.
func (s *sender) flush(fd int) error {
	for len(s.queue) > 0 && !s.broken {
		o := s.queue[0]
		err := transmit(fd, o.message, o.fd)
		switch err {
		case nil:
		case syscall.EAGAIN, syscall.ETOOMANYREFS:
			return err
		default:
			s.broken = true
		}
		s.shift()
	}
	return nil
}

// shift takes the first message out of the queue. The caller holds mu.
func (s *sender) shift() {
	if o := s.queue[0]; o.own {
		_ = unix.Close(o.fd)
	}
	s.queue = s.queue[1:]
}

// end sends what is posted, and waits for that. It gives up if the connection is closed or
// its deadline has passed.
func (s *sender) end() {
	close(s.stop)
	<-s.done
}

// crowdedEvery is how often it is tried again if the system refuses a descriptor because too
// many are under way between processes.
const crowdedEvery = 5 * time.Millisecond

func (s *sender) run() {
	defer close(s.done)
	defer s.giveUp()
	for {
		var err error
		waited := s.wire.raw.Write(func(fd uintptr) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			err = s.flush(int(fd))
			return err != syscall.EAGAIN
		})
		var again <-chan time.Time
		if waited != nil {
			return
		}
		if err != nil {
			again = time.After(crowdedEvery)
		}
		select {
		case <-s.stop:
			if err == nil {
				return
			}
			<-again
		case <-again:
		case <-s.wake:
		}
	}
}

// giveUp closes what can't be sent.
func (s *sender) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; len(s.queue) > 0; s.shift() {
	}
	s.broken = true
}
