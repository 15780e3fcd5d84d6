package spawn

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// SocketSpec says which FastCGI socket to open (checklist 77-80, 167).
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

// SocketOwner owns a socket's file. A GID of -1 leaves the group as it is.
type SocketOwner struct{ UID, GID int }

// OpenSocket opens a listening socket, which belongs to the caller. A path that exists is unlinked first; it is left on disk when
// the socket is closed. Looking up a host name may block. On failure nothing is left, and the error's text is what upstream
// gives as the reason (checklist 113).
func OpenSocket(s SocketSpec) (*os.File, error) {
	domain, addr, err := s.resolve()
	if err != nil {
		return nil, err
	}
	if s.Network == "unix" {
		if err := unix.Unlink(s.Address); err != nil && err != unix.ENOENT && err != unix.ENOTDIR {
			return nil, fmt.Errorf("%w: '%s'", socketError(err), s.Address)
		}
	}
	fd, err := streamSocket(domain)
	if err != nil {
		return nil, socketError(err)
	}
	bound, err := s.listen(fd, addr)
	if err != nil {
		unix.Close(fd)
		if bound && s.Network == "unix" {
			unix.Unlink(s.Address)
		}
		return nil, err
	}
	return os.NewFile(uintptr(fd), s.Address), nil
}

func (s *SocketSpec) resolve() (domain int, _ unix.Sockaddr, _ error) {
	if s.Network == "unix" {
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: s.Address}, nil
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

// listen tells as well if the socket's file was made.
func (s *SocketSpec) listen(fd int, addr unix.Sockaddr) (bound bool, _ error) {
	if s.Network != "unix" {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return false, socketError(err)
		}
	}
	if err := unix.Bind(fd, addr); err != nil {
		return false, socketError(err)
	}
	if s.Network == "unix" {
		if s.Owner != nil {
			if err := unix.Chown(s.Address, s.Owner.UID, s.Owner.GID); err != nil {
				return true, fmt.Errorf("Could not change ownership of socket file: %w: '%s'", socketError(err), s.Address)
			}
		}
		if err := unix.Chmod(s.Address, s.Mode); err != nil {
			return true, fmt.Errorf("Could not change permissions of socket file: %w: '%s'", socketError(err), s.Address)
		}
	}
	backlog := s.Backlog
	if backlog == 0 {
		backlog = unix.SOMAXCONN
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return true, socketError(err)
	}
	return true, nil
}

// socketError puts a system call's error into upstream's words: `[Errno 98] Address already in use`.
func socketError(err error) error {
	errno, ok := errors.AsType[unix.Errno](err)
	if !ok {
		return err
	}
	return &numbered{errno}
}

// numbered is an error of the system's as Python shows it.
type numbered struct{ errno unix.Errno }

func (e *numbered) Unwrap() error { return e.errno }

func (e *numbered) Error() string {
	text := e.errno.Error()
	return fmt.Sprintf("[Errno %d] %s", int(e.errno), strings.ToUpper(text[:1])+text[1:])
}

// resolverError does the same for a host name that means no address; the number is getaddrinfo's.
func resolverError(err error) error {
	if e, ok := errors.AsType[*net.DNSError](err); ok && (e.IsTemporary || e.IsTimeout) {
		return errors.New("[Errno -3] Temporary failure in name resolution")
	}
	return errors.New("[Errno -2] Name or service not known")
}
