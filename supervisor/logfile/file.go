package logfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/safefile"
)

// Options say where a log is and how it rotates.
type Options struct {
	Path     string
	MaxBytes int64 // rotate when the file has reached this size; <= 0: never
	// files PATH.1 … PATH.Backups to keep; 0: the file is truncated in place
	Backups int
}

// writeMax is the size in bytes of upstream's reads: files exceed their limit by less
// than that.
const writeMax = 128 << 10

// File is one log, open for appending. It is not safe for concurrent use.
//
// Only a regular file is rotated or cleared; a pipe, socket or device, or any name in
// /dev or /proc, never is (facts 137 and 173: logs without positions, logs that are
// /dev/stdout and its like).
type File struct {
	opt     Options
	f       *os.File
	id      identity
	polled  bool  // a write waits in the runtime's poller, not in a thread
	regular bool  // it may be rotated and cleared
	size    int64 // as far as known; used only if the file rotates
	retry   int64 // after a failed rotation: the size at which to try again
}

// Open opens the log for appending. If it is missing it is created with mode 0666 less
// the umask. The error wraps the operating system's.
func Open(opt Options) (*File, error) {
	f := &File{opt: opt}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

// Path returns the name by which the file was opened.
func (f *File) Path() string { return f.opt.Path }

// open opens the path and, if that succeeds, closes the file that was open before.
func (f *File) open() error {
	file, err := openAppend(f.opt.Path)
	if err != nil {
		return fmt.Errorf("cannot open log file %s: %w", f.opt.Path, cause(err))
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return fmt.Errorf("cannot open log file %s: %w", f.opt.Path, cause(err))
	}
	old := f.f
	f.f, f.size, f.retry = file, info.Size(), 0
	f.regular = info.Mode().IsRegular() && !special(f.opt.Path)
	f.polled = !info.Mode().IsRegular() && file.SetWriteDeadline(time.Time{}) == nil
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		f.id = identity{uint64(st.Dev), st.Ino}
		disk.Learn(f.opt.Path, f.id.dev)
	}
	if old != nil {
		_ = old.Close() // the kernel has its data already
	}
	return nil
}

// Write appends p and then rotates if the file has reached its limit (fact 179: rotation
// comes after the write that reaches the limit). Up to writeMax bytes stay together; a
// larger p is split near the limit. An error together with n == len(p) means that only a
// rotation failed: the data is in the file, which stays in use, and rotation is tried
// again later.
func (f *File) Write(p []byte) (n int, err error) {
	if f.opt.MaxBytes <= 0 || !f.regular {
		n, err = f.f.Write(p)
		return n, f.writeError(err)
	}
	var rotation error
	for first := true; n < len(p) || first; first = false {
		piece := p[n:]
		if f.size+int64(len(piece)) > f.opt.MaxBytes {
			piece = piece[:min(len(piece), writeMax)]
		}
		done, err := f.f.Write(piece)
		if n += done; err != nil {
			return n, f.writeError(err)
		}
		if err := f.rotateIfDue(); err != nil {
			rotation = err
		}
	}
	return n, rotation
}

func (f *File) writeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot write to %s: %w", f.opt.Path, cause(err))
}

// rotateIfDue rotates a file that has reached its limit.
func (f *File) rotateIfDue() error {
	// the end: with O_APPEND each write goes there, even if others write too
	size, err := f.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil
	}
	f.size = size
	if size < f.opt.MaxBytes || size < f.retry {
		return nil
	}
	if err := f.rotate(); err != nil {
		f.retry = size + max(f.opt.MaxBytes/16, 64<<10)
		return fmt.Errorf("cannot rotate %s: %w", f.opt.Path, cause(err))
	}
	return nil
}

// Reopen opens the log again by its name (fact 182: reopening after USR2). On an error
// the old file stays in use.
func (f *File) Reopen() error { return f.open() }

// refresh opens the log again if its name stands for another file by now, or for none.
func (f *File) refresh() error {
	if !f.displaced() {
		return nil
	}
	return f.open()
}

// Clear removes the file and opens it again (fact 183: clearProcessLogs). Anything but a
// regular file is left alone.
func (f *File) Clear() error {
	if !f.regular {
		return nil
	}
	if err := safefile.Remove(f.opt.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove %s: %w", f.opt.Path, cause(err))
	}
	return f.open()
}

func (f *File) truncate() error {
	if err := f.f.Truncate(0); err != nil {
		return fmt.Errorf("cannot truncate %s: %w", f.opt.Path, cause(err))
	}
	f.size = 0
	return nil
}

// rotateBy changes size limit and number of backups.
func (f *File) rotateBy(opt *Options) {
	if f.opt.MaxBytes != opt.MaxBytes {
		f.retry = 0
	}
	f.opt.MaxBytes, f.opt.Backups = opt.MaxBytes, opt.Backups
}

func (f *File) identity() (id identity, fixed bool) { return f.id, !f.regular }

func (f *File) place() Place {
	if f.regular {
		if info, err := f.f.Stat(); err == nil {
			return Place{f.id.dev, f.id.ino, info.Size()}
		}
	}
	return Place{Offset: -1}
}

func (f *File) waits() bool { return !f.polled }

// abort(true) ends a Write that waits in the runtime's poller, and makes further ones
// fail until abort(false). It may be called while Write runs.
func (f *File) abort(begin bool) {
	var deadline time.Time
	if begin {
		deadline = time.Unix(1, 0)
	}
	_ = f.f.SetWriteDeadline(deadline)
}

// Close closes the log. The File must not be used afterwards.
func (f *File) Close() error { return f.f.Close() }

// cause strips operation and path from an error of package os: our own texts say them
// better.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
