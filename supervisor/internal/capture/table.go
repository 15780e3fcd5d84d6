package capture

import (
	"errors"

	"reeve/supervisor/logfile"
)

// Answers of Send.
var (
	// ErrFull: the child does not read its stdin and MaxInput bytes would be queued.
	ErrFull = errors.New("too much is queued for stdin")
	// ErrClosed: the child closed its end of stdin, or there is no such row.
	ErrClosed = errors.New("stdin is closed")
)

// MaxInput is how much may be queued for the stdin of one process.
const MaxInput = 16 << 20

// Sink takes the lines of a syslog copy; *logfile.Syslog is one. SendLines must not block and must not keep text.
type Sink interface {
	SendLines(prefix string, text []byte)
}

// Options say what becomes of a channel's output.
type Options struct {
	Log        *logfile.Queue // nil: none. The caller closes it, not before Drained
	Syslog     Sink           // nil: none; not used with Raw
	Name       string         // of the process, in front of each syslog line
	StripANSI  bool
	CaptureMax int  // > 0: capture tokens are looked for; not with Raw
	Events     bool // Chunks are wanted for PROCESS_LOG events
	Echo       bool // Chunks are wanted for the main log
	Raw        bool // stdout of an event listener: every Chunk is wanted as it is; only the log is stripped
}

// Table reads and writes the pipes of children. Its methods may be called from any goroutine and never wait.
type Table struct{ outputs chan Output }

// New starts an empty Table.
func New() (*Table, error) { return &Table{outputs: make(chan Output)}, nil }

// Outputs is what the loop must read. It is never closed.
func (t *Table) Outputs() <-chan Output { return t.outputs }

// Attach begins to read fd, the parent's end of stdout or stderr, and takes it over.
func (t *Table) Attach(id ID, fd int, opt Options) {}

// Drain says that the child is gone: what is in the pipe is read without waiting, at most one pipe's capacity, the descriptor is
// closed even if somebody else still holds the other end, and Drained is sent. Disk writes are not waited for. An unknown id
// is answered too.
func (t *Table) Drain(id ID) {}

// AttachInput takes over fd, the parent's end of stdin.
func (t *Table) AttachInput(id ID, fd int) {}

// Send writes data to the child's stdin, now or as soon as the child reads; it copies what it queues. Nothing is queued if it
// returns ErrFull or ErrClosed, but in the case of ErrClosed earlier data may be lost with the pipe.
func (t *Table) Send(id ID, data []byte) error { return nil }

// CloseInput closes the parent's end of stdin and drops what is queued.
func (t *Table) CloseInput(id ID) {}

// Reopen opens the log of a row again by name, in order with the data. done is called from another goroutine when it is done,
// also if the row has no log or is gone; it may be nil and must not block.
func (t *Table) Reopen(id ID, done func(error)) {}

// Clear drops what is being captured and clears the log of a row, in order with the data (checklist 183). done as for Reopen.
func (t *Table) Clear(id ID, done func(error)) {}

// Sync calls done when what the child has written so far is in the log. done as for Reopen.
func (t *Table) Sync(id ID, done func(error)) {}

// SetStripANSI changes StripANSI of all rows for output read from now on (checklist 247).
func (t *Table) SetStripANSI(on bool) {}

// Close ends the Table and closes all its descriptors. It does not wait for the disk.
func (t *Table) Close() error { return nil }
