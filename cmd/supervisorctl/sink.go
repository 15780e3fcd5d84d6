package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"syscall"
)

// sink is standard output. It keeps the first error, for the exit status: most callers
// print a line and go on. Several goroutines may write.
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

// broken reports whether something could not be written.
func (o *output) broken() bool {
	s, ok := o.out.(*sink)
	return ok && s.failed() != nil
}

// finish returns the exit status: exit, or 1 if not everything could be written. A reader
// that has gone away knows that and is not told; usually SIGPIPE has ended the program by
// then.
func (s *sink) finish(exit int, errs io.Writer) int {
	err := s.failed()
	if err == nil {
		return exit
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok { // the name of standard output is no news
		err = e.Err
	}
	if !errors.Is(err, syscall.EPIPE) {
		fmt.Fprintf(errs, "Error: cannot write the output: %v\n", err)
	}
	return exitGeneric
}
