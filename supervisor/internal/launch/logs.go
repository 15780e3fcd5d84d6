package launch

import (
	"errors"
	"fmt"
	"sync"
	"syscall"

	"reeve/config"
	"reeve/config/pytext"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/logfile"
)

// Logs are the log files of a process, AUTO ones resolved; empty: none.
type Logs struct{ Stdout, Stderr string }

// openLogs are the open log files of one start. Package disk's pool opens them, perhaps
// only after the start was given up.
type openLogs struct {
	mu     sync.Mutex
	queues [2]*logfile.Queue // nil: no file
	closed bool
}

// open opens the log files. It runs between the command check and the fork; its error is
// the error of the start.
func (o *openLogs) open(p *config.Process, paths Logs, outage func(logfile.Outage)) error {
	channels := []struct {
		path string
		cfg  *config.LogConfig
	}{{paths.Stdout, &p.Stdout}, {paths.Stderr, &p.Stderr}}
	if p.RedirectStderr {
		channels = channels[:1]
	}
	for i, c := range channels {
		if c.path == "" {
			continue
		}
		err := disk.Try(c.path, func() error {
			q, err := logfile.OpenQueue(logfile.Options{Path: c.path, MaxBytes: c.cfg.MaxBytes, Backups: c.cfg.Backups}, outage)
			if err == nil {
				o.put(i, q)
			}
			return err
		})
		if err != nil {
			return &dispatchersError{p.Name, err}
		}
	}
	return nil
}

// put adds a log, or closes it if the start was given up.
func (o *openLogs) put(i int, q *logfile.Queue) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		q.Close()
		return
	}
	o.queues[i] = q
}

// take passes a log on to a new owner.
func (o *openLogs) take(i int) *logfile.Queue {
	o.mu.Lock()
	defer o.mu.Unlock()
	q := o.queues[i]
	o.queues[i] = nil
	return q
}

func (o *openLogs) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for i, q := range o.queues {
		if q != nil {
			q.Close()
			o.queues[i] = nil
		}
	}
}

// dispatchersError is the spawn error of a log that can't be opened (fact 154: texts of
// spawnerr). Its text does not show the error that it wraps.
type dispatchersError struct {
	name string // of the process
	err  error
}

func (e *dispatchersError) Unwrap() error { return e.err }

func (e *dispatchersError) Error() string {
	errno, ok := errors.AsType[syscall.Errno](e.err)
	switch {
	case !ok:
		return fmt.Sprintf("unknown error making dispatchers for '%s': %v", e.name, e.err)
	case errno == syscall.EMFILE:
		return fmt.Sprintf("too many open files to spawn '%s'", e.name)
	}
	return fmt.Sprintf("unknown error making dispatchers for '%s': %s", e.name, pytext.ErrnoName(errno))
}
