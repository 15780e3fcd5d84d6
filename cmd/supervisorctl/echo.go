package main

import "golang.org/x/sys/unix"

// noEcho switches the echo of a terminal off. term.ReadPassword does so too, but only once it reads: what is typed on seeing the
// prompt would show.
func noEcho(fd int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(fd, setTermios, t)
}
