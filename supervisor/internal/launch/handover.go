package launch

import (
	"os"

	"reeve/config"
	"reeve/supervisor/internal/spawn"
)

// HandedSocket is an open FastCGI socket that goes on in a successor: plain data.
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
			if fd, err := spawn.Duplicate(s.file); err == nil {
				all = append(all, HandedSocket{key, fd})
			}
			_ = s.file.Close()
			s.file = nil
		}
		s.closed = true
		s.mu.Unlock()
	}
	return all
}

// Take takes the sockets of a predecessor; Resume then says who holds them.
func (l *Launcher) Take(sockets []HandedSocket) {
	for _, h := range sockets {
		f := os.NewFile(uintptr(h.FD), h.Key)
		s := &sharedSocket{file: f}
		s.once.Do(func() {})
		l.sockets[h.Key] = s
	}
}

// Resume files a start that a predecessor carried out, until Release.
func (l *Launcher) Resume(row uint64, p *config.Process) {
	l.starts[row] = &start{process: p}
	l.hold(p)
}

// Taken closes the sockets of a predecessor that nobody holds.
func (l *Launcher) Taken() {
	for key, s := range l.sockets {
		if s.holders == 0 {
			delete(l.sockets, key)
			s.close()
		}
	}
}
