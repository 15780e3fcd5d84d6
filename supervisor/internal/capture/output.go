package capture

// Channel is one of the standard descriptors.
type Channel uint8

// The channels.
const (
	Stdin Channel = iota
	Stdout
	Stderr
)

func (c Channel) String() string { return [...]string{"stdin", "stdout", "stderr"}[c] }

// ID names a row of a Table: one channel of one start of a process. The caller chooses Proc; it must not be used again for
// another start.
type ID struct {
	Proc    uint64
	Channel Channel
}

// Output is what a Table tells the loop: Chunk, Comm, Ended, Drained or InputClosed. Data belongs to the receiver.
type Output interface{ isOutput() }

// Chunk is output as it was read, ANSI sequences stripped if asked for. It comes only for rows with Events, Echo or Raw, and
// for captured data too (checklist 188). Raw data is not stripped (checklist 189).
type Chunk struct {
	ID   ID
	Data []byte
}

// Comm is what stood between the capture tokens (checklist 185).
type Comm struct {
	ID   ID
	Data []byte
}

// Ended says that nobody holds the child's end of the pipe any more: everything was read. The row is there until it is drained,
// but that need not be waited for.
type Ended struct {
	ID ID
	FD int // was closed; -1 if that is because the pipe was given up
}

// Drained is the answer to Drain, and the last Output of its ID.
type Drained struct{ ID ID }

// InputClosed says that the child closed its end of stdin with data still queued; the data is dropped. Send answers ErrClosed
// from now on. If Send itself notices first there is no InputClosed.
type InputClosed struct {
	ID  ID
	Err error
}

func (Chunk) isOutput()       {}
func (Comm) isOutput()        {}
func (Ended) isOutput()       {}
func (Drained) isOutput()     {}
func (InputClosed) isOutput() {}
