package logfile

import (
	"errors"
	"os"
	"slices"
	"time"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/rescue"
)

// turnMost is about how many bytes a writer writes before other files get their turn.
const turnMost = 512 << 10

// writing is where a writer's panics happen, in reports.
const writing = "the writer of a log"

// advance is one turn of the writer, on the pool or on its own goroutine.
func (s *sink) advance() {
	more := false
	if rescue.Vital(writing, func() { more = s.turn() }) != nil {
		s.breakDown()
		return
	}
	if more {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.start()
	}
}

// breakDown ends a writer that has panicked. What it was writing is lost; what is queued
// waits for HandOver.
func (s *sink) breakDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putting, s.pulling, s.frozen = 0, false, true
	s.cease()
}

// turn does some of what there is to do, and reports whether there is more.
func (s *sink) turn() (more bool) {
	for n := 0; n < turnMost; {
		i, ok := s.next()
		switch {
		case !ok:
			return false
		case i.pull:
			m, rests := s.pull(turnMost - n)
			if rests {
				return false
			}
			n += m
		case i.data != nil:
			n += i.data.n
			s.write(i.data)
		default:
			s.operate(i)
		}
	}
	return true
}

// next takes the first item, or ends the writer.
func (s *sink) next() (item, bool) {
	for {
		s.mu.Lock()
		if s.frozen {
			s.cease()
			s.mu.Unlock()
			return item{}, false
		}
		if len(s.items) > 0 {
			i := s.items[0]
			s.items[0] = item{}
			s.items = s.items[1:]
			if i.data != nil {
				s.putting = i.data.n
			}
			s.mu.Unlock()
			return i, true
		}
		s.items = nil
		if s.source != nil {
			s.mu.Unlock()
			return item{pull: true}, true
		}
		if len(s.queues) > 0 || s.kept {
			s.cease()
			s.mu.Unlock()
			return item{}, false
		}
		s.mu.Unlock()
		if s.end() {
			return item{}, false
		}
	}
}

// end closes a log without Queues, unless it was just opened again. It reports whether it
// did.
func (s *sink) end() bool {
	shared.Lock()
	s.mu.Lock()
	if len(s.queues) > 0 || len(s.items) > 0 || s.kept || s.frozen {
		s.mu.Unlock()
		shared.Unlock()
		return false
	}
	shared.remove(s)
	shared.leaving[s] = struct{}{}
	lost := s.lost
	s.lost = 0
	s.watch.Stop()
	own := s.own
	s.mu.Unlock()
	shared.Unlock()
	s.outage.close(lost)
	if closeFile := func() { _ = s.f.Close() }; !own || disk.Do(s.path, closeFile) != nil {
		closeFile()
	}
	shared.left(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cease()
	s.closed()
	return true
}

// cease ends the writer. The caller holds the lock.
func (s *sink) cease() {
	s.writing = false
	if s.aborted {
		s.aborted = false
		s.f.abort(false)
	}
	if s.ceased != nil {
		close(s.ceased)
		s.ceased = nil
	}
}

// closed ends the count in busy: Quiesce need not wait for this log any more.
func (s *sink) closed() {
	if s.closing {
		s.closing = false
		busy.add(-1)
	}
}

// operate carries out an operation.
func (s *sink) operate(i item) {
	var err error
	carryOut := func() {
		switch i.kind {
		case reopen:
			err = s.outage.reopened(s.f.Reopen())
		case empty:
			err = s.outage.reopened(s.f.Clear())
		case lookAgain:
			err = s.outage.reopened(s.f.refresh())
		case nothing:
		}
	}
	s.mu.Lock()
	own := s.own
	s.mu.Unlock()
	if i.kind == nothing || !own {
		carryOut()
	} else if refused := disk.Do(s.path, carryOut); refused != nil {
		err = refused
	}
	if i.kind == lookAgain && err != nil {
		s.tell(Outage{Path: s.path, Err: err})
	}
	for _, done := range i.done {
		done(err)
	}
	if i.kind != nothing {
		shared.identify(s)
		s.task.Move(s.path)
	}
	s.mu.Lock()
	s.asked -= i.n
	s.own = !s.f.waits()
	s.mu.Unlock()
	s.wrote(nil)
}

// write writes a block.
func (s *sink) write(b *Block) {
	begin := 0
	for _, piece := range b.pieces {
		left, more := s.put(b.buf[begin:piece.end], piece.opt)
		begin = piece.end - left
		if !more {
			break
		}
	}
	if s.unwritten(b, begin) {
		return
	}
	s.wrote(b)
	b.Release()
}

// unwritten puts a block back of which only n bytes were written because the log was
// frozen, and reports whether it did.
func (s *sink) unwritten(b *Block, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putting = 0
	if !s.frozen || n == b.n {
		return false
	}
	b.skip(n)
	s.items = slices.Insert(s.items, 0, item{data: b})
	return true
}

// keep puts data from a source that was not written because the log was frozen in front
// of what is queued.
func (s *sink) keep(p []byte, opt *Options) {
	b := NewBlock(len(p))
	b.add(p, opt, true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putting = 0
	s.items = slices.Insert(s.items, 0, item{data: b})
	s.hold(len(b.buf))
}

// put writes one piece and records the result. It returns how many bytes were left over
// because the log was frozen. more: the next piece may be written; not so if the log was
// frozen or given up.
func (s *sink) put(p []byte, opt *Options) (left int, more bool) {
	if s.by != opt {
		s.by = opt
		s.f.rotateBy(opt)
	}
	n, err := s.f.Write(p)
	shared.identify(s)
	dropped, gaveUp, frozen := s.took(len(p))
	switch {
	case gaveUp:
		s.f.abort(false)
		return 0, false
	case frozen && errors.Is(err, os.ErrDeadlineExceeded):
		s.outage.lost += dropped
		return len(p) - n, false
	case err == nil:
		s.outage.wrote(time.Now(), dropped)
	case n == len(p):
		s.outage.notRotated(err)
		s.outage.wrote(time.Now(), dropped)
	default:
		s.outage.failed(time.Now(), err, dropped+int64(len(p)-n))
	}
	return 0, !frozen
}

// took records that the disk is done with n bytes. dropped is how many bytes were dropped
// for lack of room and are to be reported now.
func (s *sink) took(n int) (dropped int64, gaveUp, frozen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putting -= n
	s.moved = time.Now()
	// While stalled or given up, more will be dropped.
	if gaveUp, s.gaveUp = s.gaveUp, false; !gaveUp && !s.stalled {
		dropped, s.lost = s.lost, 0
	}
	return dropped, gaveUp, s.frozen
}

// wrote records that a block (or an operation, if nil) is done, and wakes writers that
// wait for room.
func (s *sink) wrote(b *Block) {
	s.mu.Lock()
	s.putting = 0
	s.moved = time.Now()
	if b != nil {
		s.held -= len(b.buf)
		queued.Add(int64(-len(b.buf)))
	}
	if !s.full || s.held > queueLow {
		s.mu.Unlock()
		return
	}
	stalled, lost := s.stalled, s.lost
	if stalled {
		s.lost = 0
	}
	rooms := s.room()
	s.mu.Unlock()
	if stalled {
		s.outage.moves(lost)
	}
	for _, room := range rooms {
		room()
	}
}

// room ends a pause. The caller calls the functions returned, without the lock.
func (s *sink) room() (rooms []func()) {
	s.full, s.stalled = false, false
	if !s.closing && s.watch != nil {
		s.watch.Stop()
	}
	for _, q := range s.queues {
		if q.paused && q.room != nil {
			rooms = append(rooms, q.room)
		}
		q.paused = false
	}
	return rooms
}
