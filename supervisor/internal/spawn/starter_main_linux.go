package spawn

import (
	"encoding/binary"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// starterThreads is the number of threads: those that may be carrying out a request, and
// the one that listens to the daemon. The runtime can't stop a thread whose exec hangs,
// so it must have no reason to: the number is fixed, and garbage is not collected
// meanwhile.
const starterThreads = maxHanging + 3

// The starter collects garbage (some 8 KiB per request) after collectAfter requests if no
// request waits, after collectUntil even if one does. While starts hang it can't; after
// leaveAfter requests it then exits, and the daemon makes another one.
const (
	collectAfter = 32
	collectUntil = 1024
	leaveAfter   = 4096
)

// maxFiles is how many descriptors a request has at most: 0, 1, 2, what is to become
// Spec.Listen and Spec.Extra, and a file with the plan.
const maxFiles = planFD + mostSockets + 2

// server is the state of the starter process.
type server struct {
	current atomic.Uint64 // the request in progress, or the one that waits for "go on"
	hanging atomic.Int32  // threads that others have replaced
	mask    int           // the daemon's umask
	umask   atomic.Int32  // the current umask
	served  int           // requests since the last collection
}

// starterMain makes children until the daemon is gone.
func starterMain(limit string) {
	name := append([]byte(starterName), 0)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
	catchSignals()
	if soft, err := strconv.ParseUint(limit, 10, 64); err == nil {
		var lim syscall.Rlimit
		if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim) == nil {
			lim.Cur = soft
			_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim) // children get the same
		}
	}
	s := &server{mask: syscall.Umask(0o77)}
	s.umask.Store(0o77)
	runtime.GOMAXPROCS(starterThreads)
	go s.serve()
	buf := make([]byte, 8)
	for {
		n, err := unix.Read(control, buf)
		switch {
		case err == unix.EINTR:
		case err != nil || n != len(buf):
			os.Exit(0)
		case s.current.CompareAndSwap(binary.LittleEndian.Uint64(buf), 0):
			s.hanging.Add(1)
			go s.serve()
		}
	}
}

// catchSignals keeps us alive for as long as the daemon may be. Children inherit what is
// ignored, but not what is caught.
func catchSignals() {
	caught := make(chan os.Signal, 1)
	for _, sig := range [...]os.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM,
		syscall.SIGVTALRM, syscall.SIGIO, syscall.SIGPWR, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
	} {
		if !signal.Ignored(sig) {
			signal.Notify(caught, sig)
		}
	}
}

// serve carries out requests, until one fails, or hangs and the daemon says "go on": then
// another goroutine serves.
func (s *server) serve() {
	buf, oob := make([]byte, maxPacket+64), make([]byte, unix.CmsgSpace(maxFiles*4))
	for {
		n, fds, err := receive(requests, buf, oob)
		if err != nil || n == 0 {
			os.Exit(0)
		}
		d := decoder{rest: buf[:n]}
		number, shim := d.uint(), d.flag()
		s.current.Store(number)
		pid, err := s.start(d.rest, fds, shim)
		for _, fd := range fds {
			unix.Close(fd)
		}
		a := answer{number: number, pid: pid, errno: errnoFrom(err)}
		sent := unix.Send(requests, a.append(nil), unix.MSG_NOSIGNAL)
		switch {
		case sent != nil:
			os.Exit(0)
		case err != nil, !s.current.CompareAndSwap(number, 0):
			// the goroutine that goes on has counted one more, even after a failure
			s.hanging.Add(-1)
			return
		}
		s.tidy()
	}
}

// tidy collects garbage from time to time, or ends the starter if it can't for too long.
func (s *server) tidy() {
	if s.served++; s.served < collectAfter || s.served < collectUntil && waiting(requests) {
		return
	}
	if s.hanging.Load() == 0 {
		s.served = 0
		runtime.GOMAXPROCS(1) // or the collector would make a thread for each
		debug.FreeOSMemory()
		runtime.GOMAXPROCS(starterThreads)
	} else if s.served > leaveAfter {
		os.Exit(0)
	}
}

// waiting reports whether there is something to read.
func waiting(fd int) bool {
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return n > 0
}

// start makes a child. All threads share one umask; it is left as set, so that a thread
// that returns late does not undo another's.
func (s *server) start(packet []byte, fds []int, shim bool) (pid int, err error) {
	if len(fds) < planFD {
		return 0, syscall.EMFILE // the kernel dropped descriptors for lack of room
	}
	data, plan := packet, -1 // plan is the file that holds it
	if len(packet) == 0 {
		if len(fds) == planFD {
			return 0, syscall.EMFILE
		}
		if data, err = planIn(fds[len(fds)-1]); err != nil {
			return 0, err
		}
		plan = fds[len(fds)-1]
		fds = fds[:len(fds)-1]
	}
	p, err := decodePlan(data)
	if err != nil {
		return 0, syscall.EPROTO
	}
	if want := planFD + p.Sockets + min(p.Extra, 1); len(fds) != want {
		return 0, syscall.EMFILE
	}
	files := p.place(fds)
	if shim {
		if plan < 0 {
			f, err := dataFile(packet)
			if err != nil {
				return 0, err
			}
			defer f.Close()
			plan = int(f.Fd())
		}
		files = shimFiles(fds, plan)
		if p, err = shimPlan(); err != nil {
			return 0, err
		}
	}
	umask := p.Umask
	if umask < 0 {
		umask = s.mask
	}
	if s.umask.Swap(int32(umask)) != int32(umask) {
		syscall.Umask(umask)
	}
	attr := attributes(p, files)
	attr.Sys.Cloneflags = syscall.CLONE_PARENT
	pid, err = syscall.ForkExec(p.File, p.Argv, attr)
	runtime.KeepAlive(packet)
	return pid, err
}

// planIn reads a plan from a file, and leaves fd open.
func planIn(fd int) ([]byte, error) {
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return readData(dup)
}

// errnoFrom returns the system's error in err, or EIO if there is none; 0 if err is nil.
func errnoFrom(err error) syscall.Errno {
	if errno, ok := errors.AsType[syscall.Errno](err); ok && errno != 0 {
		return errno
	}
	if err != nil {
		return syscall.EIO
	}
	return 0
}

// receive reads one packet and its descriptors. n is 0 at the end.
func receive(socket int, buf, oob []byte) (n int, fds []int, err error) {
	for {
		var oobn int
		n, oobn, _, _, err = unix.Recvmsg(socket, buf, oob, unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil || oobn == 0 {
			return n, nil, err
		}
		messages, err := unix.ParseSocketControlMessage(oob[:oobn])
		if err != nil {
			return n, nil, err
		}
		for i := range messages {
			got, err := unix.ParseUnixRights(&messages[i])
			if err == nil {
				fds = append(fds, got...)
			}
		}
		return n, fds, nil
	}
}
