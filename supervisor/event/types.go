package event

import "strings"

// Type is an event type; a subscription to one covers all types below it in the tree
// (fact 6A: event types and payloads).
type Type uint8

// The types. Abstract ones are never sent themselves.
const (
	Any Type = iota // EVENT
	ProcessStateAny
	ProcessStateStopped
	ProcessStateExited
	ProcessStateStarting
	ProcessStateStopping
	ProcessStateBackoff
	ProcessStateFatal
	ProcessStateRunning
	ProcessStateUnknown
	ProcessCommunicationAny
	ProcessCommunicationStdout
	ProcessCommunicationStderr
	ProcessLogAny
	ProcessLogStdout
	ProcessLogStderr
	RemoteComm
	SupervisorStateChange
	SupervisorStateChangeRunning
	SupervisorStateChangeStopping
	TickAny
	Tick5
	Tick60
	Tick3600
	ProcessGroupAny
	ProcessGroupAdded
	ProcessGroupRemoved
	Reeve // what upstream does not have
	ReeveReady
	ReeveHealth
	ReeveWaiting
	ReeveRoll
)

// Types is the number of types.
const Types = len(tree)

// tree has the name and the parent of each type. REEVE is not below EVENT, so a listener
// of everything gets what it got from upstream.
var tree = [...]struct {
	name   string
	parent Type
}{
	Any:                           {"EVENT", Any},
	ProcessStateAny:               {"PROCESS_STATE", Any},
	ProcessStateStopped:           {"PROCESS_STATE_STOPPED", ProcessStateAny},
	ProcessStateExited:            {"PROCESS_STATE_EXITED", ProcessStateAny},
	ProcessStateStarting:          {"PROCESS_STATE_STARTING", ProcessStateAny},
	ProcessStateStopping:          {"PROCESS_STATE_STOPPING", ProcessStateAny},
	ProcessStateBackoff:           {"PROCESS_STATE_BACKOFF", ProcessStateAny},
	ProcessStateFatal:             {"PROCESS_STATE_FATAL", ProcessStateAny},
	ProcessStateRunning:           {"PROCESS_STATE_RUNNING", ProcessStateAny},
	ProcessStateUnknown:           {"PROCESS_STATE_UNKNOWN", ProcessStateAny},
	ProcessCommunicationAny:       {"PROCESS_COMMUNICATION", Any},
	ProcessCommunicationStdout:    {"PROCESS_COMMUNICATION_STDOUT", ProcessCommunicationAny},
	ProcessCommunicationStderr:    {"PROCESS_COMMUNICATION_STDERR", ProcessCommunicationAny},
	ProcessLogAny:                 {"PROCESS_LOG", Any},
	ProcessLogStdout:              {"PROCESS_LOG_STDOUT", ProcessLogAny},
	ProcessLogStderr:              {"PROCESS_LOG_STDERR", ProcessLogAny},
	RemoteComm:                    {"REMOTE_COMMUNICATION", Any},
	SupervisorStateChange:         {"SUPERVISOR_STATE_CHANGE", Any},
	SupervisorStateChangeRunning:  {"SUPERVISOR_STATE_CHANGE_RUNNING", SupervisorStateChange},
	SupervisorStateChangeStopping: {"SUPERVISOR_STATE_CHANGE_STOPPING", SupervisorStateChange},
	TickAny:                       {"TICK", Any},
	Tick5:                         {"TICK_5", TickAny},
	Tick60:                        {"TICK_60", TickAny},
	Tick3600:                      {"TICK_3600", TickAny},
	ProcessGroupAny:               {"PROCESS_GROUP", Any},
	ProcessGroupAdded:             {"PROCESS_GROUP_ADDED", ProcessGroupAny},
	ProcessGroupRemoved:           {"PROCESS_GROUP_REMOVED", ProcessGroupAny},
	Reeve:                         {"REEVE", Reeve},
	ReeveReady:                    {"REEVE_READY", Reeve},
	ReeveHealth:                   {"REEVE_HEALTH", Reeve},
	ReeveWaiting:                  {"REEVE_WAITING", Reeve},
	ReeveRoll:                     {"REEVE_ROLL", Reeve},
}

// String returns the name that `events=` uses.
func (t Type) String() string { return tree[t].name }

// Is reports whether t is sub or below it.
func (t Type) Is(sub Type) bool {
	for t != sub {
		parent := tree[t].parent
		if t == parent {
			return false
		}
		t = parent
	}
	return true
}

// ByName returns the type of that name, in any case (fact 82), and whether there is one.
func ByName(name string) (Type, bool) {
	for t, row := range tree {
		if strings.EqualFold(row.name, name) {
			return Type(t), true
		}
	}
	return Any, false
}
