package launch

import (
	"fmt"
	"os"
	"sync"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// FastCGI (facts 76 and 167: fcgi-programs in groups, life of their sockets): the
// processes of one fcgi-program share a listening socket as descriptor 0. It is opened
// when the first of them is about to start and closed when the last one is gone. It
// belongs to the section, not to a group: groups that list the same program share it.

// SocketKey returns the key of a process's socket; empty: it has none.
func SocketKey(p *config.Process) string {
	if p.FastCGI == nil {
		return ""
	}
	return p.Program + " " + p.FastCGI.URL
}

// sharedSocket is a socket and the number of its holders. A child holds it from the
// request to start until the child is reaped, or until the start has failed or was given
// up; a group that is being added holds it while the socket is tried.
type sharedSocket struct {
	holders int
	open    func() (*os.File, error) // may block
	once    sync.Once

	mu     sync.Mutex // not held while open runs
	file   *os.File
	err    error
	closed bool
}

// get opens the socket if no start did so before. Starts call it, on their own
// goroutines.
func (s *sharedSocket) get() (*os.File, error) {
	s.once.Do(func() {
		if _, err := s.result(); err == nil {
			s.opened(s.open())
		}
	})
	return s.result()
}

func (s *sharedSocket) result() (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file, s.err
}

func (s *sharedSocket) opened(f *os.File, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.file, s.err = f, err
	} else if err == nil {
		f.Close()
	}
}

// close is called when nobody holds the socket; a start that was given up may still be
// about to open it. It reports whether there was something to close. A socket that no
// start came to open counts, because upstream opens it before it looks at the command.
func (s *sharedSocket) close() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	had := s.err == nil
	if s.file != nil {
		s.file.Close()
	}
	s.file, s.err, s.closed = nil, os.ErrClosed, true
	return had
}

// hold makes a process a holder of its socket; a start then gets the socket from give.
func (l *Launcher) hold(p *config.Process) *sharedSocket {
	key := SocketKey(p)
	if key == "" {
		return nil
	}
	s := l.sockets[key]
	if s == nil {
		l.opt.Log(process.Info, "Creating socket "+p.FastCGI.URL)
		open, spec, opened := l.opt.OpenSocket, socketSpec(p.FastCGI), l.opt.Opened
		s = &sharedSocket{open: func() (f *os.File, err error) {
			if busy := disk.Do(socketPlace(spec), func() { f, err = open(spec) }); busy != nil {
				return nil, busy
			}
			if err == nil && opened != nil {
				opened(key, f)
			}
			return f, err
		}}
		l.sockets[key] = s
	}
	s.holders++
	return s
}

// socketPlace stands for what a socket may wait for in package disk: its folder, or the
// look-up of its host, which must not hold up anybody's logs.
func socketPlace(spec spawn.SocketSpec) string {
	if spec.Network == "tcp" {
		return "/proc/hosts"
	}
	return spec.Address
}

// letGo ends what hold began.
func (l *Launcher) letGo(p *config.Process) {
	key := SocketKey(p)
	if key == "" {
		return
	}
	s := l.sockets[key]
	if s.holders--; s.holders > 0 {
		return
	}
	delete(l.sockets, key)
	if s.close() {
		l.opt.Log(process.Info, "Closing socket "+p.FastCGI.URL)
	}
}

// give returns a function that makes the socket descriptor 0 of a start and then calls
// before. It runs on the starter's goroutine; if the socket can't be opened the start
// fails.
func (s *sharedSocket) give(spec *spawn.Spec, before func() error) func() error {
	if s == nil {
		return before
	}
	return func() (err error) {
		if spec.Socket, err = s.get(); err != nil {
			return err
		}
		return before()
	}
}

func socketSpec(f *config.FastCGI) spawn.SocketSpec {
	s := spawn.SocketSpec{Network: f.Network, Address: f.Address, Backlog: f.Backlog, Mode: f.Mode}
	if f.Owner != nil {
		s.Owner = &spawn.SocketOwner{UID: f.Owner.UID, GID: f.Owner.GID}
	}
	return s
}

// Trial is the sockets of a group that are held so that they can be tried before the
// group becomes active.
type Trial []trial

type trial struct {
	process *config.Process
	socket  *sharedSocket
}

// HoldUnheld holds the sockets of processes that nobody holds. If they were opened
// without a hold, a start could open one meanwhile and lose it: a path is unlinked before
// it is bound.
func (l *Launcher) HoldUnheld(processes []*config.Process) Trial {
	var t Trial
	for _, p := range processes {
		if key := SocketKey(p); key != "" && l.sockets[key] == nil {
			t = append(t, trial{p, l.hold(p)})
		}
	}
	return t
}

// LetGo ends what HoldUnheld began.
func (l *Launcher) LetGo(t Trial) {
	for _, h := range t {
		l.letGo(h.process)
	}
}

// Open opens each socket, so that one that can't be opened is reported before its group
// becomes active (facts 113 and 167: sockets that can't be created). It waits for the
// disk; it may be called from any goroutine.
func (t Trial) Open() error {
	for _, h := range t {
		if _, err := h.socket.get(); err != nil {
			return fmt.Errorf("Could not create FastCGI socket %s: %w", h.process.FastCGI.URL, err)
		}
	}
	return nil
}
