package capture

import "golang.org/x/sys/unix"

// pipeSize returns the capacity of a pipe (Linux 2.6.35 or later).
func pipeSize(fd int) int {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	if err != nil || n <= 0 {
		return plainPipe
	}
	return n
}

// resizePipe changes the capacity of a pipe. It fails with EPERM if the user has too many
// large pipes, and with EBUSY if the pipe holds more than would fit.
func resizePipe(fd, size int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size)
	return err
}
