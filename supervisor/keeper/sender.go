package keeper

import (
	"sync"

	"golang.org/x/sys/unix"

	"reeve/supervisor/rescue"
)

// sender sends what is posted, in order, on a goroutine of its own: whoever posts must not
// wait for a process that does not read.
type sender struct {
	wire wire
	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex
	queue []outgoing
}

type outgoing struct {
	message message
	fd      int  // -1: none
	close   bool // it when it is sent
}

func newSender(w wire) *sender {
	s := &sender{wire: w, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go rescue.Run("sending to or from the keeper", s.run)
	return s
}

func (s *sender) post(all ...outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, all...)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *sender) take() []outgoing {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.queue
	s.queue = nil
	return all
}

// end sends what is posted, and waits for that. It fails at once if the connection is
// closed or its deadline has passed.
func (s *sender) end() {
	close(s.stop)
	<-s.done
}

func (s *sender) run() {
	defer close(s.done)
	broken := false
	for last := false; ; {
		for _, o := range s.take() {
			if !broken {
				broken = s.wire.send(o.message, o.fd) != nil
			}
			if o.close && o.fd >= 0 {
				_ = unix.Close(o.fd)
			}
		}
		if last {
			return
		}
		select {
		case <-s.wake:
		case <-s.stop:
			last = true
		}
	}
}
