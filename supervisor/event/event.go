package event

import (
	"fmt"

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

// ProcessState is the event of a transition (checklist 190).
func ProcessState(name, group string, c process.Changed) Event {
	payload := fmt.Sprintf("processname:%s groupname:%s from_state:%s", name, group, c.From)
	switch c.To {
	case process.Starting, process.Backoff:
		payload += fmt.Sprintf(" tries:%d", c.Tries)
	case process.Exited:
		expected := 0
		if c.Expected {
			expected = 1
		}
		payload += fmt.Sprintf(" expected:%d pid:%d", expected, c.Pid)
	case process.Running, process.Stopping, process.Stopped:
		payload += fmt.Sprintf(" pid:%d", c.Pid)
	case process.Fatal, process.Unknown:
	}
	return Event{stateTypes[c.To], payload}
}

// ProcessCommunication is what a process said between capture tokens.
func ProcessCommunication(name, group string, pid int, stderr bool, data []byte) Event {
	t := ProcessCommunicationStdout
	if stderr {
		t = ProcessCommunicationStderr
	}
	return Event{t, fmt.Sprintf("processname:%s groupname:%s pid:%d\n%s", name, group, pid, Text(data))}
}

// ProcessLog is a piece of a process's output.
func ProcessLog(name, group string, pid int, stderr bool, data []byte) Event {
	t, channel := ProcessLogStdout, "stdout"
	if stderr {
		t, channel = ProcessLogStderr, "stderr"
	}
	return Event{t, fmt.Sprintf("processname:%s groupname:%s pid:%d channel:%s\n%s", name, group, pid, channel, Text(data))}
}

// RemoteCommunication is what a client sent to all listeners.
func RemoteCommunication(kind, data string) Event {
	return Event{RemoteComm, fmt.Sprintf("type:%s\n%s", kind, data)}
}

// Supervisor is a change of the daemon's own state; t is one of the SUPERVISOR_STATE_CHANGE types.
func Supervisor(t Type) Event { return Event{Type: t} }

// Tick is a tick of the kind t; when is the wall time in seconds, a multiple of the period (checklist 192).
func Tick(t Type, when int64) Event { return Event{t, fmt.Sprintf("when:%d", when)} }

// ProcessGroup is a group that became active or was removed; its payload ends in a newline that counts.
func ProcessGroup(t Type, name string) Event { return Event{t, "groupname:" + name + "\n"} }
