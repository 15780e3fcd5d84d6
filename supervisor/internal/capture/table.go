package capture

import (
	"errors"
	"sync"
	"time"

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
	Log        *logfile.Queue // nil: none. The Table closes it when the row is drained
	Syslog     Sink           // nil: none; not used with Raw
	Name       string         // of the process, in front of each syslog line
	StripANSI  bool
	CaptureMax int  // > 0: capture tokens are looked for; not with Raw
	Events     bool // Chunks are wanted for PROCESS_LOG events
	Echo       bool // Chunks are wanted for the main log
	Raw        bool // stdout of an event listener: every Chunk is wanted as it is; only the log is stripped
}

// Table reads and writes the pipes of children. Its methods may be called from any goroutine and never wait.
type Table struct {
	outputs chan Output
	poll    *poller
	ending  chan struct{} // closed: stop
	ended   chan struct{} // closed: its goroutine is gone

	mu       sync.Mutex
	commands []command
	closed   bool
	inputs   map[ID]*input
	raws     map[ID]*row // those with Raw

	// What follows belongs to the goroutine in run.
	rows    map[ID]*row
	readers map[int]*row // by descriptor
	writers map[int]*input
	block   *logfile.Block    // to read into; nil between rounds
	now     time.Time         // of this round
	fed     map[*row]struct{} // in the hands of their logs
	looked  time.Time         // when those were looked at last

	lingering []*row        // in the order in which they end
	lingerFor time.Duration // changed by tests only
}

// New starts an empty Table.
func New() (*Table, error) {
	poll, err := newPoller()
	if err != nil {
		return nil, err
	}
	t := &Table{
		outputs: make(chan Output, 16),
		poll:    poll,
		ending:  make(chan struct{}),
		ended:   make(chan struct{}),
		inputs:  map[ID]*input{},
		raws:    map[ID]*row{},
		rows:    map[ID]*row{},
		fed:     map[*row]struct{}{},
		readers: map[int]*row{},
		writers: map[int]*input{},

		lingerFor: lingerFor,
	}
	go t.run()
	return t, nil
}

// Outputs is what the loop must read. It is never closed.
func (t *Table) Outputs() <-chan Output { return t.outputs }

// Attach begins to read fd, the parent's end of stdout or stderr, and takes it over.
func (t *Table) Attach(id ID, fd int, opt Options) { t.post(attach{id, fd, opt}) }

// Drain says that the child is gone: what is in the pipe is read without waiting, at most
// one pipe's capacity, and Drained is sent. If somebody else still holds the other end,
// what they write within a second goes to the log as well (linger.go); then the
// descriptor is closed. Disk writes are not waited for. An unknown id is answered too.
func (t *Table) Drain(id ID) { t.post(drain{id}) }

// Reopen opens the log of a row again by name, in order with the data. done is called from another goroutine when it is done,
// also if the row has no log or is gone; it may be nil and must not block.
func (t *Table) Reopen(id ID, done func(error)) { t.post(operation{id, reopenLog, done}) }

// Clear drops what is being captured and clears the log of a row, in order with the data (checklist 183). done as for Reopen.
func (t *Table) Clear(id ID, done func(error)) { t.post(operation{id, clearLog, done}) }

// Sync calls done when what the child has written so far is in the log. done as for Reopen.
func (t *Table) Sync(id ID, done func(error)) { t.post(operation{id, syncLog, done}) }

// SetStripANSI changes StripANSI of all rows for output read from now on (checklist 247).
func (t *Table) SetStripANSI(on bool) { t.post(stripANSIOf{on}) }

// Close ends the Table and closes all its descriptors. It does not wait for the disk, but
// for the last words of children that have ended (see Drain). Later calls do nothing,
// except that they
// close what they are given and call done.
func (t *Table) Close() error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.ending)
		t.poll.wake()
	}
	t.mu.Unlock()
	<-t.ended
	return nil
}

// post hands a command to the goroutine of the Table.
func (t *Table) post(c command) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		c.refuse()
		return
	}
	t.commands = append(t.commands, c)
	if len(t.commands) == 1 {
		t.poll.wake() // under the lock: the poller is there as long as the Table is not closed
	}
}
