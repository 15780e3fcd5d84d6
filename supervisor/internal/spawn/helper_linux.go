package spawn

import (
	"encoding/binary"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// helper is our own binary, executed again, that forks for us. It has few descriptors, so its forks are cheap however many we
// have, and it forks with CLONE_PARENT, so its children are ours. Requests and descriptors go over a socket that keeps
// packets apart; the helper ends when our end of it is closed.
//
// We keep the helper's end as well: what a helper that hangs has not read can be taken back through it, and each packet is read
// by exactly one of both.
type helper struct {
	k    *kernel
	pid  int
	conn *net.UnixConn
	far  int           // the helper's end; -1: closed
	sent []*start      // the loop's; in order
	read chan struct{} // closed when the reader has ended

	mu      sync.Mutex
	pending map[uint64]*start // by number of the request
	number  uint64
}

// helperAhead is how many starts the helper is given at once.
const helperAhead = 4

// maxPacket bounds a request; a plan that doesn't fit comes as a file. helperAhead requests fit into any socket's buffer.
const maxPacket = 16 << 10

// startHelper gives nil if there can be no helper.
func startHelper(k *kernel, r *reaper) starter {
	h, err := newHelper(k)
	if err != nil {
		return nil
	}
	if r.helpers == nil {
		r.helpers = map[int]*helper{}
	}
	r.helpers[h.pid] = h
	return h
}

func newHelper(k *kernel) (*helper, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	near := os.NewFile(uintptr(ends[0]), "helper")
	defer near.Close()
	conn, err := net.FileConn(near)
	if err != nil {
		unix.Close(ends[1])
		return nil, err
	}
	own, _ := ownBinary()
	far := uintptr(ends[1])
	pid, err := syscall.ForkExec(own, []string{reexecName, helperPart}, &syscall.ProcAttr{
		Files: []uintptr{far, far, far},
		Sys:   &syscall.SysProcAttr{Setpgid: true}, // a terminal's signals are not for it
	})
	if err != nil {
		conn.Close()
		unix.Close(ends[1])
		return nil, err
	}
	h := &helper{
		k: k, pid: pid, conn: conn.(*net.UnixConn), far: ends[1],
		read: make(chan struct{}), pending: map[uint64]*start{},
	}
	go h.reader()
	return h, nil
}

func (h *helper) room() int { return helperAhead - len(h.sent) }

func (h *helper) front() *start { return first(h.sent) }

func (h *helper) settle(s *start) bool {
	n := len(h.sent)
	h.sent = without(h.sent, s)
	return len(h.sent) < n
}

func (h *helper) submit(s *start) {
	h.sent = append(h.sent, s)
	h.mu.Lock()
	h.number++
	number := h.number
	h.pending[number] = s
	h.mu.Unlock()
	if err := h.send(number, s); err != nil && h.claim(number) != nil {
		s.settled(0, err)
		h.k.hand(h.k.forked, s)
	}
}

// send writes a request. It does not block: what is under way fits into the socket's buffer.
func (h *helper) send(number uint64, s *start) error {
	p, files, planFile, err := s.order()
	if err != nil {
		return err
	}
	if planFile != nil {
		defer planFile.Close()
	}
	r := request{number: number, files: len(files), plan: p.append(nil)}
	if len(r.plan) > maxPacket-requestHead {
		f, err := dataFile(r.plan)
		if err != nil {
			return err
		}
		defer f.Close()
		r.plan = nil
		files = append(files, int(f.Fd()))
	}
	_, _, err = h.conn.WriteMsgUnix(r.append(nil), unix.UnixRights(files...), nil)
	return err
}

// claim takes a request off the list of pending ones. Who gets it answers for it.
func (h *helper) claim(number uint64) *start {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.pending[number]
	delete(h.pending, number)
	return s
}

// reader takes answers until the socket is closed on either side; then what is still pending has failed.
func (h *helper) reader() {
	defer close(h.read)
	buf := make([]byte, 512)
	for {
		n, err := h.conn.Read(buf)
		if err != nil || n == 0 {
			break
		}
		a, ok := decodeAnswer(buf[:n])
		if !ok {
			continue // the last words of a helper that crashes
		}
		s := h.claim(a.number)
		switch {
		case s == nil:
			continue
		case a.errno != 0 && !s.how.shim:
			s.again = true
		case a.errno != 0:
			s.settled(0, a.errno)
		default:
			s.settled(a.pid, nil)
		}
		h.k.hand(h.k.forked, s)
	}
	h.mu.Lock()
	left := h.pending
	h.pending = nil
	h.mu.Unlock()
	for _, s := range left {
		s.settled(0, syscall.EPIPE)
		h.k.hand(h.k.forked, s)
	}
}

// retire takes back what the helper has not read.
func (h *helper) retire() []*start {
	var back []*start
	buf, oob := make([]byte, maxPacket), make([]byte, unix.CmsgSpace(8*4))
	for h.far >= 0 {
		n, fds, err := receive(h.far, buf, oob, unix.MSG_DONTWAIT)
		if err != nil || n == 0 {
			break
		}
		for _, fd := range fds {
			unix.Close(fd)
		}
		number, size := binary.Uvarint(buf[:n])
		if s := h.claim(number); size > 0 && s != nil {
			h.sent = without(h.sent, s)
			back = append(back, s)
		}
	}
	return back
}

// abandon lets the helper end.
func (h *helper) abandon() {
	h.conn.Close()
	h.closeFar()
}

func (h *helper) closeFar() {
	if h.far >= 0 {
		unix.Close(h.far)
		h.far = -1
	}
}

// end lets the helper complete what it has begun, for a second, and reaps it.
func (h *helper) end() {
	for _, s := range h.retire() {
		s.closeAll()
	}
	unix.Shutdown(h.far, unix.SHUT_RD) // nothing more to read for the helper; its answers still reach us
	kill := time.AfterFunc(time.Second, func() { syscall.Kill(h.pid, syscall.SIGKILL) })
	for {
		if _, err := syscall.Wait4(h.pid, nil, 0, nil); err != syscall.EINTR {
			break
		}
	}
	kill.Stop()
	h.closeFar()
	<-h.read
	h.conn.Close()
}

// helperEnded is called when a helper is a zombie, whether it was told to end or not.
func (l *loop) helperEnded(h *helper) {
	var ws syscall.WaitStatus
	wait(h.pid, &ws)
	delete(l.reaper.helpers, h.pid)
	for _, back := range h.retire() {
		l.forks--
		l.renew(back)
	}
	h.closeFar() // the reader comes to the end
	if l.helper == starter(h) {
		l.helper = nil
		if h.front() != nil {
			l.retired = append(l.retired, h)
			return
		}
	}
	if !slices.Contains(l.retired, starter(h)) {
		h.conn.Close()
	}
}

// endHelpers ends all helpers that were not reaped.
func (l *loop) endHelpers() {
	for _, h := range l.reaper.helpers {
		h.end()
	}
}
