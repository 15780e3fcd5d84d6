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

// resizePipe asks for another capacity. It fails with EPERM when the user has too many large pipes, with EBUSY when more is in
// the pipe than would fit.
func resizePipe(fd, size int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size)
	return err
}
