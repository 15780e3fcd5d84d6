package httpd

import (
	"net"

	"golang.org/x/sys/unix"

	"reeve/rpc/caller"
)

// unixSocket makes a stream socket that no child ever inherits.
func unixSocket() (int, error) {
	return unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// peerProcess returns the process that connected to a unix socket, or nil if that is
// unknown.
func peerProcess(nc net.Conn) *caller.Process {
	var p *caller.Process
	onSocket(nc, func(fd int) {
		if u, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			p = &caller.Process{PID: int(u.Pid), UID: int(u.Uid), GID: int(u.Gid)}
		}
	})
	return p
}
