package logfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"reeve/supervisor/internal/disk"
)

// Truncated is what a Follower returns in place of data when the log was truncated in
// place (fact 227: log tails over HTTP).
const Truncated = "==> File truncated <==\n"

// followMax is the most bytes that one Next returns.
const followMax = 256 << 10

// Follower returns what is added to a log, across rotation and clearing (facts 226 and
// 227: log tails, growth, replaced files). It costs nothing between calls of Next. It is
// not safe for concurrent use.
type Follower struct {
	path   string
	f      *os.File
	offset int64
}

// Follow starts last bytes before the end of the log, or at its start if it is shorter.
// If the log is missing the error wraps fs.ErrNotExist. A pipe or terminal never yields
// data, unless a file takes its place.
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

// Next returns what was added since the last call, at most 256 KiB, without waiting for
// more; nil means that there is nothing now. Call it until it returns nil, then again
// after a pause. After a rotation it returns the rest of the old file first, then the new
// file from its start.
func (f *Follower) Next() (data []byte, err error) {
	err = disk.Try(f.path, func() (err error) {
		data, err = f.next()
		return err
	})
	return data, err
}

func (f *Follower) next() ([]byte, error) {
	for {
		// Check the name before the file: so what was written to the old file before it
		// was replaced is seen.
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

// replacement opens the file that the path names now if it is not the one being read,
// else it returns nil.
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

// added reads what was added to the open file.
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

// ModTime returns when the log was last written; zero if that is unknown.
func (f *Follower) ModTime() (at time.Time) {
	_ = disk.Do(f.path, func() {
		if info, err := f.f.Stat(); err == nil {
			at = info.ModTime()
		}
	})
	return at
}

// Close releases the file. It does not wait.
func (f *Follower) Close() { disk.NewTask(f.path, func() { _ = f.f.Close() }).Wake() }
