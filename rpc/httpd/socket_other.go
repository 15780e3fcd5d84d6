//go:build !linux

package httpd

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"reeve/rpc/caller"
)

// unixSocket makes a stream socket that no child inherits.
func unixSocket() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}

// peerProcess returns the process that connected to a unix socket, or nil if that is
// unknown. Its pid is.
func peerProcess(nc net.Conn) *caller.Process {
	var p *caller.Process
	onSocket(nc, func(fd int) {
		u, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err == nil && u.Ngroups > 0 {
			p = &caller.Process{UID: int(u.Uid), GID: int(u.Groups[0])}
		}
	})
	return p
}
