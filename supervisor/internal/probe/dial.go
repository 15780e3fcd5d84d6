package probe

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"reeve/supervisor/internal/disk"
)

// dialer connects without keep-alives, which the short life of a connection does not
// need. Go's resolver needs no thread.
var dialer = net.Dialer{KeepAlive: -1, Resolver: &net.Resolver{PreferGo: true}}

// errSelf: while nobody listens on a local port, a connection to it may be given that
// port as its own, and is then connected to itself.
var errSelf = errors.New("nobody listens (the connection met itself)")

// dial connects to host:port.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if meetsItself(conn) {
		conn.Close()
		return nil, errSelf
	}
	return conn, nil
}

func meetsItself(conn net.Conn) bool { return conn.LocalAddr().String() == conn.RemoteAddr().String() }

// dialTCP succeeds if something accepts a connection.
func dialTCP(ctx context.Context, address string) error {
	conn, err := dial(ctx, "tcp", address)
	if err == nil {
		conn.Close()
	}
	return err
}

// dialUnix is dialTCP for a unix socket of any type. The look-up of a path may block.
func dialUnix(ctx context.Context, address string) error {
	if address[0] == '@' {
		return connectUnix(address)
	}
	_, err := disk.Get(ctx, address, func() (struct{}, error) { return struct{}{}, connectUnix(address) })
	return err
}

// connectUnix connects without waiting: the kernel knows at once whether somebody
// listens.
func connectUnix(address string) error {
	var err error
	for _, kind := range [...]int{syscall.SOCK_STREAM, syscall.SOCK_SEQPACKET, syscall.SOCK_DGRAM} {
		if err = connectAs(kind, address); !errors.Is(err, syscall.EPROTOTYPE) {
			break
		}
	}
	if errors.Is(err, syscall.EAGAIN) {
		return errors.New("it accepts no connections: its queue is full")
	}
	return err
}

func connectAs(kind int, address string) error {
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_UNIX, kind, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	return os.NewSyscallError("connect", syscall.Connect(fd, &syscall.SockaddrUnix{Name: address}))
}
