package notify

import (
	"fmt"
	"slices"
	"time"

	"reeve/supervisor/internal/check"
	"reeve/supervisor/process"
)

// datagram is what was received.
type datagram struct {
	data []byte // valid until the next one; longer than longest if it was cut
	pid  int    // of the sender; 0: not known
	uid  int
	fds  []int
}

// received is a datagram, decoded.
type received struct {
	pid     int
	m       message
	barrier int     // its descriptor; -1: none
	from    lineage // of the sender
	main    lineage // of MAINPID
}

// handle finds the program that sent a datagram, and keeps what it says.
func (s *Server) handle(now time.Time, d datagram) {
	m, err := parse(d.data)
	r := received{pid: d.pid, m: m, barrier: -1}
	if m.barrier && len(d.fds) == 1 {
		r.barrier, d.fds = d.fds[0], nil
	}
	s.closer.close(d.fds...)
	s.trace(now, &r)

	s.mu.Lock()
	defer s.mu.Unlock()
	switch sender := s.inbox.owner(r.from); {
	case sender != nil && err != nil:
		s.complain(sender, err.Error())
		s.closer.close(r.barrier)
	case sender != nil:
		s.accept(now, sender, r)
	case err != nil || r.from.child == 0 || len(s.held) >= mostEarly:
		s.stranger(now, d, r.from.gone)
		s.closer.close(r.barrier)
	default:
		s.held = append(s.held, early{r, now.Add(earlyFor)})
		s.changed() // deliver has to know when it expires
	}
}

// trace looks up where the sender and MAINPID come from. That reads files in /proc, so it
// is done without holding mu.
func (s *Server) trace(now time.Time, r *received) {
	r.from = s.lineage(now, r.pid)
	if r.m.MainPid != 0 {
		r.main = s.lineage(now, r.m.MainPid)
	}
}

// lineage is ancestors, without a look-up for a child that is known or a process that has
// just been looked up: in so short a time no pid is used again.
func (s *Server) lineage(now time.Time, pid int) lineage {
	s.mu.Lock()
	known := s.inbox.byPid[pid] != nil
	s.mu.Unlock()
	switch {
	case known:
		return lineage{pids: []int{pid}}
	case pid != s.recent.pid || now.After(s.recent.until):
		s.recent = recent{pid, now.Add(recentFor), ancestors(pid, s.self, s.look)}
	}
	return s.recent.lineage
}

// recent is the process that was looked up last.
type recent struct {
	pid     int
	until   time.Time
	lineage lineage
}

const recentFor = 50 * time.Millisecond

// accept keeps a message of a known program. The caller holds mu.
func (s *Server) accept(now time.Time, sender *sender, r received) {
	if r.m.problem != "" {
		s.complain(sender, r.m.problem)
	}
	if r.m.store && !sender.refused {
		sender.refused = true
		s.opt.Log(process.Warn, sender.name+" wants descriptors to be kept (FDSTORE=1), which supervisord does not do; they were closed")
	}
	if r.m.MainPid != 0 && s.inbox.owner(r.main) != sender {
		s.complain(sender, fmt.Sprintf("MAINPID=%d is none of its processes", r.m.MainPid))
		r.m.MainPid = 0
	}
	if r.m.Notice == (check.Notice{}) && r.barrier < 0 {
		return // it says nothing that anybody reads
	}
	if !sender.hurried && sender.hurries(now) {
		sender.hurried = true
		s.opt.Log(process.Warn, fmt.Sprintf("%s sends more than %d notifications a second; of what comes faster the last counts",
			sender.name, time.Second/runPeriod))
	}
	if !s.inbox.put(sender, r.m.Notice, r.pid, r.barrier) {
		s.closer.close(r.barrier)
	}
	s.changed()
}

// complain logs, once in a run, that a message makes no sense.
func (s *Server) complain(sender *sender, what string) {
	if !sender.complained {
		sender.complained = true
		s.opt.Log(process.Warn, "notification of "+sender.name+" makes no sense, ignoring that: "+what)
	}
}

// stranger logs, once a minute at most, that a message was ignored.
func (s *Server) stranger(now time.Time, d datagram, gone bool) {
	n := s.unknown.say(now)
	if n == 0 {
		return
	}
	why := "belongs to no program that may send any"
	if gone {
		why = "had ended already, so its program is not known (sending BARRIER=1 too makes it wait)"
	}
	text := fmt.Sprintf("notification ignored: pid %d of uid %d %s", d.pid, d.uid, why)
	if n > 1 {
		text += fmt.Sprintf("; %d more were ignored since the last such line", n-1)
	}
	s.opt.Log(process.Warn, text)
}

// expire drops the messages of children that did not become known, and returns when the
// next of them expires; zero if there is none.
func (s *Server) expire(now time.Time) (next time.Time) {
	s.held = slices.DeleteFunc(s.held, func(e early) bool {
		if e.until.After(now) {
			return false
		}
		s.closer.close(e.barrier)
		s.stranger(now, datagram{pid: e.pid}, false)
		return true
	})
	if len(s.held) > 0 {
		next = s.held[0].until
	}
	return next
}
