package order

// Effect is something that the owner of a Machine must do: Start, Stop, Wait, Over or
// Fail.
type Effect interface{ isEffect() }

// Start asks for a start. Everything that the process needs holds, or the start was asked
// for without dependencies.
type Start struct {
	ID     ID
	Reason string
	By     ID // the process that needs it or that it needs, of which the start is a consequence; 0: none
}

// Stop asks for a stop. The processes that have to stop before have stopped.
type Stop struct {
	ID     ID
	Reason string
	By     ID // the process that stopped, died or is to be stopped, of which this is a consequence; 0: none
}

// Wait says that a start that was asked for has to wait, and for what: "db (STARTING)".
// Another Wait for the process follows when it waits for something else; Waiting has the
// state as it is now.
type Wait struct {
	ID  ID
	For string
}

// Over says that nothing comes of a start that was asked for: the process runs already,
// it is to be stopped or was, it was removed, or everything ends.
type Over struct{ ID ID }

// Fail says that a start with dependencies can't succeed now, because what it needs will
// not get there: who waits for the outcome need not wait longer. If it was asked for with
// Wait the start is over, unless the process waited before of its own accord; otherwise it
// goes on waiting.
type Fail struct {
	ID     ID
	By     ID     // whose state is the cause; 0: it is not active
	Reason string // "needs db (FATAL)"
}

func (Start) isEffect() {}
func (Stop) isEffect()  {}
func (Wait) isEffect()  {}
func (Over) isEffect()  {}
func (Fail) isEffect()  {}

// The reasons that the Machine gives itself; the others are passed on.
const (
	reasonRequest    = "request"    // of a Request that names none
	reasonDependency = "dependency" // a consequence of what happened to another process
)
