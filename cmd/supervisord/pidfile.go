package main

import (
	"fmt"
	"os"
)

// pidfile is the file with our pid; only one that was written is removed (checklist 116, 117).
type pidfile struct {
	path    string
	written bool
}

// write overwrites whatever is there.
func (p *pidfile) write() error {
	err := os.WriteFile(p.path, fmt.Appendln(nil, os.Getpid()), 0o666)
	p.written = err == nil
	return err
}

func (p *pidfile) remove() {
	if p.written {
		_ = os.Remove(p.path) // gone already is as good
		p.written = false
	}
}
