package logfile

import "errors"

// ErrBadArguments: an offset and length that make no sense together.
var ErrBadArguments = errors.New("bad offset or length")

// Read returns a part of a log (checklist 252). offset < 0: the last -offset bytes, length must be 0. offset >= 0: length
// bytes from there, 0: all to the end. Beyond the end there is nothing, and that is no error. It fails with ErrBadArguments,
// with an error that wraps fs.ErrNotExist, if the log is no regular file, or if more than MaxRead bytes are asked for.
func Read(path string, offset, length int64) ([]byte, error) { return nil, nil }

// Tail returns the last length bytes of a log, or what there is behind offset if that is less (checklist 253). next is the
// size of the log; overflow tells that it grew beyond offset+length. On an error next is offset.
func Tail(path string, offset, length int64) (data []byte, next int64, overflow bool, err error) {
	return nil, offset, false, nil
}

// MaxRead is the most that one Read or Tail returns: an answer is built in memory.
const MaxRead = 128 << 20
