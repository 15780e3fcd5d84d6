package supervisor

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/safefile"
)

// tryLogs resolves the log files of processes for a request (fact 176: AUTO logs).
func (s *Supervisor) tryLogs(processes []*config.Process) (*launch.GroupLogs, error) {
	return launch.TryLogs(s.opt.Config.Supervisord.ChildLogDir, s.Identifier(), processes)
}

// logWork is what a caller does off the loop for the logs of one process.
type logWork struct {
	wait  []<-chan error // operations under way
	files []string       // to be emptied: those of a process that does not run
}

// logWork begins to clear the logs of c, or only to write out what was captured.
func (s *streams) logWork(c *child, clear bool) logWork {
	var w logWork
	for out, path := range [2]string{c.logs.Stdout, c.logs.Stderr} {
		if c.attached[out] {
			done := make(chan error, 1)
			operation := s.table.Sync
			if clear {
				operation = s.table.Clear
			}
			operation(c.id(out), func(err error) { done <- err })
			w.wait = append(w.wait, done)
		} else if clear && path != "" {
			w.files = append(w.files, path)
		}
	}
	return w
}

// logPatience is how long a reader waits for captured output to reach the file; a hung
// disk must not hang the reader too.
const logPatience = 200 * time.Millisecond

// SyncLog waits until what was captured of a process so far is in its files, but at most
// logPatience: it does not wait for a disk that hangs.
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

// ClearLogs empties both logs of a process, whether it runs or not, and drops what is
// being captured between tokens (fact 183: clearProcessLogs; row clear-stopped of
// docs/compat.md).
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
		truncate := func() error { return safefile.Truncate(path) }
		if err := disk.Try(path, truncate); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	// The process may run by now and have its logs open: then the loop clears them.
	if len(w.files) > 0 && len(w.wait) == 0 {
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

// await waits for the operations under way and returns their errors, joined, or that of
// ctx.
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
