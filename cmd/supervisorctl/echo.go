package main

import "golang.org/x/sys/unix"

// noEcho switches the echo of a terminal off, and has it edit the line itself: Ctrl-D
// ends the input, Ctrl-C is a signal. (term.ReadPassword does not know Ctrl-D, and
// changes the terminal only once it reads: what is typed on seeing the prompt would
// show.)
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
