package launch

import (
	"reeve/config"
	"reeve/supervisor/internal/spawn"
)

// HandedSocket is an open socket that goes on in a successor: plain data.
type HandedSocket struct {
	Key string // of the section and the address
	FD  int
}

// HandOver gives the open sockets to a successor. The Launcher must not be used
// afterwards.
func (l *Launcher) HandOver() (all []HandedSocket) {
	for key, s := range l.sockets {
		s.mu.Lock()
		if s.file != nil {
			all = append(all, HandedSocket{key, s.file.FD()})
			s.file = nil
		}
		s.closed = true
		s.mu.Unlock()
	}
	clear(l.sockets)
	return all
}

// Take takes the sockets of a predecessor; Resume and Keep then say who holds them. If
// that had another configuration they get the settings of this one.
func (l *Launcher) Take(sockets []HandedSocket, another bool) {
	for _, h := range sockets {
		l.sockets[h.Key] = &sharedSocket{place: place{key: h.Key}, file: spawn.NewSocket(h.FD), taken: another}
	}
}

// Resume files a start that a predecessor carried out, until Release.
func (l *Launcher) Resume(row uint64, p *config.Process) {
	sockets, _ := l.employ(p)
	l.starts[row] = &start{sockets: sockets}
}

// Taken closes the sockets of a predecessor that nobody holds.
func (l *Launcher) Taken() {
	for key, s := range l.sockets {
		if s.holders == 0 {
			delete(l.sockets, key)
			s.close(l.opt.Closed != nil)
			if l.opt.Closed != nil {
				l.opt.Closed(key)
			}
		}
	}
}
