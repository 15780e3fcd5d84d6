package logfile

import (
	"path/filepath"
	"sync"
)

// identity identifies a file, whatever its name. The zero identity stands for no file.
type identity struct{ dev, ino uint64 }

// sinks holds the open logs, by path and by identity.
type sinks struct {
	sync.Mutex
	paths map[string]*sink
	ids   map[identity]*sink

	handed  map[string]*sink   // those that stay open until CloseUnclaimed, by all paths
	leaving map[*sink]struct{} // those that are being closed
	frozen  bool               // HandOver has succeeded
}

var shared = sinks{
	paths: map[string]*sink{}, ids: map[identity]*sink{},
	handed: map[string]*sink{}, leaving: map[*sink]struct{}{},
}

// OpenQueue opens a log for writing. All Queues of one log share its file and their
// order: data is written in the order of the calls of Write. Two Queues are of one log if
// their paths are equal, or name one pipe, terminal or device (the stdout and stderr of a
// container), or one file of equal name in a folder that has two names. The file rotates
// by the options of the Queue that wrote last, as if each had opened it. OpenQueue blocks
// while the system opens the file, even if the file is shared: so its errors are those of
// a first opening, and a file that was moved away is created again. But after Take, until
// CloseUnclaimed, a handed log goes on in the file that was open, and nothing is opened.
//
// report is called when the log can't be written and when it can again; it is called from
// other goroutines, must not block, and may be nil. Of several Queues of a log, only the
// report of the one opened last is called.
func OpenQueue(opt Options, report func(Outage)) (*Queue, error) {
	if q := shared.claim(opt, report); q != nil {
		return q, nil
	}
	f, err := Open(opt)
	if err != nil {
		return nil, err
	}
	q, taken := shared.join(f, opt, report)
	if !taken {
		_ = f.Close()
	}
	return q, nil
}

// join makes a Queue of the open log that f belongs to, or of a new log; taken reports
// whether that now owns f.
func (all *sinks) join(f *File, opt Options, report func(Outage)) (q *Queue, taken bool) {
	path := filepath.Clean(opt.Path)
	id, fixed := f.identity()
	all.Lock()
	defer all.Unlock()
	s := all.paths[path]
	if s == nil {
		if same := all.ids[id]; same != nil && (same.fixed && fixed || filepath.Base(same.path) == filepath.Base(path)) {
			s = same
		}
	}
	if s == nil {
		s = newSink(f, path)
		s.frozen = all.frozen
		all.paths[path], all.ids[id] = s, s
		taken = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q = s.join(opt, report)
	if s.id != id {
		s.push(lookAgain, nil)
	}
	return q, taken
}

// remove forgets a log. The caller holds the lock.
func (all *sinks) remove(s *sink) {
	if all.paths[s.path] == s {
		delete(all.paths, s.path)
	}
	if all.ids[s.id] == s {
		delete(all.ids, s.id)
	}
}

// left forgets a log that has been closed.
func (all *sinks) left(s *sink) {
	all.Lock()
	defer all.Unlock()
	delete(all.leaving, s)
}

// identify records which file a log has now. Only the log's writer calls it.
func (all *sinks) identify(s *sink) {
	id, fixed := s.f.identity()
	if id == s.id { // only the writer changes it
		return
	}
	all.Lock()
	defer all.Unlock()
	if all.ids[s.id] == s {
		delete(all.ids, s.id)
	}
	s.id, s.fixed = id, fixed
	if all.paths[s.path] == s {
		all.ids[id] = s
	}
}

// list returns the open logs.
func (all *sinks) list() (list []*sink) {
	all.Lock()
	defer all.Unlock()
	for _, s := range all.paths {
		list = append(list, s)
	}
	return list
}
