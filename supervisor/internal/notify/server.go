package notify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"reeve/supervisor/internal/check"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// Message is what a program said. It is sent on an unbuffered channel to a receiver that
// handles one before it takes the next; so that the sender of a barrier can be told that
// everything before it was handled, a Message without a Run follows it, which says
// nothing.
type Message struct {
	Run    uint64 // as given to Add; one that was removed meanwhile is to be ignored
	Pid    int    // of the process that sent it
	Notice check.Notice
}

// Options are what New needs.
type Options struct {
	// Path is the file to use as the socket; an existing one is replaced. "": an abstract
	// name.
	Path string
	// Socket and Address are those of a Server before, in a daemon that has replaced
	// itself.
	Socket  *os.File
	Address string
	// Log takes a line for the main log. It must not block.
	Log func(level process.Level, text string)
}

// Server receives notifications. Its methods may be called from any goroutine, and none
// of them blocks but New with a Path, which touches the disk.
type Server struct {
	opt     Options
	address string
	socket  *socket
	look    func(pid int) (stat, bool)
	self    int

	messages chan Message
	wake     chan struct{} // the inbox has changed
	closing  chan struct{}
	running  sync.WaitGroup
	closer   *closer
	recent   recent // of receive

	mu      sync.Mutex
	inbox   *inbox
	held    []early
	unsent  []Message // taken, and not delivered before the end
	unknown repeated  // messages from unknown processes
	broken  repeated  // reads that failed
}

// early is a message of a child that is not known yet.
type early struct {
	received
	until time.Time
}

// How many messages of unknown children are held, and for how long. The loop hears of a
// child within milliseconds, unless it is very busy.
const (
	mostEarly = 64
	earlyFor  = 5 * time.Second
)

// New opens the socket and begins to receive. Where the system does not say who sent a
// message the error is errors.ErrUnsupported.
func New(opt Options) (*Server, error) {
	s, address, err := openSocket(opt)
	if err != nil {
		return nil, fmt.Errorf("cannot receive notifications of programs: %w", err)
	}
	return start(opt, s, address), nil
}

func start(opt Options, socket *socket, address string) *Server {
	s := &Server{
		opt: opt, address: address, socket: socket, look: lookProc, self: os.Getpid(),
		messages: make(chan Message), wake: make(chan struct{}, 1), closing: make(chan struct{}),
		closer: newCloser(), inbox: newInbox(),
	}
	s.running.Go(func() { rescue.Keep("the receiver of notifications", s.receive) })
	s.running.Go(func() { rescue.Keep("the delivery of notifications", s.deliver) })
	return s
}

// Address is the value of NOTIFY_SOCKET.
func (s *Server) Address() string { return s.address }

// Messages delivers what programs say.
func (s *Server) Messages() <-chan Message { return s.messages }

// Add makes messages of a child and its descendants count for a run. name is for the log.
func (s *Server) Add(run uint64, pid int, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, sender := time.Now(), s.inbox.add(run, pid, name)
	s.held = slices.DeleteFunc(s.held, func(e early) bool {
		if e.from.child != pid {
			return false
		}
		s.accept(now, sender, e.received)
		return true
	})
}

// Remove ends a run. What it said and the loop has not taken is dropped; a Message on its
// way may still come.
func (s *Server) Remove(run uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closer.close(s.inbox.remove(run)...)
}

// Close ends the Server, and returns what was not delivered, in order. The socket of a
// Path is removed unless keep is set, for a daemon that is about to replace itself: what
// is sent from then on waits in the socket (File) for the next Server.
func (s *Server) Close(keep bool) []Message {
	close(s.closing)
	s.socket.close(keep)
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.unsent
	for _, sender := range s.inbox.queue {
		for _, it := range sender.items {
			rest = append(rest, Message{sender.run, it.pid, it.notice})
			s.closer.close(it.barriers...)
		}
	}
	for _, e := range s.held {
		s.closer.close(e.barrier)
	}
	s.inbox, s.held = newInbox(), nil
	return rest
}

// File returns a duplicate of the socket, for Options.Socket.
func (s *Server) File() (*os.File, error) { return s.socket.file() }

// changed tells deliver to look again. The caller holds mu.
func (s *Server) changed() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// What is read from all programs together.
const (
	readBurst  = 4000
	readPeriod = time.Millisecond
	readRest   = 10 * time.Millisecond // the shortest pause, since each costs a wake-up
)

// receive reads the socket until it is closed.
func (s *Server) receive() {
	pace := limiter{period: readPeriod, burst: readBurst}
	for {
		d, err := s.socket.receive(s.closer.hasRoom())
		now := time.Now()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.failed(now, err)
			s.pause(time.Second)
			continue
		}
		s.handle(now, d)
		pace.take(now)
		if wait := pace.when(now).Sub(now); wait > readRest {
			s.pause(wait)
		}
	}
}

func (s *Server) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
	}
}

func (s *Server) failed(now time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.broken.say(now); n > 0 {
		s.opt.Log(process.Error, "cannot receive notifications of programs: "+err.Error())
	}
}

// deliver passes what was received to the loop.
func (s *Server) deliver() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		sender, it, wait := s.next(time.Now())
		if sender != nil {
			if !s.pass(Message{sender.run, it.pid, it.notice}, it.barriers) {
				return
			}
			continue
		}
		timer.Stop()
		if !wait.IsZero() {
			timer.Reset(time.Until(wait))
		}
		select {
		case <-s.wake:
		case <-timer.C:
		case <-s.closing:
			return
		}
	}
}

// next returns the message to deliver now, or else when there may be one.
func (s *Server) next(now time.Time) (sender *sender, it item, wait time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sender, it, wait = s.inbox.take(now)
	if expiry := s.expire(now); !expiry.IsZero() && (wait.IsZero() || expiry.Before(wait)) {
		wait = expiry
	}
	return sender, it, wait
}

// pass delivers a message; if it ends with barriers, they are closed when the loop has
// handled it. It returns false when the Server is closed.
func (s *Server) pass(m Message, barriers []int) bool {
	defer s.closer.close(barriers...)
	select {
	case s.messages <- m:
	case <-s.closing:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unsent = append(s.unsent, m)
		return false
	}
	if len(barriers) == 0 {
		return true
	}
	select {
	case s.messages <- Message{}:
		return true
	case <-s.closing:
		return false
	}
}
