package logfile

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// Handed is what HandOver gives away: all open logs and the lines that wait for syslog,
// as plain data that may go through JSON. The descriptors belong to it.
type Handed struct {
	Logs   []HandedLog
	Syslog HandedSyslog
}

// HandedLog is an open log.
type HandedLog struct {
	Paths   []string // by which it was opened; the first is its own
	File    HandedFile
	Pending []HandedItem `json:",omitempty"` // not carried out yet, in order
	// Dropped because the log was full, not yet reported. Stalled: the disk made no
	// progress, which was reported.
	Lost    int64 `json:",omitempty"`
	Stalled bool  `json:",omitempty"`
	Health  HandedHealth
}

// HandedFile is what a File knows. A log that was moved away goes on in the moved file,
// which only the descriptor leads to.
type HandedFile struct {
	FD      int
	Options Options
	Dev     uint64
	Ino     uint64
	Regular bool  // it may be rotated and cleared
	Polled  bool  // a write waits in the runtime's poller
	Size    int64 // see File
	Retry   int64
}

// HandedItem is data to be written or, if Data is empty, an operation.
type HandedItem struct {
	Data     []byte    `json:",omitempty"`
	MaxBytes int64     `json:",omitempty"` // how the file rotates after Data
	Backups  int       `json:",omitempty"`
	Kind     operation `json:",omitempty"`
}

// HandedHealth is what was reported about write failures, so that nothing is said twice.
type HandedHealth struct {
	Down    bool          `json:",omitempty"`
	Refused bool          `json:",omitempty"`
	Ago     time.Duration `json:",omitempty"` // since the last failure
	Lost    int64         `json:",omitempty"`
	Rotates bool          `json:",omitempty"`
}

// Descriptors returns the descriptors that must stay open across an execve.
func (h Handed) Descriptors() (fds []int) {
	for _, l := range h.Logs {
		fds = append(fds, l.File.FD)
	}
	return fds
}

// stopFor is how long HandOver waits for a write that has begun.
const stopFor = time.Second

// HandOver writes what is queued until ctx ends, stops all writers, and returns
// everything, to be given to Take in another image of the program, or to Thaw, or to Take
// in this one. If a write (or a reopening, or the close of a log) hangs in the kernel, an
// execve would hang too: then the error names the log, and everything goes on as before.
//
// After a success nothing is written until Thaw or Take; what is queued meanwhile is not
// in the Handed. Operations not carried out by then go along without their callbacks,
// which only Thaw will call. HandOver must not be called twice at a time.
func HandOver(ctx context.Context) (Handed, error) {
	shared.flush(ctx)
	senders.flush(ctx)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopFor)
	defer cancel()
	senders.freeze()
	for path, ceased := range shared.freeze() {
		select {
		case <-ceased:
		case <-stop.Done():
			Thaw()
			return Handed{}, fmt.Errorf("cannot hand over log file %s: a write hangs: %w", path, os.ErrDeadlineExceeded)
		}
	}
	h := Handed{Syslog: senders.handOver()}
	for _, s := range shared.list() {
		h.Logs = append(h.Logs, s.handOver())
	}
	slices.SortFunc(h.Logs, func(a, b HandedLog) int { return a.File.FD - b.File.FD })
	return h, nil
}

// Thaw goes on after HandOver as if that had not been called, in place of Take.
func Thaw() {
	shared.Lock()
	shared.frozen = false
	shared.Unlock()
	for _, s := range shared.list() {
		s.thaw()
	}
	senders.thaw()
}

// flush waits until nothing is queued, or ctx ends.
func (all *sinks) flush(ctx context.Context) {
	for _, s := range all.list() {
		s.mu.Lock()
		if s.writing {
			s.begin() // collects no more lines
		}
		ceased := s.whenCeased()
		s.mu.Unlock()
		select {
		case <-ceased:
		case <-ctx.Done():
			return
		}
	}
}

// freeze has all writers stop. It returns a channel for each that is closed when it has
// stopped.
func (all *sinks) freeze() map[string]<-chan struct{} {
	all.Lock()
	all.frozen = true
	ceased := map[string]<-chan struct{}{}
	for s := range all.leaving {
		s.mu.Lock()
		ceased[s.path] = s.whenCeased()
		s.mu.Unlock()
	}
	all.Unlock()
	for _, s := range all.list() {
		ceased[s.path] = s.freeze()
	}
	return ceased
}

func (s *sink) freeze() (ceased <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = true
	if s.watch != nil {
		s.watch.Stop()
	}
	if s.later != nil && s.later.Stop() {
		s.gatherNoMore()
		s.cease()
	}
	if s.own && s.putting > 0 {
		s.aborted = true
		s.f.abort(true)
	}
	return s.whenCeased()
}

// closedNow is a closed channel.
var closedNow = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// whenCeased returns a channel that is closed when there is no writer. The caller holds
// the lock.
func (s *sink) whenCeased() <-chan struct{} {
	if !s.writing {
		return closedNow
	}
	if s.ceased == nil {
		s.ceased = make(chan struct{})
	}
	return s.ceased
}

func (s *sink) thaw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen, s.moved = false, time.Now()
	if len(s.items) > 0 || s.source != nil || s.closing {
		s.begin()
	}
	if s.full || s.closing {
		s.lookIn(stallFor)
	}
}

func (s *sink) handOver() HandedLog {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := HandedLog{
		Paths: append([]string{s.path}, s.names...), File: s.f.handOver(),
		Lost: s.lost, Stalled: s.stalled, Health: s.outage.handOver(time.Now()),
	}
	for _, i := range s.items {
		if i.data == nil {
			h.Pending = append(h.Pending, HandedItem{Kind: i.kind})
			continue
		}
		begin := 0
		for _, p := range i.data.pieces {
			data := slices.Clone(i.data.buf[begin:p.end])
			h.Pending = append(h.Pending, HandedItem{Data: data, MaxBytes: p.opt.MaxBytes, Backups: p.opt.Backups})
			begin = p.end
		}
	}
	return h
}

func (f *File) handOver() HandedFile {
	return HandedFile{
		FD: descriptor(f.f), Options: f.opt, Dev: f.id.dev, Ino: f.id.ino,
		Regular: f.regular, Polled: f.polled, Size: f.size, Retry: f.retry,
	}
}

// descriptor returns the number of an open file. Unlike Fd it leaves the descriptor
// non-blocking.
func descriptor(f *os.File) (n int) {
	n = -1
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { n = int(fd) })
	}
	return n
}

func (h *health) handOver(now time.Time) HandedHealth {
	s := HandedHealth{Down: h.down, Refused: h.refused, Lost: h.lost, Rotates: h.rotates}
	if !h.since.IsZero() {
		s.Ago = now.Sub(h.since)
	}
	return s
}
