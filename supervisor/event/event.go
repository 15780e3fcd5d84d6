package event

import (
	"strconv"
	"strings"

	"reeve/supervisor/process"
)

// Event is one event. Its payload is that of the moment at which it happened (fact 191:
// event values are frozen).
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

// OfState returns the event type of entering a state.
func OfState(s process.State) Type { return stateTypes[s] }

// ProcessState returns the event of a transition (fact 190: tries and pid in state
// events).
func ProcessState(name, group string, c process.Changed) Event {
	var room [128]byte // large enough for most payloads
	b := append(append(room[:0], "processname:"...), name...)
	b = append(append(b, " groupname:"...), group...)
	b = append(append(b, " from_state:"...), c.From.String()...)
	switch c.To {
	case process.Starting, process.Backoff:
		b = strconv.AppendInt(append(b, " tries:"...), int64(c.Tries), 10)
	case process.Exited:
		expected := " expected:0"
		if c.Expected {
			expected = " expected:1"
		}
		b = appendPid(append(b, expected...), c.Pid)
	case process.Running, process.Stopping, process.Stopped:
		b = appendPid(b, c.Pid)
	case process.Fatal, process.Unknown:
	}
	return Event{stateTypes[c.To], string(b)}
}

func appendPid(b []byte, pid int) []byte {
	return strconv.AppendInt(append(b, " pid:"...), int64(pid), 10)
}

// ProcessOutput returns the event of what a process wrote: for one of the PROCESS_LOG
// types a piece of its output, for one of PROCESS_COMMUNICATION what stood between
// capture tokens.
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

// ProcessReady returns the event of a program that is ready, or was not in time. The
// reason, a text in free form, is what follows the first line.
func ProcessReady(name, group string, pid int, ready bool, reason string) Event {
	value := "0"
	if ready {
		value = "1"
	}
	return Event{ReeveReady, checked(name, group, pid, "ready:"+value, reason)}
}

// ProcessHealth returns the event of a program that became healthy or unhealthy, or
// unhealthy for one more reason.
func ProcessHealth(name, group string, pid int, health, reason string) Event {
	return Event{ReeveHealth, checked(name, group, pid, "health:"+health, reason)}
}

// ProcessWaiting returns the event of a start that waits, now or for something else; or,
// without waiting, of one that does so no more and did not come about.
func ProcessWaiting(name, group string, waiting bool, what string) Event {
	value := "0"
	if waiting {
		value = "1"
	}
	return Event{ReeveWaiting, "processname:" + name + " groupname:" + group + " waiting:" + value + "\n" + Text([]byte(what))}
}

// Roll returns the event of a step of a roll, which the text tells in words.
func Roll(id uint64, groups []string, state, text string) Event {
	return Event{ReeveRoll, "roll:" + strconv.FormatUint(id, 10) + " groupnames:" + strings.Join(groups, ",") + " state:" + state +
		"\n" + Text([]byte(text))}
}

func checked(name, group string, pid int, state, reason string) string {
	return "processname:" + name + " groupname:" + group + " pid:" + strconv.Itoa(pid) + " " + state + "\n" + Text([]byte(reason))
}

// RemoteCommunication returns the event of what a client sent to all listeners.
func RemoteCommunication(kind, data string) Event {
	return Event{RemoteComm, "type:" + kind + "\n" + data}
}

// Supervisor returns the event of a change of the daemon's own state; t is one of the
// SUPERVISOR_STATE_CHANGE types.
func Supervisor(t Type) Event { return Event{Type: t} }

// Tick returns a tick of type t; when is the wall time in Unix seconds, a multiple of the
// period (fact 192).
func Tick(t Type, when int64) Event { return Event{t, "when:" + strconv.FormatInt(when, 10)} }

// ProcessGroup returns the event of a group that was added or removed. Its payload ends
// in a newline, which `len` counts.
func ProcessGroup(t Type, name string) Event { return Event{t, "groupname:" + name + "\n"} }
