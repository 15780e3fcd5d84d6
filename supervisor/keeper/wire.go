package keeper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// kind is the kind of a message on the socket between keeper and daemon.
type kind uint8

const (
	hold     kind = iota + 1 // to the keeper, with a descriptor: keep it under a tag
	drop                     // to the keeper: close what is held for an owner
	told                     // to the keeper: the end of pid was noted, it may be reaped
	catches                  // to the keeper: the daemon catches signals
	serving                  // to the keeper: the daemon serves
	repeat                   // to the keeper: report again which ends were not told
	leaving                  // to the keeper: the daemon ends as it should
	held                     // to the daemon, with a descriptor: it was held
	complete                 // to the daemon: that was all; status is how the one before died
	ended                    // to the daemon: pid has ended with a status
	short                    // to the daemon: something could not be held
)

// Class says what a descriptor is that a keeper holds.
type Class uint8

// The classes.
const (
	Trail    Class = iota + 1 // the daemon's state, as it changes
	Pipe                      // Owner: number of the start; Place: its channel
	Listener                  // Place: of the endpoint
	Socket                    // of FastCGI; Owner: its number
	Notify                    // the socket for notifications
	Program                   // what the daemon was executed from
	Marks                     // what is being written of that in pipes
)

// Tag is under what a descriptor is held. What an owner has is dropped together.
type Tag struct {
	Class Class
	Place uint8
	Owner uint64
}

// message is what goes over the socket: always size bytes.
type message struct {
	kind   kind
	tag    Tag
	pid    int
	status uint32 // as wait4 reports it
}

const size = 24

func (m *message) bytes() []byte {
	b := make([]byte, size)
	b[0], b[1], b[2] = byte(m.kind), byte(m.tag.Class), m.tag.Place
	binary.LittleEndian.PutUint64(b[4:], m.tag.Owner)
	binary.LittleEndian.PutUint32(b[12:], uint32(m.pid))
	binary.LittleEndian.PutUint32(b[16:], m.status)
	return b
}

func parse(b []byte) (message, error) {
	if len(b) != size {
		return message{}, fmt.Errorf("a message of %d bytes instead of %d", len(b), size)
	}
	return message{
		kind:   kind(b[0]),
		tag:    Tag{Class(b[1]), b[2], binary.LittleEndian.Uint64(b[4:])},
		pid:    int(binary.LittleEndian.Uint32(b[12:])),
		status: binary.LittleEndian.Uint32(b[16:]),
	}, nil
}

// wire is one end of the socket.
type wire struct {
	conn *net.UnixConn
	raw  syscall.RawConn // of it
}

// newWire takes the end with that descriptor.
func newWire(fd int) (wire, error) {
	f := os.NewFile(uintptr(fd), "keeper")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return wire{}, err
	}
	u, ok := conn.(*net.UnixConn)
	if !ok {
		_ = conn.Close()
		return wire{}, errors.New("it is no unix socket")
	}
	raw, err := u.SyscallConn()
	return wire{u, raw}, err
}

// transmit sends a message without waiting, with a descriptor if that is not negative.
func transmit(socket int, m message, fd int) error {
	var rights []byte
	if fd >= 0 {
		rights = unix.UnixRights(fd)
	}
	for {
		err := unix.Sendmsg(socket, m.bytes(), rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if err != unix.EINTR {
			return err
		}
	}
}

// receive waits for a message; fd is -1 if it comes without a descriptor.
func (w wire) receive() (m message, fd int, err error) {
	return received(func(b, oob []byte) (n, oobn int, err error) {
		n, oobn, _, _, err = w.conn.ReadMsgUnix(b, oob)
		return n, oobn, err
	})
}

// receiveNow is receive for a message that is there; else it fails.
func (w wire) receiveNow() (m message, fd int, err error) {
	return received(func(b, oob []byte) (n, oobn int, err error) {
		closed := w.raw.Control(func(socket uintptr) {
			for again := true; again; again = err == unix.EINTR {
				n, oobn, _, _, err = unix.Recvmsg(int(socket), b, oob, unix.MSG_DONTWAIT)
			}
		})
		return n, oobn, errors.Join(closed, err)
	})
}

func received(read func(b, oob []byte) (n, oobn int, err error)) (m message, fd int, err error) {
	var b [size + 1]byte
	oob := make([]byte, unix.CmsgSpace(4))
	n, oobn, err := read(b[:], oob)
	if err != nil {
		return m, -1, err
	}
	if fd = descriptorIn(oob[:oobn]); n == 0 {
		return m, fd, errGone
	}
	m, err = parse(b[:n])
	return m, fd, err
}

// duplicate returns another descriptor of the socket.
func (w wire) duplicate() (fd int, err error) {
	err = errors.Join(w.raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 3) }), err)
	return fd, err
}

// errGone means that the other side has closed its end.
var errGone = errors.New("the other side is gone")

func descriptorIn(oob []byte) int {
	all, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(all) == 0 {
		return -1
	}
	fds, err := unix.ParseUnixRights(&all[0])
	if err != nil || len(fds) == 0 {
		return -1
	}
	for _, fd := range fds[1:] {
		_ = unix.Close(fd)
	}
	unix.CloseOnExec(fds[0])
	return fds[0]
}

// pair makes both ends.
func pair() (near, far int, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET, 0)
	if err != nil {
		return -1, -1, os.NewSyscallError("socketpair", err)
	}
	unix.CloseOnExec(ends[0])
	unix.CloseOnExec(ends[1])
	return ends[0], ends[1], nil
}
