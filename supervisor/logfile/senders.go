package logfile

import (
	"context"
	"slices"
	"sync"
	"time"
)

// HandedSyslog is what all Syslogs together have not sent yet.
type HandedSyslog struct {
	Socket string
	Lines  [][]byte `json:",omitempty"` // whole datagrams
	Lost   int64    `json:",omitempty"` // bytes dropped, not yet reported
	// A failure was reported, so long ago.
	Down bool          `json:",omitempty"`
	Ago  time.Duration `json:",omitempty"`
}

// senders are the Syslogs that have something to send or to report, for HandOver.
var senders = sendersOf{active: map[*Syslog]struct{}{}}

// sendersOf decides which Syslogs may send. Its lock is taken inside that of a Syslog.
type sendersOf struct {
	mu      sync.Mutex
	active  map[*Syslog]struct{}
	frozen  bool
	waiting []*Syslog // to be told to begin when they may
	handed  HandedSyslog
	taken   time.Time // when it was handed to us
	carrier *Syslog   // it sends the lines that were handed over, the others wait for it
}

// admit reports whether s may send; if not, it will be told to begin when it may.
func (all *sendersOf) admit(s *Syslog) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.active[s] = struct{}{}
	if all.frozen || all.carrier != nil && all.carrier != s {
		all.waiting = append(all.waiting, s)
		return false
	}
	return true
}

// stops reports whether s is to stop sending. It will be told to begin again.
func (all *sendersOf) stops(s *Syslog) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.frozen && !slices.Contains(all.waiting, s) {
		all.waiting = append(all.waiting, s)
	}
	return all.frozen
}

// adopt gives a new Syslog the lines that were handed over, if it is the first one. The
// failure that was reported is known to all.
func (all *sendersOf) adopt(s *Syslog) {
	all.mu.Lock()
	h := all.handed
	if h.Socket != s.socket {
		all.mu.Unlock()
		return
	}
	all.handed.Lines, all.handed.Lost = nil, 0
	if len(h.Lines) > 0 {
		all.carrier = s
	}
	s.outage.down, s.outage.since, s.outage.lost = h.Down, all.taken.Add(-h.Ago), h.Lost
	all.mu.Unlock()
	if len(h.Lines) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines, s.carried = h.Lines, len(h.Lines)
	for _, line := range h.Lines {
		s.bytes += len(line)
	}
	s.begin()
}

// release tells those that wait to begin.
func (all *sendersOf) release() {
	all.mu.Lock()
	waiting := all.waiting
	all.waiting = nil
	all.mu.Unlock()
	for _, s := range waiting {
		s.mu.Lock()
		if len(s.lines) > 0 {
			s.begin()
		}
		s.mu.Unlock()
	}
}

// keep puts a line back that was not sent because the senders are frozen, and reports
// whether they are.
func (s *Syslog) keep(line []byte, lost int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !senders.stops(s) {
		return false
	}
	s.lines = slices.Insert(s.lines, 0, line)
	s.bytes += len(line)
	s.lost += lost
	if senders.carries(s, s) {
		s.carried++ // none but these is sent meanwhile
	}
	return true
}

// sent is called when one more line is sent or dropped. After the last one that was
// handed over the other senders may begin.
func (s *Syslog) sent() {
	s.mu.Lock()
	last := s.carried == 0 && senders.carries(s, nil)
	s.mu.Unlock()
	if last {
		senders.release()
	}
}

// carries reports whether s is the sender of what was handed over; next takes its place.
func (all *sendersOf) carries(s, next *Syslog) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.carrier != s {
		return false
	}
	all.carrier = next
	return true
}

// retire forgets a Syslog that has nothing to send and nothing to report.
func (all *sendersOf) retire(s *Syslog) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.active, s)
}

// list returns the active senders.
func (all *sendersOf) list() (list []*Syslog) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for s := range all.active {
		list = append(list, s)
	}
	return list
}

// whenCeased returns a channel that is closed when s does not send.
func (s *Syslog) whenCeased() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sending {
		return closedNow
	}
	if s.ceased == nil {
		s.ceased = make(chan struct{})
	}
	return s.ceased
}

// flush waits until everything is sent, or ctx ends.
func (all *sendersOf) flush(ctx context.Context) {
	for _, s := range all.list() {
		select {
		case <-s.whenCeased():
		case <-ctx.Done():
			return
		}
	}
}

// freeze has all senders stop, and waits until they have: a write to a socket can be
// ended.
func (all *sendersOf) freeze() {
	all.mu.Lock()
	all.frozen = true
	all.mu.Unlock()
	for _, s := range all.list() {
		s.mu.Lock()
		if s.sending && s.conn != nil {
			_ = s.conn.SetWriteDeadline(time.Unix(1, 0))
		}
		s.mu.Unlock()
		<-s.whenCeased()
	}
}

func (all *sendersOf) thaw() {
	all.mu.Lock()
	all.frozen = false
	all.mu.Unlock()
	all.release()
}

// handOver returns what is left after freeze.
func (all *sendersOf) handOver() (h HandedSyslog) {
	h.Socket = syslogSocket
	list := all.list()
	all.mu.Lock()
	carrier := all.carrier
	all.mu.Unlock()
	if i := slices.Index(list, carrier); i > 0 {
		list[0], list[i] = list[i], list[0] // its lines are older
	}
	now := time.Now()
	for _, s := range list {
		s.mu.Lock()
		h.Socket = s.socket
		h.Lines = append(h.Lines, s.lines...)
		h.Lost += s.lost + s.outage.lost
		if s.outage.down {
			h.Down, h.Ago = true, now.Sub(s.outage.since)
		}
		s.mu.Unlock()
	}
	return h
}

// take has what was handed over wait for the first Syslog. It discards what this image
// has frozen.
func (all *sendersOf) take(h HandedSyslog, now time.Time) {
	if all.isFrozen() {
		for _, s := range all.list() {
			s.mu.Lock()
			s.lines, s.bytes, s.lost, s.carried, s.outage.lost, s.outage.down = nil, 0, 0, 0, 0, false
			s.mu.Unlock()
		}
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	clear(all.active)
	all.frozen, all.waiting, all.carrier = false, nil, nil
	all.handed, all.taken = h, now
}

func (all *sendersOf) isFrozen() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.frozen
}

// closeUnclaimed has the lines sent that no new Syslog has adopted.
func (all *sendersOf) closeUnclaimed(report func(Outage)) {
	all.mu.Lock()
	socket, left := all.handed.Socket, len(all.handed.Lines) > 0 || all.handed.Lost > 0
	all.mu.Unlock()
	if left {
		newSyslog("", socket, report)
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	all.handed = HandedSyslog{}
}
