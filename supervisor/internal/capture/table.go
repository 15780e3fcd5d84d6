package capture

import (
	"errors"
	"sync"
	"time"

	"reeve/supervisor/internal/poll"
	"reeve/supervisor/logfile"
	"reeve/supervisor/rescue"
)

// Errors of Send.
var (
	// ErrFull means that more than MaxInput bytes would be queued: the child does not
	// read its stdin.
	ErrFull = errors.New("too much is queued for stdin")
	// ErrClosed means that stdin is closed at either end, or that there is no such row.
	ErrClosed = errors.New("stdin is closed")
)

// MaxInput is how many bytes may be queued for the stdin of one process.
const MaxInput = 16 << 20

// Sink takes the lines of a syslog copy; *logfile.Syslog is one. SendLines must neither
// block nor keep text.
type Sink interface {
	SendLines(prefix string, text []byte)
}

// Options say what is done with a channel's output.
type Options struct {
	Log       *logfile.Queue // nil: none. The Table closes it when the row ends
	Syslog    Sink           // nil: none; not used with Raw
	Name      string         // of the process; the prefix of each syslog line
	StripANSI bool
	// size of the capture buffer; > 0: look for capture tokens; not with Raw
	CaptureMax int
	Events     bool // Chunks are wanted for PROCESS_LOG events
	Echo       bool // Chunks are wanted for the main log
	// Until is called with all output, in pieces, until it returns true; that is reported
	// as Matched. It must not block.
	Until func(data []byte) bool
	// stdout of an event listener: all Chunks are wanted, unstripped; only the log is
	// stripped
	Raw bool
	// Heard is called with what is in the pipe of a Raw row, before it is taken from there
	// (Linux); nil: nobody wants to know. It must not block.
	Heard func(data []byte)
}

// Table reads and writes the pipes of children. Its methods may be called from any
// goroutine and, except for Close, never wait.
type Table struct {
	outputs chan Output
	poll    *poll.Poller
	ending  chan struct{} // closed when the Table is to stop
	ended   chan struct{} // closed when its goroutine has ended

	mu       sync.Mutex
	commands []command
	closed   bool
	cut      bool          // ending is closed
	handing  chan<- Handed // HandOver was called; closed is set too
	inputs   map[ID]*input
	raws     map[ID]*row // rows with Raw

	// The rest belongs to the goroutine in run.
	rows    map[ID]*row
	readers map[int]*row // by descriptor
	writers map[int]*input
	block   *logfile.Block    // to read into; nil between rounds
	now     time.Time         // of this round
	fed     map[*row]struct{} // rows that their logs read
	looked  time.Time         // when those were last checked
	doing   []command         // taken, to be carried out
	fallen  bool              // it has panicked: it reads no more and waits for its end

	marks     *Marks        // nil: nobody would go on
	lingering []*row        // in the order in which they end
	lingerFor time.Duration // changed only by tests
}

// New starts an empty Table.
func New() (*Table, error) {
	poller, err := poll.New()
	if err != nil {
		return nil, err
	}
	t := &Table{
		outputs: make(chan Output, 16),
		poll:    poller,
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
	go rescue.Vital(capturing, t.run)
	return t, nil
}

// Outputs returns the channel that the loop must read. It is never closed.
func (t *Table) Outputs() <-chan Output { return t.outputs }

// Attach takes ownership of fd, the parent's end of stdout or stderr, and starts to read
// it.
func (t *Table) Attach(id ID, fd int, opt Options) { t.post(attach{id, fd, opt}) }

// Drain is called when the child is gone: what is in the pipe is read without waiting, at
// most one pipe's capacity, and Drained is sent. If other processes still hold the other
// end, what they write within a second goes to the log as well (linger.go); then the
// descriptor is closed. Drained does not wait for disk writes. It is sent for an unknown
// id too.
func (t *Table) Drain(id ID) { t.post(drain{id}) }

// Reopen opens the log of a row again by name, in order with the data. done is called
// afterwards from another goroutine, even if the row has no log or is gone; it may be nil
// and must not block.
func (t *Table) Reopen(id ID, done func(error)) { t.post(operation{id, reopenLog, done}) }

// Clear drops what is being captured and clears the log of a row, in order with the data
// (fact 183: clearProcessLogs). done as for Reopen.
func (t *Table) Clear(id ID, done func(error)) { t.post(operation{id, clearLog, done}) }

// Sync calls done when what the child has written so far is in the log. done as for
// Reopen.
func (t *Table) Sync(id ID, done func(error)) { t.post(operation{id, syncLog, done}) }

// SetStripANSI changes StripANSI of all rows, for output read from now on (fact 247:
// reloadConfig takes effect at once).
func (t *Table) SetStripANSI(on bool) { t.post(stripANSIOf{on}) }

// Change changes what is done with the output of a row, for what is read from now on.
func (t *Table) Change(id ID, c Change) { t.post(change{id, c}) }

// Close ends the Table and closes all its descriptors. It does not wait for the disk, but
// for the last output of children that have ended (see Drain). Later calls of any method
// only close the descriptors they are given and call done.
func (t *Table) Close() error {
	t.mu.Lock()
	if !t.cut {
		t.cut = true
		close(t.ending)
	}
	if !t.closed {
		t.closed = true
		t.poll.Wake()
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
		t.poll.Wake() // under the lock: the poller exists while the Table is not closed
	}
}
