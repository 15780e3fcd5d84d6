package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"reeve/config/pytext"
	"reeve/supervisor/process"
)

// detach makes this process a daemon (fact 114): it sets the directory, the null device
// instead of the terminal, a session of its own, and the umask. A directory that cannot
// be entered is only logged.
func (l *life) detach() error {
	cfg := &l.config.Supervisord
	l.log.Log(process.Blather, "supervisord forked; parent exiting")
	l.log.Log(process.Info, "daemonizing the supervisord process")
	if dir := cfg.Directory; dir != "" {
		if err := os.Chdir(dir); err != nil {
			l.log.Log(process.Critical, fmt.Sprintf("can't chdir into %s: %s", pytext.Repr(dir), osError(err, dir)))
		} else {
			l.log.Log(process.Info, "set current directory: "+pytext.Repr(dir))
		}
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("cannot daemonize: %w", err)
	}
	defer null.Close()
	for fd := range 3 {
		if err := dup(int(null.Fd()), fd); err != nil {
			return fmt.Errorf("cannot daemonize: cannot point descriptor %d at %s: %w", fd, os.DevNull, err)
		}
	}
	if _, err := syscall.Setsid(); err != nil {
		return fmt.Errorf("cannot daemonize: cannot begin a session: %w", err)
	}
	syscall.Umask(cfg.Umask)
	return nil
}

// osError returns a system call's error about a file in upstream's words.
func osError(err error, path string) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	return pytext.OSError(errno) + ": " + pytext.Repr(path)
}
