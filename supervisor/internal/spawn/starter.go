package spawn

import (
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// starter is the daemon's side of the process that makes children (see doc.go). Only the
// loop calls its methods, except for listen.
type starter struct {
	pid     int
	socket  *os.File // requests and answers
	fd      int      // of socket
	control int      // says after which request to go on
	heard   chan struct{}

	sent    []*request // not answered, in order; the first is being carried out
	hanging []*request // not answered, but their children are known
	began   time.Time  // when the first of sent was begun
	number  uint64     // of the last request
	held    uint64     // not told to go on after this request, as too many hang; 0: none
	killed  bool
	dead    bool // reaped
	silent  bool // all its answers were read
}

// request is one attempt at a start.
type request struct {
	*start
	number uint64
}

// startsAhead is how many starts are sent to the starter ahead, so that it need not wait
// for the daemon in between.
const startsAhead = 4

// maxHanging is how many starts may hang in the starter; one more makes those behind it
// wait.
const maxHanging = 16

// submit sends a start to the starter. It returns false if there is no room.
func (l *loop) submit(s *start) bool {
	st := l.starter
	if st.killed || st.dead || st.held != 0 || len(st.sent) >= startsAhead {
		return false
	}
	st.number++
	if err := st.send(st.number, s); err != nil {
		switch {
		case errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET):
			st.kill()
			return false
		case len(st.sent) > 0: // the starts in progress take the room
			return false
		}
		l.settle(s, 0, err)
		return true
	}
	if s.state = forking; len(st.sent) == 0 {
		st.began = time.Now()
	}
	st.sent = append(st.sent, &request{s, st.number})
	return true
}

// send writes a request. It does not block.
func (st *starter) send(number uint64, s *start) error {
	s.sent = clock()
	files := s.files()
	if s.file != nil {
		files = append(files, int(s.file.Fd()))
	}
	head := appendFlag(binary.AppendUvarint(make([]byte, 0, 16), number), s.shim)
	_, err := unix.SendmsgBuffers(st.fd, [][]byte{head, s.packet}, unix.UnixRights(files...), nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return err
}

// goOn lets the starter carry out what was sent after a request.
func (st *starter) goOn(number uint64) {
	// it may be gone; its end is handled elsewhere
	_, _ = unix.Write(st.control, binary.LittleEndian.AppendUint64(nil, number))
}

func (st *starter) kill() {
	if !st.dead {
		st.killed = true
		_ = syscall.Kill(st.pid, syscall.SIGKILL)
	}
}

// answer is the starter's answer to a request.
type answer struct {
	from   *starter
	number uint64
	pid    int
	errno  syscall.Errno
}

func (a answer) append(b []byte) []byte {
	b = binary.AppendUvarint(b, a.number)
	b = binary.AppendUvarint(b, uint64(a.pid))
	return binary.AppendUvarint(b, uint64(a.errno))
}

func decodeAnswer(b []byte) (a answer, ok bool) {
	d := decoder{rest: b}
	a = answer{number: d.uint(), pid: int(d.uint32()), errno: syscall.Errno(d.uint32())}
	return a, !d.failed && len(d.rest) == 0 && (a.pid != 0) != (a.errno != 0)
}

// silence comes after the last answer.
type silence struct{ from *starter }

// listen passes answers on until there are no more.
func (st *starter) listen(k *kernel) {
	defer close(st.heard)
	buf := make([]byte, 64)
	for reset := false; ; {
		n, err := st.socket.Read(buf)
		if errors.Is(err, syscall.ECONNRESET) && !reset {
			reset = true // it died with requests unread; that is said once, before its last answers
			continue
		}
		if err != nil || n == 0 {
			break
		}
		if a, ok := decodeAnswer(buf[:n]); ok {
			a.from = st
			k.post(a)
		}
	}
	k.post(silence{st})
}

func (answer) drop()  {}
func (silence) drop() {}

func (a answer) tell(l *loop) {
	st := a.from
	is := func(r *request) bool { return r.number == a.number }
	if i := slices.IndexFunc(st.hanging, is); i >= 0 {
		r := st.hanging[i]
		st.hanging = slices.Delete(st.hanging, i, i+1)
		l.hungEnded(st, r, a.errno)
		return
	}
	if len(st.sent) == 0 || !is(st.sent[0]) {
		return
	}
	r := st.sent[0]
	st.sent = slices.Delete(st.sent, 0, 1)
	st.began = time.Now()
	if a.errno != 0 {
		l.failed(st, r, a.errno)
	} else {
		l.settle(r.start, a.pid, nil)
	}
	l.reapHeld()
}

// failed handles a start that failed in the starter, which waits for "go on". If there
// was a child, it has ended or is about to.
func (l *loop) failed(st *starter, r *request, errno syscall.Errno) {
	for _, c := range l.lost(st, r) {
		if !c.executed {
			l.discard(c.pid)
		}
	}
	st.goOn(r.number)
	switch {
	case r.revoked || kindOf(errno) == Shortage && r.shim:
		l.settle(r.start, 0, errno)
	case !r.shim:
		r.shim = true // the shim reports in the child what fails
		l.renew(r.start)
	default: // CLONE_PARENT is refused
		l.k.direct.Store(true)
		l.renew(r.start)
	}
}

// ended handles a hidden child that has been reaped.
func (l *loop) ended(pid int) {
	if st := l.starter; st != nil && st.pid == pid {
		st.dead = true
		// what it sent can still be read, then comes the end
		_ = unix.Shutdown(st.fd, unix.SHUT_RD)
		l.bury(st)
	}
	if s := l.doomed[pid]; s != nil {
		delete(l.doomed, pid)
		l.renew(s)
	}
}

func (s silence) tell(l *loop) {
	s.from.silent = true
	s.from.kill()
	l.bury(s.from)
}

// bury finds out what has become of a starter's starts, once it is dead and all its
// answers are read.
func (l *loop) bury(st *starter) {
	if !st.dead || !st.silent || l.starter != st {
		return
	}
	l.starter = nil
	st.close()
	for _, r := range st.hanging {
		closeFD(&r.stderr)
	}
	for i, r := range st.sent {
		r.deaths++
		if i > 0 || !l.adopt(st, r) {
			l.renew(r.start)
		}
	}
	l.reapHeld()
}

// adopt looks for the child of a request that a dead starter did not answer, and reports
// whether there is one.
func (l *loop) adopt(st *starter, r *request) (found bool) {
	for _, c := range l.lost(st, r) {
		switch {
		case c.executed && !found:
			l.settle(r.start, c.pid, nil)
		default:
			l.discard(c.pid)
			if !found {
				l.doomed[c.pid] = r.start
			}
		}
		found = true
	}
	return found
}

// close closes the descriptors for a starter that is gone.
func (st *starter) close() {
	st.socket.Close()
	closeFD(&st.control)
}
