package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"reeve/config/pytext"
	"reeve/supervisor/safefile"
)

// The texts that have a fixed beginning (checklist 111): people and scripts look for them.
const (
	textInUse = "Another program is already listening on a port that one of our HTTP servers is configured to use."
	textOther = "Cannot open an HTTP server: socket.error reported"
	textChown = "Not permitted to chown"
)

var errInUse = fmt.Errorf("%s  Stop that program, or change the port or file in the configuration", textInUse)

// openError puts the reason why a socket cannot be opened into upstream's words.
func openError(err error) error {
	if errors.Is(err, errInUse) || errors.Is(err, syscall.EADDRINUSE) {
		return errInUse
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("%s errno.%s (%d)", textOther, pytext.ErrnoName(e), int(e))
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%s -2", textOther) // the number of Python's resolver for an unknown name
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return fmt.Errorf("%s -9", textOther) // and for a name that has no IPv4 address
	}
	return fmt.Errorf("%s %v", textOther, err)
}

// listenTCP opens an IPv4 socket, or an IPv6 one if the host is such an address, in brackets or not. The
// standard library sets SO_REUSEADDR, and takes the system's limit for the backlog.
func listenTCP(ctx context.Context, e *Endpoint) (net.Listener, error) {
	network, host := "tcp4", strings.TrimSuffix(strings.TrimPrefix(e.Host, "["), "]")
	if strings.Contains(host, ":") {
		network = "tcp6"
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, net.JoinHostPort(host, strconv.Itoa(e.Port)))
	if err != nil {
		return nil, openError(err)
	}
	return l, nil
}

const (
	backlog = 1024 // checklist 224
	// maxPath is how long the address of a unix socket may be on Linux, its end included; elsewhere it is a few bytes less,
	// and bind says so.
	maxPath = 108
	// probeFor bounds how long a socket that we find gets to prove that somebody listens.
	probeFor = 5 * time.Second
	// attempts bounds how often a stale socket is removed; more means that somebody keeps putting one there.
	attempts = 10
)

// listenUnix makes the socket file the way upstream does (checklist 223): bound under a name of our own, given its mode, then
// linked to its place, which fails if anything is there. So the file never exists with another mode, and two daemons that
// start at once cannot both have it. Returned is also what the file is, to know it again when it is to be removed.
func listenUnix(e *Endpoint, stale func(path string)) (net.Listener, safefile.Entry, error) {
	none := safefile.Entry{}
	dir, name, err := safefile.Parent(e.Path)
	if err != nil {
		return nil, none, openError(err)
	}
	defer dir.Close()
	temporary := name + "." + strconv.Itoa(os.Getpid())
	if len(e.Path)-len(name)+len(temporary) >= maxPath {
		return nil, none, openError(errors.New("AF_UNIX path too long"))
	}
	for range attempts {
		_ = dir.Remove(temporary)
		l, file, err := bindUnix(dir, temporary, e.Mode)
		if err != nil {
			return nil, none, openError(err)
		}
		entry, err := place(e, dir, file, temporary, name)
		file.Close()
		_ = dir.Remove(temporary)
		if err == nil {
			return l, entry, nil
		}
		_ = l.Close()
		if !errors.Is(err, syscall.EEXIST) {
			return nil, none, err
		}
		if err := removeStale(e.Path, dir, name, stale); err != nil {
			return nil, none, openError(err)
		}
	}
	return nil, none, openError(syscall.EADDRINUSE)
}

// place links the bound socket to its name and gives it its owner. EEXIST means that
// something is there already.
func place(e *Endpoint, dir *safefile.Dir, file *safefile.Socket, temporary, name string) (safefile.Entry, error) {
	none := safefile.Entry{}
	err := dir.Link(temporary, name)
	if errors.Is(err, syscall.EEXIST) {
		return none, syscall.EEXIST
	}
	if err != nil {
		// A file system without hard links: upstream tries for ever.
		if _, there := dir.Entry(name); there == nil {
			return none, syscall.EEXIST
		}
		if err := dir.Rename(temporary, name); err != nil {
			return none, openError(err)
		}
	}
	entry, err := dir.Entry(name)
	if err == nil && (e.UID >= 0 || e.GID >= 0) {
		err = file.Chown(name, e.UID, e.GID)
	}
	if err == nil {
		return entry, nil
	}
	_ = dir.Remove(name)
	if errors.Is(err, syscall.EPERM) {
		return none, fmt.Errorf("%s %s to uid/gid (%d, %d); adjust \"sockchown\" value to one that %s may set",
			textChown, e.Path, e.UID, e.GID, userName())
	}
	return none, openError(err)
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Geteuid())
}

// removeStale removes what is at path, unless somebody answers there (errInUse). A file that is no socket goes the same way.
func removeStale(path string, dir *safefile.Dir, name string, told func(path string)) error {
	before, err := dir.Entry(name)
	if err != nil {
		return nil // gone by itself
	}
	if answers(path) {
		return errInUse
	}
	if after, err := dir.Entry(name); err != nil || before != after {
		return nil // somebody was quicker; look again
	}
	if before.IsDir {
		return syscall.EISDIR // upstream tries for ever
	}
	told(path)
	return dir.Remove(name)
}

// answers tells whether somebody serves the socket: whoever takes the connection does, even if no reply comes in time.
func answers(path string) bool {
	c, err := net.DialTimeout("unix", path, probeFor)
	if err != nil {
		// A full backlog is somebody's.
		return errors.Is(err, syscall.EAGAIN) || errors.Is(err, os.ErrDeadlineExceeded)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(probeFor))
	if _, err := c.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		return isTimeout(err)
	}
	_, err = c.Read(make([]byte, 1))
	return !errors.Is(err, syscall.ECONNRESET)
}

// bindUnix makes a listening socket called name. The mode is set before anybody can be
// waiting on it, which package net has no way for.
func bindUnix(dir *safefile.Dir, name string, mode os.FileMode) (net.Listener, *safefile.Socket, error) {
	fd, err := unixSocket()
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	file, err := dir.Bind(fd, name)
	if err != nil {
		return nil, nil, err
	}
	err = file.Chmod(name, uint32(mode.Perm()))
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err == nil {
		var l net.Listener
		if l, err = net.FileListener(f); err == nil {
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			return l, file, nil
		}
	}
	file.Close()
	_ = dir.Remove(name)
	return nil, nil, err
}
