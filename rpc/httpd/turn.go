package httpd

import (
	"net"
	"syscall"

	"reeve/rpc/turn"
)

// inTurn is nc.Write for much data. Package turn limits how many connections write at a
// time; one that waits for its client to read does not count.
func inTurn(nc net.Conn, b []byte) error {
	c, ok := nc.(syscall.Conn)
	if !ok {
		_, err := nc.Write(b)
		return err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) (done bool) {
		turn.Take(func() { b, failed = writeSome(int(fd), b) })
		return len(b) == 0 || failed != nil
	})
	if failed != nil {
		return failed
	}
	return err
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
