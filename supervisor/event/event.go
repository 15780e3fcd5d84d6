package event

import (
	"strconv"

	"reeve/supervisor/process"
)

// Event is one event with its payload, as it was when it happened (checklist 191).
type Event struct {
	Type    Type
	Payload string
}

// stateTypes are the events of transitions, by the state entered.
var stateTypes = map[process.State]Type{
	process.Stopped:  ProcessStateStopped,
	process.Starting: ProcessStateStarting,
	process.Running:  ProcessStateRunning,
	process.Backoff:  ProcessStateBackoff,
	process.Stopping: ProcessStateStopping,
	process.Exited:   ProcessStateExited,
	process.Fatal:    ProcessStateFatal,
	process.Unknown:  ProcessStateUnknown,
}

// OfState is the event of entering a state.
func OfState(s process.State) Type { return stateTypes[s] }

// ProcessState is the event of a transition (checklist 190).
func ProcessState(name, group string, c process.Changed) Event {
	payload := "processname:" + name + " groupname:" + group + " from_state:" + c.From.String()
	switch c.To {
	case process.Starting, process.Backoff:
		payload += " tries:" + strconv.Itoa(c.Tries)
	case process.Exited:
		expected := " expected:0 pid:"
		if c.Expected {
			expected = " expected:1 pid:"
		}
		payload += expected + strconv.Itoa(c.Pid)
	case process.Running, process.Stopping, process.Stopped:
		payload += " pid:" + strconv.Itoa(c.Pid)
	case process.Fatal, process.Unknown:
	}
	return Event{stateTypes[c.To], payload}
}

// ProcessOutput is what a process wrote: for one of the PROCESS_LOG types a piece of its output, for one of
// PROCESS_COMMUNICATION what stood between capture tokens.
func ProcessOutput(t Type, name, group string, pid int, data []byte) Event {
	channel := "\n"
	switch t {
	case ProcessLogStdout:
		channel = " channel:stdout\n"
	case ProcessLogStderr:
		channel = " channel:stderr\n"
	}
	return Event{t, "processname:" + name + " groupname:" + group + " pid:" + strconv.Itoa(pid) + channel + Text(data)}
}

// RemoteCommunication is what a client sent to all listeners.
func RemoteCommunication(kind, data string) Event {
	return Event{RemoteComm, "type:" + kind + "\n" + data}
}

// Supervisor is a change of the daemon's own state; t is one of the SUPERVISOR_STATE_CHANGE types.
func Supervisor(t Type) Event { return Event{Type: t} }

// Tick is a tick of the kind t; when is the wall time in seconds, a multiple of the period (checklist 192).
func Tick(t Type, when int64) Event { return Event{t, "when:" + strconv.FormatInt(when, 10)} }

// ProcessGroup is a group that became active or was removed; its payload ends in a newline that counts.
func ProcessGroup(t Type, name string) Event { return Event{t, "groupname:" + name + "\n"} }
