package logfile

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"reeve/supervisor/rescue"
)

// Limits for a slow syslog: bytes that may wait, and how long one write may take.
const (
	syslogMax     = 1 << 20
	syslogPatient = 5 * time.Second
)

// userInfo is the number of facility user, priority info.
const userInfo = 1<<3 | 6

// Syslog sends lines to the system's log as Python's syslog module does: facility user,
// priority info, the ident, no pid (fact 172: a message per line). Its methods may be
// called from any goroutine and never block: lines go through a bounded queue to a
// goroutine that exists only while there are lines. Lines are lost while syslog is
// missing, or slow with a mebibyte waiting; that is reported once, and the next line
// tries to connect again.
type Syslog struct {
	ident  string
	socket string
	now    func() time.Time
	outage health // used only by the sender goroutine

	mu      sync.Mutex
	conn    *net.UnixConn // only the sender goroutine changes it
	lines   [][]byte      // whole datagrams
	bytes   int
	lost    int64
	sending bool
	ceased  chan struct{} // closed when sending becomes false; nil: nobody waits
	carried int           // how many of the lines were handed over; they are the first
}

// NewSyslog returns a sender; it connects for the first line. ident is the program's
// name. report is called when lines are lost and when they get through again; it may be
// nil.
func NewSyslog(ident string, report func(Outage)) *Syslog {
	return newSyslog(ident, syslogSocket, report)
}

func newSyslog(ident, socket string, report func(Outage)) *Syslog {
	if report == nil {
		report = func(Outage) {}
	}
	s := &Syslog{ident: ident, socket: socket, now: time.Now, outage: health{path: socket, report: report}}
	senders.adopt(s)
	return s
}

// Send queues one line, without its newline.
func (s *Syslog) Send(line []byte) { s.queue("", line) }

// SendLines sends each line of text as a separate message that starts with prefix;
// newlines at the end make no empty messages.
func (s *Syslog) SendLines(prefix string, text []byte) {
	for line := range bytes.SplitSeq(bytes.TrimRight(text, "\n"), []byte("\n")) {
		s.queue(prefix, line)
	}
}

func (s *Syslog) queue(prefix string, line []byte) {
	// in C, and so for upstream, a line ends there
	line, _, _ = bytes.Cut(line, []byte{0})
	stamp := s.now().Format(time.Stamp)
	datagram := fmt.Appendf(nil, "<%d>%s %s: %s%s", userInfo, stamp, s.ident, prefix, line)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+len(datagram) > syslogMax && s.bytes > 0 {
		s.lost += int64(len(datagram))
		return
	}
	s.bytes += len(datagram)
	s.lines = append(s.lines, datagram)
	s.begin()
}

// begin makes sure that there is a sender goroutine, unless senders forbids it now. The
// caller holds the lock.
func (s *Syslog) begin() {
	if s.sending || !senders.admit(s) {
		return
	}
	s.sending = true
	busy.add(1)
	go func() { rescue.Vital("the sender to syslog", s.send) }()
}

// cease records that the sender goroutine ends. The caller holds the lock.
func (s *Syslog) cease() {
	s.sending = false
	if s.ceased != nil {
		close(s.ceased)
		s.ceased = nil
	}
}

// send is the sender goroutine.
func (s *Syslog) send() {
	defer busy.add(-1)
	rescue.Keep("the sender to syslog", s.sendAll)
}

func (s *Syslog) sendAll() {
	for {
		line, lost, ok := s.next()
		if !ok {
			return
		}
		switch err := s.deliver(line); {
		case err != nil && s.keep(line, lost):
		case err == nil:
			s.outage.wrote(time.Now(), lost)
		case errors.Is(err, syscall.EMSGSIZE):
			s.outage.failed(time.Now(), fmt.Errorf("cannot write %d bytes to %s: %w", len(line), s.socket, socketCause(err)), int64(len(line))+lost)
		default:
			// The lines behind this one would fail too.
			lost += int64(len(line)) + s.drop()
			s.outage.failed(time.Now(), fmt.Errorf("cannot write to %s: %w", s.socket, socketCause(err)), lost)
		}
		s.sent()
	}
}

// next takes the first line, and returns how many bytes were dropped before it for lack
// of room.
func (s *Syslog) next() (line []byte, lost int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) == 0 || senders.stops(s) {
		s.outage.lost += s.lost
		s.lost = 0
		if len(s.lines) == 0 && !s.outage.down && s.outage.lost == 0 {
			senders.retire(s)
		}
		s.cease()
		return nil, 0, false
	}
	lost, s.lost = s.lost, 0
	line, s.lines[0] = s.lines[0], nil
	s.lines = s.lines[1:]
	s.carried = max(s.carried-1, 0)
	s.bytes -= len(line)
	return line, lost, true
}

// drop drops all lines that wait, and returns how many bytes they had.
func (s *Syslog) drop() (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = int64(s.bytes)
	s.lines, s.bytes = nil, 0
	s.carried = 0
	return n
}

// setConn sets the connection to send on, or none.
func (s *Syslog) setConn(conn *net.UnixConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
}

// deliver sends one datagram. It connects again if that fails, because a restarted syslog
// has a new socket; but not after a timeout.
func (s *Syslog) deliver(datagram []byte) error {
	if s.conn != nil {
		err := s.try(datagram)
		if err == nil || errors.Is(err, syscall.EMSGSIZE) {
			return err
		}
		s.conn.Close()
		s.setConn(nil)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return err
		}
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	s.setConn(conn)
	return s.try(datagram)
}

func (s *Syslog) try(datagram []byte) error {
	if err := s.limit(time.Now().Add(syslogPatient)); err != nil {
		return err
	}
	_, err := s.conn.Write(datagram)
	return err
}

// limit sets the time at which a write fails; at once, if senders has this one stop.
func (s *Syslog) limit(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if senders.stops(s) {
		at = time.Unix(1, 0)
	}
	return s.conn.SetWriteDeadline(at)
}

// socketCause returns the system's error inside an error of package net.
func socketCause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
