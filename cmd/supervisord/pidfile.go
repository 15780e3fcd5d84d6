package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"reeve/supervisor/safefile"
)

// pidfile is the file with our pid; only one that was written is removed (checklist 116, 117).
type pidfile struct {
	path    string
	written bool
}

// write overwrites whatever is there. A FIFO that nobody reads is an error, not a wait.
func (p *pidfile) write() error {
	f, err := safefile.OpenFile(p.path, os.O_WRONLY|os.O_CREATE|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0o666)
	if err != nil {
		return err
	}
	if err = f.Truncate(0); err == nil || errors.Is(err, syscall.EINVAL) { // a device or FIFO
		_, err = f.Write(fmt.Appendln(nil, os.Getpid()))
	}
	err = errors.Join(err, f.Close())
	p.written = err == nil
	return err
}

func (p *pidfile) remove() {
	if p.written {
		_ = safefile.Remove(p.path) // gone already is as good
		p.written = false
	}
}
