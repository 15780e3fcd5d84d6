package process

import "syscall"

// Effect is something the owner of a Machine has to carry out: Spawn, Revoke, Kill,
// Changed or Log.
type Effect interface{ isEffect() }

// Spawn asks for a child. The answer is Spawned, SpawnFailed, SpawnShort or, after
// Revoke, Revoked.
type Spawn struct{}

// Revoke gives the start under way up. The answer is still any of those to Spawn.
type Revoke struct{}

// Kill asks for a signal; Group means the child's process group. SignalFailed tells of a failure.
type Kill struct {
	Pid    int
	Signal syscall.Signal
	Group  bool
}

// Changed is a transition that has happened. What only some events carry is zero elsewhere (checklist 6A, 190).
type Changed struct {
	From, To State
	Pid      int  // RUNNING, STOPPING, STOPPED, EXITED: the child's, also if it just ended
	Tries    int  // STARTING, BACKOFF: failures so far
	Expected bool // EXITED: the exit code is one of exitcodes
}

// Log is a line for the main log.
type Log struct {
	Level Level
	Text  string
}

func (Spawn) isEffect()   {}
func (Revoke) isEffect()  {}
func (Kill) isEffect()    {}
func (Changed) isEffect() {}
func (Log) isEffect()     {}

// Level is the importance of a line in the main log, with upstream's numbers (checklist 134).
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
