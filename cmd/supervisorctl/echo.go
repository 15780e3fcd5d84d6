package main

import "golang.org/x/sys/unix"

// noEcho disables the echo of a terminal and lets it edit the line itself: Ctrl-D ends
// the input, Ctrl-C is a signal. (term.ReadPassword does not handle Ctrl-D, and changes
// the terminal only when it reads: what is typed as soon as the prompt appears would be
// echoed.)
func noEcho(fd int) error {
	return changeMode(fd, func(t *unix.Termios) {
		t.Lflag &^= unix.ECHO
		t.Lflag |= unix.ICANON | unix.ISIG
		t.Iflag |= unix.ICRNL
	})
}

func changeMode(fd int, change func(*unix.Termios)) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	change(t)
	return unix.IoctlSetTermios(fd, setTermios, t)
}
