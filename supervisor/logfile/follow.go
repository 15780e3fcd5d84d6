package logfile

import (
	"os"
	"time"
)

// Truncated is what a Follower says in place of data when the log was cut short in place (checklist 227).
const Truncated = "==> File truncated <==\n"

// Follower hands out what is added to a log, over rotation and clearing (checklist 226, 227). It costs nothing between calls of
// Next. Not safe for concurrent use.
type Follower struct{ f *os.File }

// Follow begins last bytes before the end of the log, or at its begin if it is shorter. It fails if the log is missing (the
// error wraps fs.ErrNotExist) or no regular file.
func Follow(path string, last int64) (*Follower, error) { return &Follower{}, nil }

// Next returns what was added since the last call, at most 256 KiB of it, without waiting; nil means that there is nothing
// now. So call it until it returns nil, then again after a pause. After a rotation the rest of the old file comes first, then
// the new file from its start.
func (f *Follower) Next() ([]byte, error) { return nil, nil }

// ModTime is when the log was last written.
func (f *Follower) ModTime() time.Time { return time.Time{} }

// Close ends the following.
func (f *Follower) Close() error { return nil }
