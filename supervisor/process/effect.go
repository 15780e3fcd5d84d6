package process

import "syscall"

// Effect is something that the owner of a Machine must carry out: Ask, Spawn, Revoke,
// Kill, Changed or Log.
type Effect interface{ isEffect() }

// Ask asks for leave to start: an automatic start is due, and Machine.Asks is set. The
// answer is Allow, Deny or, whatever comes first, another event.
type Ask struct{ Why Reason }

// Spawn asks for a child. The answer is Spawned, SpawnFailed, SpawnShort or, after
// Revoke, Revoked.
type Spawn struct{ Why Reason }

// Revoke gives up the start under way. It is not answered itself: the Spawn still gets
// one of its answers.
type Revoke struct{}

// Kill asks for a signal, to the child's process group if Group is set. A failure comes
// back as SignalFailed.
type Kill struct {
	Pid    int
	Signal syscall.Signal
	Group  bool
}

// Changed is a transition that has happened. A field that an event of the new state does
// not carry is zero (facts 6A and 190: payloads of state events).
type Changed struct {
	From, To State
	Pid      int  // RUNNING, STOPPING, STOPPED, EXITED: the child's, even if just ended
	Tries    int  // STARTING, BACKOFF: failures so far
	Expected bool // EXITED: the exit code is one of exitcodes
}

// Log is a line for the main log.
type Log struct {
	Level Level
	Text  string
}

func (Ask) isEffect()     {}
func (Spawn) isEffect()   {}
func (Revoke) isEffect()  {}
func (Kill) isEffect()    {}
func (Changed) isEffect() {}
func (Log) isEffect()     {}

// Level is the importance of a line in the main log, with upstream's numbers (fact 134:
// format of a log line).
type Level int

// The levels.
const (
	Blather  Level = 3
	Trace    Level = 5
	Debug    Level = 10
	Info     Level = 20
	Warn     Level = 30
	Error    Level = 40
	Critical Level = 50
)
