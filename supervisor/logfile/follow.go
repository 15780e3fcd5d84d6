package logfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"reeve/supervisor/internal/disk"
)

// Truncated is what a Follower says in place of data when the log was cut short in place (checklist 227).
const Truncated = "==> File truncated <==\n"

// followMax is the most that one Next returns.
const followMax = 256 << 10

// Follower hands out what is added to a log, over rotation and clearing (checklist 226, 227). It costs nothing between calls of
// Next. Not safe for concurrent use.
type Follower struct {
	path   string
	f      *os.File
	offset int64
}

// Follow begins last bytes before the end of the log, or at its begin if it is shorter. It fails if the log is missing: the
// error wraps fs.ErrNotExist. From a pipe or terminal nothing ever comes, unless a file takes its place.
func Follow(path string, last int64) (f *Follower, err error) {
	err = disk.Try(path, func() (err error) {
		f, err = openFollower(path, last)
		return err
	})
	return f, err
}

func openFollower(path string, last int64) (*Follower, error) {
	f, size, err := openRead(path)
	if errors.Is(err, errNoPlace) {
		f, size, err = openRead(os.DevNull)
	}
	if err != nil {
		return nil, err
	}
	return &Follower{path, f, max(size-last, 0)}, nil
}

// Next returns what was added since the last call, at most 256 KiB of it, without waiting; nil means that there is nothing
// now. So call it until it returns nil, then again after a pause. After a rotation the rest of the old file comes first, then
// the new file from its start.
func (f *Follower) Next() (data []byte, err error) {
	err = disk.Try(f.path, func() (err error) {
		data, err = f.next()
		return err
	})
	return data, err
}

func (f *Follower) next() ([]byte, error) {
	for {
		// Look at the name before the file: what was written to the old file before it was replaced is then seen.
		next := f.replacement()
		data, err := f.added()
		if next == nil {
			return data, err
		}
		if err != nil || data != nil {
			next.Close()
			return data, err
		}
		f.f.Close()
		f.f, f.offset = next, 0
	}
}

// replacement opens what is under the path now if it is another file than the one being read.
func (f *Follower) replacement() *os.File {
	open, err := f.f.Stat()
	if err != nil {
		return nil
	}
	if named, err := os.Stat(f.path); err != nil || os.SameFile(open, named) {
		return nil // unlinked: the file being read may still grow
	}
	next, _, err := openRead(f.path)
	if err != nil {
		return nil // the next call tries again
	}
	return next
}

// added reads what the open file has more.
func (f *Follower) added() ([]byte, error) {
	info, err := f.f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot follow %s: %w", f.path, cause(err))
	}
	size := info.Size()
	if size < f.offset {
		f.offset = 0
		return []byte(Truncated), nil
	}
	if size == f.offset {
		return nil, nil
	}
	data := make([]byte, min(size-f.offset, followMax))
	n, err := f.f.ReadAt(data, f.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot follow %s: %w", f.path, cause(err))
	}
	f.offset += int64(n)
	if n == 0 {
		return nil, nil
	}
	return data[:n], nil
}

// ModTime is when the log was last written.
func (f *Follower) ModTime() (at time.Time) {
	_ = disk.Do(f.path, func() {
		if info, err := f.f.Stat(); err == nil {
			at = info.ModTime()
		}
	})
	return at
}

// Close ends the following. It does not wait.
func (f *Follower) Close() { disk.NewTask(f.path, func() { _ = f.f.Close() }).Wake() }
