package logfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/safefile"
)

// ErrBadArguments means that offset and length make no sense together.
var ErrBadArguments = errors.New("bad offset or length")

// MaxRead is the most bytes that one Read or Tail returns, because an answer is built in
// memory.
const MaxRead = 64 << 20

// ErrBusy means that too much waits for the log's file system.
var ErrBusy = disk.ErrBusy

// Look is os.Stat on the pool of package disk, so that calls on a hung disk do not take a
// thread each. Look, Read and Tail stop waiting when ctx ends.
func Look(ctx context.Context, path string) (fs.FileInfo, error) {
	return disk.Get(ctx, path, func() (fs.FileInfo, error) { return os.Stat(path) })
}

// Read returns a part of a log (fact 252: reading by offset and length). With offset < 0
// it is the last -offset bytes, and length must be 0; else it is length bytes from
// offset, or all to the end if length is 0. Beyond the end the result is empty, without
// an error. Read fails with ErrBadArguments, with an error that wraps fs.ErrNotExist, if
// the log is a pipe, terminal or socket, or if more than MaxRead bytes are requested. A
// device that can be positioned, /dev/null above all, is empty.
func Read(ctx context.Context, path string, offset, length int64) ([]byte, error) {
	if length < 0 || offset < 0 && length != 0 {
		return nil, ErrBadArguments
	}
	return disk.Get(ctx, path, func() ([]byte, error) { return readPart(path, offset, length) })
}

func readPart(path string, offset, length int64) ([]byte, error) {
	f, size, err := openRead(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if offset < 0 {
		offset = max(size+offset, 0)
	}
	end := size
	if length > 0 && length < size-offset {
		end = offset + length
	}
	return readRange(f, offset, end)
}

// Tail returns the last length bytes of a log, or what follows offset if that is less
// (fact 253: tails by offset and length). next is the size of the log; overflow reports
// that it grew beyond offset+length. On an error next is offset.
func Tail(ctx context.Context, path string, offset, length int64) (data []byte, next int64, overflow bool, err error) {
	type tail struct {
		data     []byte
		next     int64
		overflow bool
	}
	t, err := disk.Get(ctx, path, func() (t tail, err error) {
		t.data, t.next, t.overflow, err = readTail(path, offset, length)
		return t, err
	})
	if err != nil {
		return nil, offset, false, err
	}
	return t.data, t.next, t.overflow, nil
}

func readTail(path string, offset, length int64) (data []byte, next int64, overflow bool, err error) {
	f, size, err := openRead(path)
	if err != nil {
		return nil, offset, false, err
	}
	defer f.Close()
	begin, end, overflow := tailRange(size, offset, length)
	data, err = readRange(f, begin, end)
	if err != nil {
		return nil, offset, false, err
	}
	return data, size, overflow, nil
}

// tailRange returns the range that Tail reads. It follows upstream's steps, without its
// overflow of large numbers.
func tailRange(size, offset, length int64) (begin, end int64, overflow bool) {
	const far = 1 << 60
	offset, length = min(max(offset, -far), far), min(max(length, -far), far)
	if size > offset+length {
		overflow = true
		offset = size - 1
	}
	if offset+length > size {
		if offset > size-1 {
			length = 0
		}
		offset = size - length
	}
	begin, length = max(offset, 0), max(length, 0)
	return begin, min(begin+length, size), overflow
}

// errNoPlace means that a file has no positions to read from.
var errNoPlace = errors.New("cannot be positioned")

// openRead opens a log for reading. Pipes and sockets are not opened: their writers would
// take us for a reader.
func openRead(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDir) != 0 {
		err = errNoPlace
	}
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read %s: %w", path, cause(err))
	}
	f, err := safefile.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read %s: %w", path, cause(err))
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("cannot read %s: %w", path, errNoPlace) // a terminal
	}
	return f, size, nil
}

func readRange(f *os.File, begin, end int64) ([]byte, error) {
	if begin >= end {
		return nil, nil
	}
	if end-begin > MaxRead {
		return nil, fmt.Errorf("cannot read %d bytes of %s: more than %d at once", end-begin, f.Name(), MaxRead)
	}
	data := make([]byte, end-begin)
	n, err := f.ReadAt(data, begin)
	if err != nil && !errors.Is(err, io.EOF) { // EOF: truncated meanwhile
		return nil, fmt.Errorf("cannot read %s: %w", f.Name(), cause(err))
	}
	return data[:n], nil
}
