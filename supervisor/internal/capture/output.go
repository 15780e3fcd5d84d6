package capture

// Channel is one of the standard descriptors.
type Channel uint8

// The channels.
const (
	Stdin Channel = iota
	Stdout
	Stderr
	Extra // what the child was given besides; it has no log
)

func (c Channel) String() string { return [...]string{"stdin", "stdout", "stderr", "extra"}[c] }

// ID names a row of a Table: one channel of one start of a process. The caller chooses
// Proc; it must not be used again for another start.
type ID struct {
	Proc    uint64
	Channel Channel
}

// Output is what a Table sends to the loop: Chunk, Comm, Matched, Ended, Drained or
// InputClosed.
// Data belongs to the receiver.
type Output interface{ isOutput() }

// Chunk is output as it was read, ANSI sequences stripped if configured. It is sent only
// for rows with Events, Echo or Raw, and for captured data too (fact 188: PROCESS_LOG
// events). Raw data is not stripped (fact 189: strip_ansi).
type Chunk struct {
	ID   ID
	Data []byte
}

// Comm is what came between the capture tokens (fact 185: capture mode).
type Comm struct {
	ID   ID
	Data []byte
}

// Matched reports that Options.Until has returned true.
type Matched struct{ ID ID }

// Ended reports that the child's end of the pipe is closed everywhere and everything was
// read. The row exists until it is drained, but the loop need not wait for that.
type Ended struct {
	ID ID
	FD int // the descriptor that was closed; -1 if the pipe was given up
}

// Drained is the answer to Drain, and the last Output of its ID.
type Drained struct{ ID ID }

// InputClosed reports that the child closed its end of stdin with data still queued; the
// data is dropped. Send returns ErrClosed from now on. If Send itself notices first,
// there is no InputClosed.
type InputClosed struct {
	ID  ID
	Err error
}

func (Chunk) isOutput()       {}
func (Comm) isOutput()        {}
func (Matched) isOutput()     {}
func (Ended) isOutput()       {}
func (Drained) isOutput()     {}
func (InputClosed) isOutput() {}
