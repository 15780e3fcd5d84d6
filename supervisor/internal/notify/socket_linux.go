package notify

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/safefile"
)

// mostFDs is how many descriptors of one message are received; the kernel closes the
// rest. A barrier has one.
const mostFDs = 16

// socket is the socket that all programs send to.
type socket struct {
	conn *net.UnixConn
	path string // "": it is no file
	data [longest + 1]byte
	oob  [1024]byte
}

// openSocket opens or takes over the socket, and returns its address.
func openSocket(opt Options) (_ *socket, address string, err error) {
	f := opt.Socket
	if address = opt.Address; f == nil {
		if f, address, err = bind(opt.Path); err != nil {
			return nil, "", err
		}
	}
	conn, err := net.FilePacketConn(f)
	f.Close()
	if err != nil {
		return nil, "", err
	}
	u, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, "", errors.New("the socket of the daemon before is not a unix socket")
	}
	return &socket{conn: u, path: opt.Path}, address, nil
}

// receiveBuffer is the size of the socket's buffer, if the kernel gives that much: a
// sender waits when it is full.
const receiveBuffer = 1 << 20

func bind(path string) (_ *os.File, address string, err error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, "", os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "notifications")
	// Before bind, so that every message has a sender.
	err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1))
	if err == nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
		if path == "" {
			path = "@reeve/notify/" + unique()
			err = os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrUnix{Name: path}))
		} else {
			err = bindFile(fd, path)
		}
	}
	if err != nil {
		f.Close()
		return nil, "", err
	}
	return f, path, nil
}

func unique() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// bindFile makes the socket's file, which every user may send to.
func bindFile(fd int, path string) error {
	dir, name, err := safefile.Parent(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Remove(name); err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	file, err := dir.Bind(fd, name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Chmod(name, 0o666); err != nil {
		_ = dir.Remove(name)
		return err
	}
	return nil
}

// receive waits for a message; with room for descriptors or without.
func (s *socket) receive(room bool) (d datagram, err error) {
	oob := s.oob[:unix.CmsgSpace(unix.SizeofUcred)]
	if room {
		oob = s.oob[:unix.CmsgSpace(unix.SizeofUcred)+unix.CmsgSpace(4*mostFDs)]
	}
	n, oobn, _, _, err := s.conn.ReadMsgUnix(s.data[:], oob)
	if err != nil {
		return d, err
	}
	d.data = s.data[:n]
	controls, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return d, nil // without a sender it is ignored
	}
	for _, c := range controls {
		if fds, err := unix.ParseUnixRights(&c); err == nil {
			d.fds = append(d.fds, fds...)
		}
		if cred, err := unix.ParseUnixCredentials(&c); err == nil {
			d.pid, d.uid = int(cred.Pid), int(cred.Uid)
		}
	}
	return d, nil
}

// file returns a duplicate of the socket.
func (s *socket) file() (f *os.File, err error) {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	control := raw.Control(func(fd uintptr) {
		var dup int
		if dup, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3); err == nil {
			f = os.NewFile(uintptr(dup), "notifications")
		}
	})
	return f, errors.Join(control, err)
}

// close ends receive.
func (s *socket) close(keep bool) {
	s.conn.Close()
	if s.path != "" && !keep {
		_ = disk.Go(s.path, func() { _ = safefile.Remove(s.path) })
	}
}
