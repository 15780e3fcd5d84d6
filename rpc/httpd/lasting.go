package httpd

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
	"reeve/supervisor/safefile"
)

// A socket file may be removed while it is in use: by a cleaner of /tmp, by a script that
// tidies up. The listener goes on, but nobody finds it any more. So each socket file is
// watched, which costs nothing until something happens to it, and made again. What
// somebody else put in its place is left alone: it may be another server's.

const (
	// remakeSoon is the pause before a socket file is made again, so that what removes it
	// together with its directory can finish; each failure doubles it, up to remakeLate.
	remakeSoon = 300 * time.Millisecond
	remakeLate = time.Minute
	// drainFor is how long a listener that has lost its file accepts the connections that
	// were made before.
	drainFor = time.Second
)

// keepSocket keeps the socket file of an endpoint in its place until the Server ends or
// is handed over. It returns at once where files can't be watched.
func (s *Server) keepSocket(e *endpoint) {
	var removed sometimes
	pause, replaced, failed := time.Duration(0), false, false
	for {
		// It is watched first and looked at then, so that nothing happens in between.
		w, err := watchFile(e.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
		there, err := look(e.Path)
		switch ours := s.socketOf(e); {
		case err == nil && w == nil:
			continue // it is there by now
		case err == nil && there == ours:
			pause, replaced, failed = 0, false, false
		case err == nil:
			if pause = 0; !replaced {
				replaced = true
				s.log(process.Error, fmt.Sprintf("something else is in the place of the socket %s: clients do not find this supervisord", e.Path))
			}
		default:
			w.close()
			w = nil
			if pause == 0 {
				pause = remakeSoon
				break
			}
			if err := s.remake(e); err == nil {
				removed.note(s, process.Warn, fmt.Sprintf("the socket %s was removed and is made again", e.Path))
				if s.options.Remade != nil {
					s.options.Remade()
				}
				continue
			} else if !failed {
				failed = true
				s.log(process.Error, fmt.Sprintf("cannot make the socket %s again: %v; this is tried at least once a minute", e.Path, err))
			}
			pause = min(2*pause, remakeLate)
		}
		if !s.wait(w, pause) {
			return
		}
	}
}

// look returns what is at a path.
func look(path string) (safefile.Entry, error) {
	dir, name, err := safefile.Parent(path)
	if err != nil {
		return safefile.Entry{}, err
	}
	defer dir.Close()
	return dir.Entry(name)
}

func (s *Server) socketOf(e *endpoint) safefile.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return e.socket
}

// remake makes the socket file again, with a new listener; the old one ends soon.
func (s *Server) remake(e *endpoint) error {
	l, socket, err := listenUnix(&e.Endpoint, nil)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.isOver() { // meanwhile; a successor makes its own
		return (&endpoint{Endpoint: e.Endpoint, listener: l, socket: socket}).close()
	}
	if old, ok := e.listener.(interface{ SetDeadline(time.Time) error }); ok {
		_ = old.SetDeadline(time.Now().Add(drainFor))
	}
	e.listener, e.socket = l, socket
	s.handed.Endpoints[e.place].Socket = socket
	s.wg.Go(func() { rescue.Keep(accepting, func() { s.accept(e, l) }) })
	return nil
}

// wait waits until something happened to the file, or for a pause that is not 0. It
// reports whether the Server goes on.
func (s *Server) wait(w *fileWatch, pause time.Duration) bool {
	var over <-chan time.Time
	if pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		over = t.C
	}
	defer w.close()
	select {
	case <-w.happened():
	case <-over:
	case <-s.stop:
		return false
	case <-s.over:
		return false
	}
	return true
}
