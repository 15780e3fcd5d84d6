package process

// State is the state of a process, with upstream's codes (checklist 140).
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

// String gives the name as status shows it.
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

// IsStopped tells whether no child is to be waited for (checklist 141).
func (s State) IsStopped() bool { return s == Stopped || s == Exited || s == Fatal || s == Unknown }

// IsRunning tells whether a stop makes sense and a start does not (checklist 141).
func (s State) IsRunning() bool { return s == Running || s == Backoff || s == Starting }

// IsSignallable tells whether a signal can be asked for (checklist 141).
func (s State) IsSignallable() bool { return s == Running || s == Starting || s == Stopping }
