package statefile

import (
	"context"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/desired"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/process"
	"reeve/supervisor/safefile"
)

// File is a state file. Its methods may be called from any goroutine. It is not touched
// until one of them is called.
type File struct {
	path string
	log  func(process.Level, string)
	task *disk.Task

	mu      sync.Mutex
	next    []byte        // to be written; nil: all is
	put     uint64        // how many states were put
	settled uint64        // the last one of them whose write has ended, well or not
	err     error         // of the last write
	ended   chan struct{} // closed when a write ends, and made again
	barred  error         // why it must not be written at all
}

// New returns the file with that path.
func New(path string, log func(process.Level, string)) *File {
	f := &File{path: path, log: log, ended: make(chan struct{})}
	f.task = disk.NewTask(path, f.turn)
	return f
}

// Bar has every Put fail: a file that can't be set aside must not be written over.
func (f *File) Bar(why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.barred = why
}

// Put has a state written in place of what the file says. It does not block.
func (f *File) Put(s *desired.State) {
	text := s.Encode()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put++
	f.next = text
	f.task.Wake()
}

// Settle waits until the write of what was put last has ended, and returns its error.
func (f *File) Settle(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for upTo := f.put; f.settled < upTo; {
		ended := f.ended
		f.mu.Unlock()
		select {
		case <-ended:
			f.mu.Lock()
		case <-ctx.Done():
			f.mu.Lock()
			return fmt.Errorf("cannot write %s: %w", f.path, ctx.Err())
		}
	}
	return f.err
}

// turn writes what was put last.
func (f *File) turn() {
	f.mu.Lock()
	text, upTo, err, before := f.next, f.put, f.barred, f.err
	f.next = nil
	f.mu.Unlock()
	if text == nil {
		return
	}
	if err == nil {
		err = write(f.path, text)
	}
	switch { // before anybody is told: the log has it then
	case err != nil && before == nil:
		f.log(process.Error, fmt.Sprintf("cannot write the desired state, which holds until the end of supervisord only: %v", err))
	case err == nil && before != nil:
		f.log(process.Info, "the desired state is in "+f.path+" again")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.settled = err, upTo
	close(f.ended)
	f.ended = make(chan struct{})
}

// beside is what a file is called until it is whole.
const beside = ".new"

// write replaces a file. It returns when the new one is on the disk.
func write(path string, text []byte) error {
	d, name, err := safefile.Parent(path)
	if err != nil {
		return err
	}
	defer d.Close()
	_ = d.Remove(name + beside) // of a daemon that was killed
	file, err := safefile.OpenFile(path+beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = d.Rename(name+beside, name)
	}
	if err != nil {
		_ = d.Remove(name + beside)
		return err
	}
	if err := d.Sync(); err != nil && !isUnsupported(err) {
		return err
	}
	return nil
}

// isUnsupported reports whether a file system can't sync directories.
func isUnsupported(err error) bool {
	e, ok := err.(*os.PathError)
	return ok && (e.Err == unix.EINVAL || e.Err == unix.ENOTSUP)
}
