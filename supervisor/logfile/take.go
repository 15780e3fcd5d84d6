package logfile

import (
	"os"
	"path/filepath"
	"time"

	"reeve/supervisor/internal/disk"
)

// Take takes over what HandOver returned. It is called before any log is opened and does
// not wait. The next OpenQueue of a path of a handed log gets that log, without touching
// the file, and has the data that waits written first. CloseUnclaimed must be called when
// all have opened their logs.
//
// In the image that handed over, all Queues of that time are dead afterwards: they drop
// what they are given.
func Take(h Handed) {
	shared.Lock()
	defer shared.Unlock()
	files := shared.discard()
	now := time.Now()
	for i := range h.Logs {
		l := &h.Logs[i]
		s := newSink(takeFile(&l.File, files[l.File.FD]), l.Paths[0])
		s.names = l.Paths[1:]
		s.take(l, now)
		shared.paths[s.path], shared.ids[s.id] = s, s
		shared.keep(s)
	}
	senders.take(h.Syslog, now)
}

// CloseUnclaimed closes the logs that were handed over and that nobody has opened since,
// after writing what waits for them. It does not wait: Quiesce does. report is for their
// write failures; it may be nil. OpenQueue opens every file again from now on.
func CloseUnclaimed(report func(Outage)) {
	if report == nil {
		report = func(Outage) {}
	}
	shared.Lock()
	defer shared.Unlock()
	for _, s := range shared.handed {
		s.mu.Lock()
		if s.kept && len(s.queues) == 0 {
			s.report = report
			s.moved = time.Now()
			s.kept = false
			s.close()
		}
		s.kept = false
		s.mu.Unlock()
	}
	clear(shared.handed)
	senders.closeUnclaimed(report)
}

// HandOver ends the use of the log as Close does, but the log stays open for the next
// OpenQueue of its path until CloseUnclaimed. It is for the owner of a Queue who hands
// over its own state.
func (q *Queue) HandOver() {
	shared.Lock()
	defer shared.Unlock()
	s := q.sink
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.closed {
		return
	}
	q.closed, q.room = true, nil
	s.remove(q)
	shared.keep(s)
}

// keep keeps a log open until CloseUnclaimed. The caller holds the lock.
func (all *sinks) keep(s *sink) {
	s.kept = true
	all.handed[s.path] = s
	for _, name := range s.names {
		all.handed[name] = s
	}
}

// claim makes a Queue of a handed log; nil: there is none of that path.
func (all *sinks) claim(opt Options, report func(Outage)) *Queue {
	all.Lock()
	defer all.Unlock()
	s := all.handed[filepath.Clean(opt.Path)]
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.join(opt, report)
	if len(s.items) > 0 {
		s.begin()
	}
	return q
}

// discard forgets all logs after a HandOver in this image, and returns their files by
// descriptor. The caller holds the lock.
func (all *sinks) discard() map[int]*os.File {
	files := map[int]*os.File{}
	if !all.frozen {
		return files
	}
	for _, s := range all.paths {
		if f, ok := s.f.(*File); ok {
			files[descriptor(f.f)] = f.f
		}
		s.discard()
	}
	clear(all.paths)
	clear(all.ids)
	clear(all.handed)
	all.frozen = false
	return files
}

// discard ends a frozen log without closing its file.
func (s *sink) discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.queues {
		q.closed, q.room = true, nil
	}
	for _, i := range s.items {
		if i.data != nil {
			i.data.Release()
		}
	}
	queued.Add(int64(-s.held))
	s.queues, s.items, s.source, s.feeder, s.held, s.asked = nil, nil, nil, nil, 0, 0
	s.closed()
}

// takeFile makes a File of a handed one; file is nil if only its descriptor is known.
func takeFile(h *HandedFile, file *os.File) *File {
	if file == nil {
		file = os.NewFile(uintptr(h.FD), h.Options.Path)
	}
	f := &File{opt: h.Options, f: file, id: identity{h.Dev, h.Ino}, regular: h.Regular, size: h.Size, retry: h.Retry}
	f.polled = h.Polled && file.SetWriteDeadline(time.Time{}) == nil
	disk.Learn(h.Options.Path, h.Dev)
	return f
}

// take fills a new log. Nothing is written before a Queue uses it, whose report gets the
// failures.
func (s *sink) take(h *HandedLog, now time.Time) {
	s.report = func(Outage) {}
	s.outage.take(h.Health, now)
	s.moved = now
	var opt *Options
	for _, p := range h.Pending {
		if len(p.Data) == 0 {
			s.items = append(s.items, item{kind: p.Kind, n: 1})
			s.asked++
			continue
		}
		if opt == nil || opt.MaxBytes != p.MaxBytes || opt.Backups != p.Backups {
			opt = &Options{Path: s.path, MaxBytes: p.MaxBytes, Backups: p.Backups}
		}
		if n := len(s.items); n > 0 && s.items[n-1].data != nil && s.items[n-1].data.add(p.Data, opt, true) {
			continue
		}
		b := NewBlock(len(p.Data))
		b.add(p.Data, opt, true)
		s.items = append(s.items, item{data: b})
		s.hold(len(b.buf))
	}
	s.lost, s.stalled = h.Lost, h.Stalled
	s.full = s.full || s.stalled
}

func (h *health) take(from HandedHealth, now time.Time) {
	h.down, h.refused, h.lost, h.rotates = from.Down, from.Refused, from.Lost, from.Rotates
	if h.down || h.refused {
		h.since = now.Add(-from.Ago)
	}
}
