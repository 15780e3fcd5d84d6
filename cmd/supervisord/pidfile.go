package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"syscall"

	"reeve/supervisor/safefile"
)

// pidfile is the file with our pid; it is removed only if we have written it
// (facts 116, 117).
type pidfile struct {
	path    string
	pid     int // that others know; 0: this process
	written bool
}

// write overwrites an existing file. It does not wait for a reader: a FIFO without one is
// an error.
func (p *pidfile) write() error {
	f, err := safefile.OpenFile(p.path, os.O_WRONLY|os.O_CREATE|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0o666)
	if err != nil {
		return err
	}
	// EINVAL: a device or FIFO
	if err = f.Truncate(0); err == nil || errors.Is(err, syscall.EINVAL) {
		_, err = f.Write(fmt.Appendln(nil, cmp.Or(p.pid, os.Getpid())))
	}
	err = errors.Join(err, f.Close())
	p.written = err == nil
	return err
}

func (p *pidfile) remove() {
	if p.written {
		_ = safefile.Remove(p.path) // it may be gone already
		p.written = false
	}
}
