package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"reeve/config"
	"reeve/supervisor/logfile"
)

// logPaths are the log files of a process, AUTO ones resolved; empty: none.
type logPaths struct {
	stdout, stderr string
}

// autoLogs are the log paths of a group's processes, by process name.
type autoLogs struct {
	paths map[string]logPaths
	files []string // those that were created
}

// createAutoLogs resolves the log files of a group and creates those named AUTO (checklist 176). It touches the disk, so it
// never runs on the loop.
func (s *Supervisor) createAutoLogs(g *config.Group) (*autoLogs, error) {
	dir := s.opt.Config.Supervisord.ChildLogDir
	logs := &autoLogs{paths: make(map[string]logPaths, len(g.Processes))}
	for _, p := range g.Processes {
		paths := logPaths{p.Stdout.File, p.Stderr.File}
		for _, auto := range []struct {
			config  config.LogConfig
			channel string
			path    *string
		}{{p.Stdout, "stdout", &paths.stdout}, {p.Stderr, "stderr", &paths.stderr}} {
			if !auto.config.Auto {
				continue
			}
			path, err := logfile.CreateAuto(dir, p.Name, auto.channel, s.Identifier())
			if err != nil {
				logs.remove()
				return nil, fmt.Errorf("cannot create the %s log of %s: %w", auto.channel, p.Name, err)
			}
			*auto.path = path
			logs.files = append(logs.files, path)
		}
		logs.paths[p.Name] = paths
	}
	return logs, nil
}

// remove takes the created files back; one that can't be removed is left to the next clean-up.
func (a *autoLogs) remove() {
	for _, f := range a.files {
		_ = os.Remove(f)
	}
}

// openLogs are the open log files of one start. The start opens them on its own
// goroutine, and may come to that after it was given up.
type openLogs struct {
	mu     sync.Mutex
	queues [2]*logfile.Queue // nil: no file
	closed bool
}

// put adds a log, unless nobody waits for it any more.
func (o *openLogs) put(i int, q *logfile.Queue) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		q.Close()
		return
	}
	o.queues[i] = q
}

// take hands a log over to a new owner.
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

// opener opens the log files of c for a start. It runs on the starter's goroutine between the command check and the fork; its
// error is the start's.
func (l *loop) opener(c *child, files *openLogs) func() error {
	cfg := c.config
	name := cfg.Name
	logs := []struct {
		path string
		cfg  config.LogConfig
	}{{c.logs.stdout, cfg.Stdout}, {c.logs.stderr, cfg.Stderr}}
	if cfg.RedirectStderr {
		logs = logs[:1]
	}
	return func() error {
		for i, log := range logs {
			if log.path == "" {
				continue
			}
			f, err := logfile.Open(logfile.Options{Path: log.path, MaxBytes: log.cfg.MaxBytes, Backups: log.cfg.Backups})
			if err != nil {
				return &dispatchersError{name, err}
			}
			files.put(i, logfile.NewQueue(f, l.handle.outage))
		}
		return nil
	}
}

// dispatchersError is the spawn error of a log that can't be opened (checklist 154). Its
// text does not show what it wraps.
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
	return fmt.Sprintf("unknown error making dispatchers for '%s': %s", e.name, unix.ErrnoName(errno))
}

// reopenLogs closes and opens the logs of a running child by name (checklist 182). One
// that can't be opened stays as it is.
func (l *loop) reopenLogs(c *child) {
	for i, attached := range c.attached {
		if attached {
			l.table.Reopen(c.id(i), l.handle.notReopened)
		}
	}
}

// logWork is what a caller does off the loop about the logs of one process.
type logWork struct {
	wait  []<-chan error // operations under way
	files []string       // to be emptied: of a process that does not run
}

// logWork begins to clear the logs, or only to write out what was captured.
func (l *loop) logWork(c *child, clear bool) logWork {
	var w logWork
	for i, path := range [2]string{c.logs.stdout, c.logs.stderr} {
		if c.attached[i] {
			done := make(chan error, 1)
			operation := l.table.Sync
			if clear {
				operation = l.table.Clear
			}
			operation(c.id(i), func(err error) { done <- err })
			w.wait = append(w.wait, done)
		} else if clear && path != "" {
			w.files = append(w.files, path)
		}
	}
	return w
}

// logPatience is how long a reader waits for captured output to reach the file; a hung disk must not hang the reader too.
const logPatience = 200 * time.Millisecond

// SyncLog waits until what was captured of a process so far is in its files, but not for a disk that hangs.
func (s *Supervisor) SyncLog(ctx context.Context, n Name) {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	r := logsRequest{n, false, newReply[logWork]()}
	w, err := ask(ctx, s, r, r.reply)
	if err != nil {
		return // unknown names are the reader's business
	}
	for _, done := range w.wait {
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

// ClearLogs empties both logs of a process, whether it runs or not, and drops what is being captured between tokens
// (checklist 183, 10C 8).
func (s *Supervisor) ClearLogs(ctx context.Context, n Name) error {
	r := logsRequest{n, true, newReply[logWork]()}
	w, err := ask(ctx, s, r, r.reply)
	if err != nil {
		return err
	}
	failed := w.await(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, path := range w.files {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			failed = errors.Join(failed, os.Truncate(path, 0))
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	if len(w.files) > 0 && len(w.wait) == 0 { // it may run by now, and have its logs open: it clears them itself
		r := logsRequest{n, true, newReply[logWork]()}
		if w, err = ask(ctx, s, r, r.reply); err == nil {
			failed = errors.Join(failed, w.await(ctx))
		}
	}
	if failed != nil {
		return &FailedError{failed.Error()}
	}
	return nil
}

// await waits for the operations under way.
func (w logWork) await(ctx context.Context) (failed error) {
	for _, done := range w.wait {
		select {
		case err := <-done:
			failed = errors.Join(failed, err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return failed
}
