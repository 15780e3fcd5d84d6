package httpd

import (
	"net"
	"os"
	"syscall"

	"reeve/rpc/turn"
)

// inTurn is nc.Write for much data. Package turn limits how many connections write at a
// time; one that waits for its client to read does not count.
func inTurn(nc net.Conn, b []byte) (n int, err error) {
	c, ok := nc.(syscall.Conn)
	if !ok {
		return nc.Write(b)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	all := len(b)
	var failed error
	err = raw.Write(func(fd uintptr) (done bool) {
		turn.Take(func() { b, failed = writeSome(int(fd), b) })
		return len(b) == 0 || failed != nil
	})
	if failed != nil {
		err = failed
	}
	return all - len(b), err
}

// writeNow writes what the client takes without waiting. The error is a passed deadline
// if that is not all.
func (c *conn) writeNow(b []byte) (n int, err error) {
	all := len(b)
	if len(c.unsent) == 0 {
		onSocket(c.nc, func(fd int) { b, err = writeSome(fd, b) })
	}
	if err == nil && len(b) > 0 {
		err = os.ErrDeadlineExceeded
	}
	return all - len(b), err
}

// writeSome writes what it can without waiting, and returns the rest.
func writeSome(fd int, b []byte) (rest []byte, err error) {
	for len(b) > 0 {
		n, err := syscall.Write(fd, b)
		switch err {
		case nil:
			b = b[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			return b, nil
		default:
			return b, err
		}
	}
	return nil, nil
}
