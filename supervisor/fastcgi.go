package supervisor

import (
	"fmt"
	"os"
	"sync"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// FastCGI (checklist 76, 167): the processes of one fcgi-program share a listening socket as descriptor 0. It is opened when
// the first of them is about to start and closed when the last one is gone. It belongs to the section, not to a group: groups
// that list one program share it.

// socketKey names the socket of c; empty: it has none.
func (c *child) socketKey() string {
	if c.config.FastCGI == nil {
		return ""
	}
	return c.config.Program + " " + c.config.FastCGI.URL
}

// sharedSocket is a socket and how many children hold it: from the request to start until the child is reaped, or until the
// start has failed.
type sharedSocket struct {
	holders int
	open    func() (*os.File, error) // may block
	once    sync.Once
	file    *os.File
	err     error
}

// get opens the socket if no start did so before. Starts call it, on their own goroutines.
func (s *sharedSocket) get() (*os.File, error) {
	s.once.Do(func() { s.file, s.err = s.open() })
	return s.file, s.err
}

// close is called when nobody holds the socket: no start is under way then, so there is nothing to wait for. It tells if there
// was something to close; a socket that no start came to open counts, as upstream opens it before it looks at the command.
func (s *sharedSocket) close() bool {
	s.once.Do(func() {})
	if s.file != nil {
		s.file.Close()
	}
	return s.err == nil
}

// holdSocket files c as a holder of its socket; a start then gets it by give.
func (l *loop) holdSocket(c *child) *sharedSocket {
	key := c.socketKey()
	if key == "" {
		return nil
	}
	s := l.sockets[key]
	if s == nil {
		l.log(process.Info, "Creating socket "+c.config.FastCGI.URL)
		open, spec := l.openSocket, socketSpec(c.config.FastCGI)
		s = &sharedSocket{open: func() (*os.File, error) { return open(spec) }}
		l.sockets[key] = s
	}
	s.holders++
	return s
}

// letSocket ends what holdSocket began.
func (l *loop) letSocket(c *child) {
	key := c.socketKey()
	if key == "" {
		return
	}
	s := l.sockets[key]
	if s.holders--; s.holders > 0 {
		return
	}
	delete(l.sockets, key)
	if s.close() {
		l.log(process.Info, "Closing socket "+c.config.FastCGI.URL)
	}
}

// give makes the socket descriptor 0 of a start, on the starter's goroutine; a socket that can't be had fails the start.
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

// unheldSockets are the sockets of a group that nobody holds: those that checkSockets may try.
func (l *loop) unheldSockets(g *config.Group) []*config.FastCGI {
	var sockets []*config.FastCGI
	seen := map[string]bool{}
	for _, p := range g.Processes {
		key := (&child{config: p}).socketKey()
		if key != "" && !seen[key] && l.sockets[key] == nil {
			sockets = append(sockets, p.FastCGI)
		}
		seen[key] = true
	}
	return sockets
}

// trySockets is checkSockets for a request.
func (s *Supervisor) trySockets(sockets []*config.FastCGI) error {
	if len(sockets) == 0 {
		return nil
	}
	return disk.Try(sockets[0].Address, func() error { return s.checkSockets(sockets) })
}

// checkSockets opens and closes each once, so that one that cannot be had is told before its group becomes active (checklist
// 113, 167). It may block, so it never runs on the loop.
func (s *Supervisor) checkSockets(sockets []*config.FastCGI) error {
	for _, f := range sockets {
		s.opt.Log.Log(process.Info, "Creating socket "+f.URL)
		socket, err := s.loop.openSocket(socketSpec(f))
		if err != nil {
			return fmt.Errorf("Could not create FastCGI socket %s: %w", f.URL, err)
		}
		s.opt.Log.Log(process.Info, "Closing socket "+f.URL)
		socket.Close()
	}
	return nil
}
