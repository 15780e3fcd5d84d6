package spawn

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// helperSocket is the helper's descriptor 0; 1 and 2 are the same.
const helperSocket = 0

// helperGC lets the heap, some 100 KiB, grow by a fifth of the usual 4 MiB before it is swept: it stays for as long as the daemon.
const helperGC = 5

// helperMain forks what it is asked for until the daemon closes the socket. CLONE_PARENT makes the children the daemon's own.
func helperMain() {
	// Signals meant for the daemon must not end us before it is done. Handlers, unlike ignores, are not inherited.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM,
		syscall.SIGUSR1, syscall.SIGUSR2)
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(helperGC)
	runtime.LockOSThread()
	mask := syscall.Umask(0o77)
	syscall.Umask(mask)
	buf, oob := make([]byte, maxPacket), make([]byte, unix.CmsgSpace(8*4))
	for {
		n, fds, err := receive(helperSocket, buf, oob, 0)
		if err != nil || n == 0 {
			os.Exit(0)
		}
		a := serve(buf[:n], fds, mask)
		for _, fd := range fds {
			unix.Close(fd)
		}
		if unix.Send(helperSocket, a.append(nil), 0) != nil {
			os.Exit(0)
		}
	}
}

// serve carries out one request. The descriptors stay the caller's.
func serve(packet []byte, fds []int, mask int) answer {
	r, ok := decodeRequest(packet, len(fds))
	if !ok {
		return answer{number: r.number, errno: syscall.EPROTO}
	}
	data := r.plan
	if len(data) == 0 {
		dup, err := unix.FcntlInt(uintptr(fds[r.files]), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return answer{number: r.number, errno: errnoFrom(err)}
		}
		if data, err = readData(dup); err != nil {
			return answer{number: r.number, errno: errnoFrom(err)}
		}
	}
	p, err := decodePlan(data)
	if err != nil {
		return answer{number: r.number, errno: syscall.EPROTO}
	}
	if p.Umask >= 0 {
		syscall.Umask(p.Umask)
		defer syscall.Umask(mask)
	}
	attr := attributes(p, fds[:r.files])
	attr.Sys.Cloneflags = syscall.CLONE_PARENT
	pid, err := syscall.ForkExec(p.File, p.Argv, attr)
	if err != nil {
		return answer{number: r.number, errno: errnoFrom(err)}
	}
	return answer{number: r.number, pid: pid}
}

func errnoFrom(err error) syscall.Errno {
	if errno, ok := errors.AsType[syscall.Errno](err); ok && errno != 0 {
		return errno
	}
	return syscall.EIO
}

// receive reads one packet and its descriptors. n is 0 at the end.
func receive(socket int, buf, oob []byte, flags int) (n int, fds []int, err error) {
	for {
		var oobn int
		n, oobn, _, _, err = unix.Recvmsg(socket, buf, oob, flags|unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil || oobn == 0 {
			return n, nil, err
		}
		messages, err := unix.ParseSocketControlMessage(oob[:oobn])
		if err != nil {
			return n, nil, err
		}
		for i := range messages {
			got, err := unix.ParseUnixRights(&messages[i])
			if err == nil {
				fds = append(fds, got...)
			}
		}
		return n, fds, nil
	}
}
