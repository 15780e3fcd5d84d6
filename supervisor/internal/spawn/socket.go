package spawn

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"reeve/config/pytext"
	"reeve/supervisor/safefile"
)

// SocketSpec describes a FastCGI socket (facts 77-80 and 167: options, addresses, owner,
// mode, use as descriptor 0).
type SocketSpec struct {
	// Network is "unix" or "tcp".
	Network string
	// Address is a path, or HOST:PORT.
	Address string
	Backlog int // 0: SOMAXCONN
	// Owner and mode of a unix socket's file.
	Owner *SocketOwner // nil: as created
	Mode  uint32
}

// SocketOwner is the owner of a socket's file. A GID of -1 leaves the group unchanged.
type SocketOwner struct{ UID, GID int }

// OpenSocket opens a listening socket, which belongs to the caller. An existing path is
// unlinked first; the file stays on disk when the socket is closed. Looking up a host
// name may block. On failure nothing is left, and the error's text is upstream's reason
// (fact 113: a socket that cannot be created).
func OpenSocket(s SocketSpec) (*os.File, error) {
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
	return os.NewFile(uintptr(fd), s.Address), nil
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
	if err := dir.Remove(name); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
		return fmt.Errorf("%w: '%s'", socketError(err), s.Address)
	}
	file, err := dir.Bind(fd, name)
	if err != nil {
		return socketError(err)
	}
	defer file.Close()
	if s.Owner != nil {
		if err = file.Chown(name, s.Owner.UID, s.Owner.GID); err != nil {
			err = fmt.Errorf("Could not change ownership of socket file: %w: '%s'", socketError(err), s.Address)
		}
	}
	if err == nil {
		if err = file.Chmod(name, s.Mode); err != nil {
			err = fmt.Errorf("Could not change permissions of socket file: %w: '%s'", socketError(err), s.Address)
		}
	}
	if err == nil {
		err = s.listen(fd)
	}
	if err != nil {
		_ = dir.Remove(name)
	}
	return err
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
