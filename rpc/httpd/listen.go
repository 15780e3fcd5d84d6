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

// The fixed texts for a server that cannot be opened (fact 111): people and scripts look
// for them.
const (
	textInUse = "Another program is already listening on a port that one of our HTTP servers is configured to use."
	textOther = "Cannot open an HTTP server: socket.error reported"
	textChown = "Not permitted to chown"
)

var errInUse = fmt.Errorf("%s  Stop that program, or change the port or file in the configuration", textInUse)

// openError returns upstream's text for the reason why a socket cannot be opened.
func openError(err error) error {
	if errors.Is(err, errInUse) || errors.Is(err, syscall.EADDRINUSE) {
		return errInUse
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("%s errno.%s (%d)", textOther, pytext.ErrnoName(e), int(e))
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		// the number that Python's resolver has for an unknown name
		return fmt.Errorf("%s -2", textOther)
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return fmt.Errorf("%s -9", textOther) // and for a name that has no IPv4 address
	}
	return fmt.Errorf("%s %v", textOther, err)
}

// listenTCP opens an IPv4 socket, or an IPv6 one if the host is an IPv6 address, in
// brackets or not. The standard library sets SO_REUSEADDR, and uses the system's limit as
// backlog.
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
	backlog = 1024 // fact 224: listen backlog
	// maxPath is the size of a unix socket's address on Linux, its final zero byte
	// included; elsewhere it is a few bytes less, and bind reports that.
	maxPath = 108
	// probeFor bounds how long an existing socket is given to show that it is served.
	probeFor = 5 * time.Second
	// attempts bounds how often a stale socket is removed; beyond that, something keeps
	// making it again.
	attempts = 10
)

// listenUnix makes the socket file the way upstream does (fact 223: creation of a unix
// socket): bound under a temporary name, given its mode, then linked to its place, which
// fails if anything is there. So the file never exists with another mode, and two daemons
// that start at once cannot both get it. It also returns the file's Entry, so that only
// this file is removed in the end. What is at the path is removed if no server answers
// there, and stale is called before; without stale it stays.
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
		if stale == nil {
			return nil, none, openError(err)
		}
		if err := removeStale(e.Path, dir, name, stale); err != nil {
			return nil, none, openError(err)
		}
	}
	return nil, none, openError(syscall.EADDRINUSE)
}

// place links the bound socket to its name and sets its owner. EEXIST means that the name
// is taken.
func place(e *Endpoint, dir *safefile.Dir, file *safefile.Socket, temporary, name string) (safefile.Entry, error) {
	none := safefile.Entry{}
	err := dir.Link(temporary, name)
	if errors.Is(err, syscall.EEXIST) {
		return none, syscall.EEXIST
	}
	if err != nil {
		// A file system without hard links; upstream tries for ever.
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

// removeStale removes what is at path, unless a server answers there (errInUse). Files
// other than sockets are removed too, but not directories. nil means that the name can be
// tried again.
func removeStale(path string, dir *safefile.Dir, name string, told func(path string)) error {
	before, err := dir.Entry(name)
	if err != nil {
		return nil // gone already
	}
	if answers(path) {
		return errInUse
	}
	if after, err := dir.Entry(name); err != nil || before != after {
		return nil // it has changed meanwhile; try again
	}
	if before.IsDir {
		return syscall.EISDIR // upstream tries for ever
	}
	told(path)
	return dir.Remove(name)
}

// answers reports whether the socket is served. A process that accepts the connection
// serves it, even if no reply comes in time.
func answers(path string) bool {
	c, err := net.DialTimeout("unix", path, probeFor)
	if err != nil {
		// A full backlog means that some process listens.
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

// bindUnix makes a listening socket called name. The mode is set before a client can
// connect, which package net cannot do.
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
