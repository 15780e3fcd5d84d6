package spawn

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"reeve/config/pytext"
	"reeve/supervisor/safefile"
)

// SocketSpec describes a listening socket: of FastCGI (facts 77-80 and 167: options,
// addresses, owner, mode, use as descriptor 0), or one of our own key listen=.
type SocketSpec struct {
	// Network is "unix" or "tcp".
	Network string
	// Address is a path, or HOST:PORT. A name is looked up for IPv4 only, as upstream
	// does; an IPv6 address is in brackets.
	Address string
	Backlog int // 0: SOMAXCONN
	// Owner and mode of a unix socket's file.
	Owner *SocketOwner // nil: as created
	Mode  uint32

	// ReusePort lets others that ask for it as well listen at the same address.
	ReusePort bool
	// Careful refuses to replace a file that is no socket. Upstream replaces any.
	Careful bool
}

// SocketOwner is the owner of a socket's file. A GID of -1 leaves the group unchanged.
type SocketOwner struct{ UID, GID int }

// Socket is a listening socket that children get. It is no os.File: a child may make it
// non-blocking, which holds for all who have it, and an os.File would take that for its
// own affair.
type Socket struct{ fd int }

// NewSocket makes a Socket of a descriptor, which belongs to it from then on.
func NewSocket(fd int) *Socket { return &Socket{fd} }

// FD returns the descriptor.
func (s *Socket) FD() int { return s.fd }

// Close closes it. Children that have it keep it.
func (s *Socket) Close() { closeFD(&s.fd) }

// Quit ends listening, whoever else has the socket.
func (s *Socket) Quit() { _ = unix.Shutdown(s.fd, unix.SHUT_RDWR) }

// Block makes the socket a blocking one, as it was when it was opened.
func (s *Socket) Block() { _ = unix.SetNonblock(s.fd, false) }

// Adjust gives an open socket the backlog, owner and mode of a spec. It may block.
func (s *Socket) Adjust(to SocketSpec) error {
	if err := to.listen(s.fd); err != nil || to.Network != "unix" {
		return err
	}
	dir, name, err := safefile.Parent(to.Address)
	if err != nil {
		return socketError(err)
	}
	defer dir.Close()
	file, err := dir.Socket(name)
	if err != nil {
		return socketError(err)
	}
	defer file.Close()
	return to.give(file, name)
}

// OpenSocket opens a listening socket, which belongs to the caller. An existing path is
// unlinked first; the file stays on disk when the socket is closed. Looking up a host
// name may block. On failure nothing is left, and the error's text is upstream's reason
// (fact 113: a socket that cannot be created).
func OpenSocket(s SocketSpec) (*Socket, error) {
	domain, addr, err := s.resolve()
	if err != nil {
		return nil, err
	}
	fd, err := streamSocket(domain)
	if err != nil {
		return nil, socketError(err)
	}
	if s.Network == "unix" {
		err = s.bindFile(fd)
	} else {
		err = s.bind(fd, addr)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return NewSocket(fd), nil
}

func (s *SocketSpec) resolve() (domain int, _ unix.Sockaddr, _ error) {
	if s.Network == "unix" {
		return unix.AF_UNIX, nil, nil
	}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return 0, nil, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0, nil, err
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		return unix.AF_INET6, &unix.SockaddrInet6{Port: int(n), Addr: ip.As16()}, nil
	}
	addr := &unix.SockaddrInet4{Port: int(n)}
	if host == "" {
		return unix.AF_INET, addr, nil
	}
	ip, err := net.ResolveIPAddr("ip4", host) // upstream's is IPv4 only
	if err != nil {
		return 0, nil, resolverError(err)
	}
	copy(addr.Addr[:], ip.IP.To4())
	return unix.AF_INET, addr, nil
}

func (s *SocketSpec) bind(fd int, addr unix.Sockaddr) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return socketError(err)
	}
	if s.ReusePort {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return socketError(err)
		}
	}
	if err := unix.Bind(fd, addr); err != nil {
		return socketError(err)
	}
	return s.listen(fd)
}

// bindFile makes the socket's file and listens. If it fails it leaves no file.
func (s *SocketSpec) bindFile(fd int) error {
	dir, name, err := safefile.Parent(s.Address)
	if err != nil {
		return socketError(err)
	}
	defer dir.Close()
	if at, err := os.Lstat(s.Address); s.Careful && err == nil && at.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("there is a file at %s that is no socket", s.Address)
	}
	if err := dir.Remove(name); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
		return fmt.Errorf("%w: '%s'", socketError(err), s.Address)
	}
	file, err := dir.Bind(fd, name)
	if err != nil {
		return socketError(err)
	}
	defer file.Close()
	if err = s.give(file, name); err == nil {
		err = s.listen(fd)
	}
	if err != nil {
		_ = dir.Remove(name)
	}
	return err
}

// give sets owner and mode of the socket's file.
func (s *SocketSpec) give(file *safefile.Socket, name string) error {
	if s.Owner != nil {
		if err := file.Chown(name, s.Owner.UID, s.Owner.GID); err != nil {
			return fmt.Errorf("Could not change ownership of socket file: %w: '%s'", socketError(err), s.Address)
		}
	}
	if err := file.Chmod(name, s.Mode); err != nil {
		return fmt.Errorf("Could not change permissions of socket file: %w: '%s'", socketError(err), s.Address)
	}
	return nil
}

func (s *SocketSpec) listen(fd int) error {
	backlog := s.Backlog
	if backlog == 0 {
		backlog = unix.SOMAXCONN
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return socketError(err)
	}
	return nil
}

// socketError gives a system call's error upstream's text: `[Errno 98] Address already in
// use`.
func socketError(err error) error {
	errno, ok := errors.AsType[unix.Errno](err)
	if !ok {
		return err
	}
	return &numbered{errno}
}

// numbered is a system error with Python's text.
type numbered struct{ errno unix.Errno }

func (e *numbered) Unwrap() error { return e.errno }

func (e *numbered) Error() string { return pytext.OSError(e.errno) }

// resolverError does the same for a host name that can't be resolved; the number is
// getaddrinfo's.
func resolverError(err error) error {
	if e, ok := errors.AsType[*net.DNSError](err); ok && (e.IsTemporary || e.IsTimeout) {
		return errors.New("[Errno -3] Temporary failure in name resolution")
	}
	return errors.New("[Errno -2] Name or service not known")
}
