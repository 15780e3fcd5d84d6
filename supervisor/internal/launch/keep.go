package launch

import (
	"maps"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// Keep holds the listen= sockets of a process until Drop, whether it runs or not. What is
// not open already is opened by the next start; what is open gets its mode, owner and
// backlog.
func (l *Launcher) Keep(p *config.Process) {
	if len(p.Listen.Sockets) == 0 {
		return
	}
	all := places(p)
	for i, s := range l.hold(all) {
		s.mu.Lock()
		before := s.now
		s.now = all[i].spec
		adjust := s.file != nil && (s.taken || !alike(before, s.now))
		s.taken = false
		s.mu.Unlock()
		if adjust {
			l.adjust(s, all[i])
		}
	}
}

// alike reports whether a socket with one spec is as the other one asks for.
func alike(a, b spawn.SocketSpec) bool {
	same := a.Backlog == b.Backlog
	if a.Network == "unix" {
		same = same && a.Mode == b.Mode && (a.Owner == nil) == (b.Owner == nil) && (a.Owner == nil || *a.Owner == *b.Owner)
	}
	return same
}

// adjust gives an open socket the settings that it has now. It does not wait.
func (l *Launcher) adjust(s *sharedSocket, at place) {
	busy := disk.Go(waitsAt(at.spec), func() {
		s.opening.Lock()
		defer s.opening.Unlock()
		if f, err := s.result(); err == nil && f != nil {
			if err := f.Adjust(at.spec); err != nil {
				l.opt.Log(process.Error, "cannot change the socket "+at.url+": "+err.Error())
			}
		}
	})
	if busy != nil {
		l.opt.Log(process.Error, "cannot change the socket "+at.url+": "+busy.Error())
	}
}

// Drop ends what Keep began.
func (l *Launcher) Drop(p *config.Process) {
	if len(p.Listen.Sockets) == 0 {
		return
	}
	var h held
	for _, at := range places(p) {
		if s := l.sockets[at.key]; s != nil {
			h = append(h, s)
		}
	}
	l.letGo(h)
}

// Listening returns the descriptors of the listen= sockets of a process. They may be
// closed after the next call of another method. ok: all are open.
func (l *Launcher) Listening(p *config.Process) (fds []int, ok bool) {
	for _, at := range places(p) {
		s := l.sockets[at.key]
		if s == nil {
			return nil, false
		}
		f, _ := s.result()
		if f == nil {
			return nil, false
		}
		fds = append(fds, f.FD())
	}
	return fds, len(fds) > 0
}

// Close closes the listen= sockets: nothing of this run goes on.
func (l *Launcher) Close() {
	for _, key := range slices.Sorted(maps.Keys(l.sockets)) {
		if s := l.sockets[key]; s.kept {
			s.holders = 1
			l.letGo(held{s})
		}
	}
}

// Trial is sockets that are held so that they can be tried before a group becomes active.
type Trial held

// HoldUnheld holds the sockets of processes that nobody holds. If they were opened
// without a hold, a start could open one meanwhile and lose it: a path is unlinked before
// it is bound.
func (l *Launcher) HoldUnheld(processes []*config.Process) (t Trial) {
	for _, p := range processes {
		for _, at := range places(p) {
			if l.sockets[at.key] == nil {
				t = append(t, l.hold([]place{at})...)
			}
		}
	}
	return t
}

// LetGo ends what HoldUnheld began.
func (l *Launcher) LetGo(t Trial) { l.letGo(held(t)) }

// Open opens each socket, so that one that can't be opened is reported before its group
// becomes active (facts 113 and 167: sockets that can't be created). It waits for the
// disk; it may be called from any goroutine.
func (t Trial) Open() error {
	for _, s := range t {
		if _, err := s.get(); err != nil {
			return s.refusal(err)
		}
	}
	return nil
}

// OpenAll is Open for the start of the daemon: what is wrong with a socket of listen= is
// only logged, and comes up again when its program starts.
func (t Trial) OpenAll(log func(process.Level, string)) error {
	for _, s := range t {
		switch _, err := s.get(); {
		case err == nil:
		case s.kept:
			log(process.Critical, err.Error())
		default:
			return s.refusal(err)
		}
	}
	return nil
}
