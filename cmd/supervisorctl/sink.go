package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"syscall"
)

// sink is standard output. It keeps the first write error for the exit status, because
// most callers print a line and go on. It may be used by several goroutines.
type sink struct {
	to  io.Writer
	mu  sync.Mutex
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.to.Write(p)
	if s.err == nil {
		s.err = err
	}
	return n, err
}

func (s *sink) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// broken reports whether a write has failed.
func (o *output) broken() bool {
	s, ok := o.out.(*sink)
	return ok && s.failed() != nil
}

// finish returns the exit status: exit, or 1 if a write has failed. The error is printed
// unless the reader has gone; usually SIGPIPE has ended the program by then.
func (s *sink) finish(exit int, errs io.Writer) int {
	err := s.failed()
	if err == nil {
		return exit
	}
	// Do not print the name of standard output.
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if !errors.Is(err, syscall.EPIPE) {
		fmt.Fprintf(errs, "Error: cannot write the output: %v\n", err)
	}
	return exitGeneric
}
