package spawn

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// privateUmask gives the calling thread a working directory and a umask of its own and tells the umask. Some sandboxes (Docker's
// seccomp profile) forbid unshare; then both stay common to all threads and must not be changed.
func privateUmask() (mask int, private bool) {
	if unix.Unshare(unix.CLONE_FS) != nil {
		return processUmask(), false
	}
	mask = syscall.Umask(0o77)
	syscall.Umask(mask)
	return mask, true
}

// processUmask asks /proc (Linux 4.7), because umask(2) can only be asked by changing it. -1: not known.
func processUmask() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return -1
	}
	_, rest, ok := strings.Cut(string(status), "\nUmask:\t")
	digits, _, _ := strings.Cut(rest, "\n")
	mask, err := strconv.ParseUint(digits, 8, 32)
	if !ok || err != nil {
		return -1
	}
	return int(mask)
}

// pipe makes a pipe.
func pipe(r, w *int) error {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	*r, *w = p[0], p[1]
	return nil
}

// streamSocket makes a blocking stream socket.
func streamSocket(domain int) (int, error) {
	return unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}
