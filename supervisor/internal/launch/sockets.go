package launch

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// Sockets that the daemon holds for programs. There are two kinds, which differ in how
// long they are open:
//
//   - FastCGI (facts 76 and 167: fcgi-programs in groups, life of their sockets): opened
//     when the first process of an fcgi-program is about to start, closed when the last one
//     is gone.
//   - listen=: open for as long as a process is there that listens, whether it runs or not.
//
// A socket of FastCGI belongs to the section, not to a group: groups that list the same
// program share it. One of listen= belongs to the address: it stays open if a section gets
// another name.

// place is one socket of a process.
type place struct {
	key  string
	url  string // for people
	spec spawn.SocketSpec
	kept bool // of listen=
}

// places returns the sockets of a process, in the order in which it gets them.
func places(p *config.Process) []place {
	if f := p.FastCGI; f != nil {
		s := spawn.SocketSpec{Network: f.Network, Address: f.Address, Backlog: f.Backlog, Mode: f.Mode, Owner: owner(f.Owner)}
		return []place{{key: p.Program + " " + f.URL, url: f.URL, spec: s}}
	}
	l := &p.Listen
	all := make([]place, len(l.Sockets))
	for i, s := range l.Sockets {
		all[i] = place{key: "listen " + s.URL(), url: s.URL(), kept: true, spec: spawn.SocketSpec{
			Network: s.Network, Address: s.Address, Backlog: l.Backlog, Mode: l.Mode, Owner: owner(l.Owner), ReusePort: l.ReusePort, Careful: true,
		}}
	}
	return all
}

func owner(o *config.Owner) *spawn.SocketOwner {
	if o == nil {
		return nil
	}
	return &spawn.SocketOwner{UID: o.UID, GID: o.GID}
}

// SocketKeys returns the keys of a process's sockets.
func SocketKeys(p *config.Process) (keys []string) {
	for _, at := range places(p) {
		keys = append(keys, at.key)
	}
	return keys
}

// sharedSocket is a socket and the number of its holders. A child holds it from the
// request to start until the child is reaped, or until the start has failed or was given
// up; a group that is being added holds it while the socket is tried; a process with
// listen= holds it for as long as it is there.
type sharedSocket struct {
	place    // its spec: as first asked for
	holders  int
	children int                                           // of the holders
	open     func(spawn.SocketSpec) (*spawn.Socket, error) // may block

	opening sync.Mutex       // held while open runs
	mu      sync.Mutex       // not held while open runs
	now     spawn.SocketSpec // as asked for last
	file    *spawn.Socket
	err     error
	closed  bool
	taken   bool // of a run with another configuration
}

// get opens the socket if no start did so before. Starts call it, on their own
// goroutines. One that is kept is tried again if it could not be opened.
func (s *sharedSocket) get() (*spawn.Socket, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if spec, missing := s.missing(); missing {
		s.opened(s.open(spec))
	}
	return s.result()
}

// missing reports whether the socket is to be opened, and how.
func (s *sharedSocket) missing() (spawn.SocketSpec, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.file == nil && !s.closed && (s.err == nil || s.kept)
}

func (s *sharedSocket) result() (*spawn.Socket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file, s.err
}

func (s *sharedSocket) opened(f *spawn.Socket, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.file, s.err = f, err
	} else if err == nil {
		f.Close()
	}
}

// close is called when nobody holds the socket; a start that was given up may still be
// about to open it. quit ends listening also where others have the socket. It reports
// whether there was something to close. A socket that no start came to open counts,
// because upstream opens it before it looks at the command.
func (s *sharedSocket) close(quit bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	had := s.err == nil
	if s.file != nil {
		if quit {
			s.file.Quit()
		}
		s.file.Close()
	}
	s.file, s.err, s.closed = nil, os.ErrClosed, true
	return had
}

// held are the sockets that a start or a process holds, in their order.
type held []*sharedSocket

// hold makes a process a holder of its sockets; a start then gets them from give.
func (l *Launcher) hold(all []place) (h held) {
	for _, at := range all {
		s := l.sockets[at.key]
		if s == nil {
			l.opt.Log(process.Info, "Creating socket "+at.url)
			s = &sharedSocket{}
			l.sockets[at.key] = s
		}
		if s.open == nil { // it is new, or a predecessor's
			s.place, s.now, s.open = at, at.spec, l.opener(at)
		}
		s.holders++
		h = append(h, s)
	}
	return h
}

// employ makes a start a holder of its sockets. alone says of each that no other child
// has it.
func (l *Launcher) employ(p *config.Process) (h held, alone []bool) {
	h = l.hold(places(p))
	for _, s := range h {
		alone = append(alone, s.children == 0)
		s.children++
	}
	return h, alone
}

// dismiss ends what employ began.
func (l *Launcher) dismiss(h held) {
	for _, s := range h {
		s.children--
	}
	l.letGo(h)
}

// opener returns what opens a socket on the threads of package disk.
func (l *Launcher) opener(at place) func(spawn.SocketSpec) (*spawn.Socket, error) {
	open, opened := l.opt.OpenSocket, l.opt.Opened
	return func(spec spawn.SocketSpec) (f *spawn.Socket, err error) {
		if busy := disk.Do(waitsAt(spec), func() { f, err = open(spec) }); busy != nil {
			return nil, busy
		}
		if err == nil && opened != nil {
			opened(at.key, f)
		}
		return f, at.failure(err)
	}
}

// failure returns the error of a start whose socket can't be opened. That of FastCGI is
// upstream's.
func (at *place) failure(err error) error {
	if err == nil || !at.kept {
		return err
	}
	return fmt.Errorf("cannot listen on %s: %w", at.url, err)
}

// refusal returns the error of a group that needs the socket.
func (at *place) refusal(err error) error {
	if at.kept {
		return err
	}
	return fmt.Errorf("Could not create FastCGI socket %s: %w", at.url, err)
}

// waitsAt stands for what a socket may wait for in package disk: its folder, or the
// look-up of its host, which must not hold up anybody's logs.
func waitsAt(spec spawn.SocketSpec) string {
	if spec.Network == "tcp" {
		return "/proc/hosts"
	}
	return spec.Address
}

// letGo ends what hold began.
func (l *Launcher) letGo(h held) {
	for _, s := range h {
		if s.holders--; s.holders > 0 {
			continue
		}
		delete(l.sockets, s.key)
		if s.close(l.opt.Closed != nil) {
			l.opt.Log(process.Info, "Closing socket "+s.url)
		}
		if l.opt.Closed != nil {
			l.opt.Closed(s.key)
		}
	}
}

// give returns a function that gives a start its sockets and then calls before. It runs
// on the starter's goroutine; if a socket can't be opened the start fails.
func (h held) give(alone []bool, zero bool, spec *spawn.Spec, before func() error) func() error {
	if len(h) == 0 {
		return before
	}
	return func() error {
		for i, s := range h {
			f, err := s.get()
			if err != nil {
				return err
			}
			if s.kept && alone[i] {
				f.Block() // the child before may have changed that
			}
			if zero {
				spec.Socket = f
			} else {
				spec.Listen = append(spec.Listen, f)
			}
		}
		return before()
	}
}

// listenVars are what a program finds in its environment besides LISTEN_PID, which only
// the child knows (sd_listen_fds(3)).
func listenVars(p *config.Process) []config.EnvVar {
	if len(p.Listen.Sockets) == 0 || p.Listen.FCGI {
		return nil
	}
	names := make([]string, len(p.Listen.Sockets))
	for i, s := range p.Listen.Sockets {
		names[i] = s.Name
	}
	return []config.EnvVar{
		{Key: "LISTEN_FDS", Value: fmt.Sprint(len(names))}, {Key: "LISTEN_FDNAMES", Value: strings.Join(names, ":")},
	}
}
