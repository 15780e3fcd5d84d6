package process

// State is the state of a process, with upstream's codes (fact 140).
type State int

// The states.
const (
	Stopped  State = 0
	Starting State = 10
	Running  State = 20
	Backoff  State = 30
	Stopping State = 40
	Exited   State = 100
	Fatal    State = 200
	Unknown  State = 1000
)

// States are all states, in the order of their codes.
var States = []State{Stopped, Starting, Running, Backoff, Stopping, Exited, Fatal, Unknown}

// String returns the name that `status` shows.
func (s State) String() string {
	switch s {
	case Stopped:
		return "STOPPED"
	case Starting:
		return "STARTING"
	case Running:
		return "RUNNING"
	case Backoff:
		return "BACKOFF"
	case Stopping:
		return "STOPPING"
	case Exited:
		return "EXITED"
	case Fatal:
		return "FATAL"
	}
	return "UNKNOWN"
}

// IsStopped reports whether no child has to be waited for (fact 141: sets of states).
func (s State) IsStopped() bool { return s == Stopped || s == Exited || s == Fatal || s == Unknown }

// IsRunning reports whether the process can be stopped but not started (fact 141: sets of
// states).
func (s State) IsRunning() bool { return s == Running || s == Backoff || s == Starting }

// IsSignallable reports whether a client may send a signal (fact 141: sets of states).
func (s State) IsSignallable() bool { return s == Running || s == Starting || s == Stopping }
