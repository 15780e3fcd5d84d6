package rpc

import "reeve/config"

// reeveNamespace has the methods that upstream lacks. It exists wherever upstream's own
// interface does, unless a section of the configuration takes the name.
const reeveNamespace = "reeve"

// reeveAPIVersion changes when a method of the namespace changes its meaning, not when
// something is only added.
const reeveAPIVersion = "1.0"

var reeveMethods = []Method{
	{
		Name: "reeve.getAPIVersion", Handle: answer(reeveAPIVersion), Prompt: true, AnyState: true,
		Doc:     "Return the version of the namespace reeve.",
		Returns: Param{"string", "version", reeveAPIVersion},
	},
	{
		Name: "reeve.getVersion", Handle: answer(config.Own), Prompt: true, AnyState: true,
		Doc:     "Return the version of reeve itself. supervisor.getSupervisorVersion returns it after upstream's.",
		Returns: Param{"string", "version", "as in semver"},
	},
	{
		Name: "reeve.getProcess", Handle: (*Server).getProcess, Prompt: true,
		Doc: "Tell what is known of a process: what supervisor.getProcessInfo tells, then boolean ready, string health (unknown, " +
			"healthy, unhealthy; empty if it is not checked), string waiting_for, string status_text, int restarts, int next_attempt, " +
			"struct last_exit (int code, string signal, int at), string reason, boolean enabled.",
		Params:  []Param{nameOfProcess},
		Returns: Param{"struct", "process", "times in Unix seconds, 0: never"},
	},
	{
		Name: "reeve.getAllProcesses", Handle: (*Server).getAllProcesses, Prompt: true,
		Doc:     "Tell what is known of all processes, sorted by group and name.",
		Returns: Param{"array", "result", "structs as from reeve.getProcess"},
	},
	{
		Name: "reeve.startProcess", Handle: (*Server).startProcess, Optional: 2,
		Doc:     "Start a process as supervisor.startProcess does, with or without what it depends on.",
		Params:  []Param{nameOrGroup, wait, withNeeds},
		Returns: always,
	},
	{
		Name: "reeve.startAllProcesses", Handle: (*Server).startAllProcesses, Optional: 2,
		Doc:     "Start all processes as supervisor.startAllProcesses does, each after what it depends on or not.",
		Params:  []Param{wait, withNeeds},
		Returns: statuses,
	},
	{
		Name: "reeve.enable", Handle: (*Server).enable,
		Doc: "Take back what reeve.disable did. Nothing is started. Returns true for a process, for a group a status struct per " +
			"process.",
		Params:  []Param{nameOrGroup},
		Returns: always,
	},
	{
		Name: "reeve.disable", Handle: (*Server).disable,
		Doc: "Keep a process from starting by itself, at the start of the daemon and when its group is added, until reeve.enable. " +
			"It goes on if it runs, and can be started by hand. Returns what reeve.enable does.",
		Params:  []Param{nameOrGroup},
		Returns: always,
	},
	{
		Name: "reeve.scale", Handle: (*Server).scale, Optional: 1,
		Doc: "Give a program another number of processes, until numprocs in the configuration file changes. New ones get the next " +
			"numbers, those with the highest numbers are stopped and removed. Returns what has become of each of them.",
		Params: []Param{
			{"string", "name", "PROGRAM or GROUP:PROGRAM"},
			{"int", "count", "from numprocs_min to numprocs_max"},
			{"boolean", "wait", "false: answer at once, not when the new ones run or the others have stopped"},
		},
		Returns: Param{"array", "result", "status structs; the description is started or stopped, or what went wrong"},
	},
	{
		Name: "reeve.upgrade", Handle: (*Server).upgrade, Optional: 1,
		Doc: "Replace the daemon's program while everything goes on: processes, their output, what other callers wait for. The new " +
			"program is asked first; if it can't go on the fault says why, and nothing has changed. Returns what the new program answers.",
		Params:  []Param{{"string", "program", "an absolute path; empty: the program that is installed where the running one came from"}},
		Returns: Param{"struct", "upgrade", "from, to (versions), processes (that went on), pause (seconds in which nothing was served)"},
	},
	{
		Name: "reeve.getGraph", Handle: (*Server).getGraph, Prompt: true,
		Doc: "Tell how the active processes depend on each other: a struct per process, or per program whose processes need the " +
			"same: name, processes (names), needs (structs: node, the place in this array; name; condition).",
		Returns: Param{"array", "nodes", "without what is needed and not active"},
	},
	{
		Name: "reeve.getBoot", Handle: (*Server).getBoot, Prompt: true,
		Doc: "Tell what took how long at boot, in seconds: took (-1: nothing is up), path (the critical path), steps (all, the " +
			"slowest first), missing (names of what is not up). A step has name, at, waited, took.",
		Returns: Param{"struct", "boot", "of the processes started at boot, and what they need"},
	},
	{
		Name: "reeve.getPlan", Handle: (*Server).getPlan, Optional: 1,
		Doc: "Read the configuration and tell what reeve.update would do; nothing changes. A struct per process: name, group, action " +
			"(none, live, restart, start, stop, add, remove), reason, origin (the file), problem, keys (structs: key, section, old, " +
			"new, change, origin). Secrets are masked.",
		Params:  []Param{namesOfGroups},
		Returns: Param{"array", "plan", "sorted by group and name"},
	},
	{
		Name: "reeve.update", Handle: (*Server).update, Optional: 1,
		Doc: "Read the configuration and put it in force process by process: restart only what has to be, and leave off what is " +
			"off. Answers when what had to stop has stopped and what is to start was asked to. On a fault nothing was changed.",
		Params:  []Param{namesOfGroups},
		Returns: Param{"array", "plan", "what was done, as from reeve.getPlan; problem says what could not be"},
	},
	{
		Name: "reeve.rollRestart", Handle: (*Server).rollRestart, Optional: 1,
		Doc: "Begin to restart processes a few at a time: a batch when the one before is RUNNING, and healthy if that is checked. " +
			"What is off stays off. Answers when the roll has begun; reeve.awaitRoll tells how it goes on.",
		Params:  []Param{{"array", "names", "of processes, or GROUP:*"}, rollSettings},
		Returns: theRoll,
	},
	{
		Name: "reeve.rollUpdate", Handle: (*Server).rollUpdate, Optional: 2,
		Doc: "Read the configuration and begin to put it in force as reeve.update does, but restart a few processes at a time; when " +
			"all these are available the rest follows. With revert a roll that fails gives them back their old values.",
		Params:  []Param{namesOfGroups, rollSettings},
		Returns: theRoll,
	},
	{
		Name: "reeve.getRolls", Handle: (*Server).getRolls, Prompt: true,
		Doc:     "Tell about the rolls under way and the last ones that have ended.",
		Returns: Param{"array", "rolls", "structs as from reeve.rollRestart, the oldest first"},
	},
	{
		Name: "reeve.awaitRoll", Handle: (*Server).awaitRoll, Optional: 1,
		Doc:     "Wait until a roll has more notes than were seen, or is over. Returns the roll with the notes that are new; none if too many wait.",
		Params:  []Param{rollNumber, {"int", "seen", "how many notes were seen"}},
		Returns: theRoll,
	},
	{
		Name: "reeve.abortRoll", Handle: (*Server).abortRoll, Optional: 1,
		Doc: "Stop a roll: no further batch is begun. With revert an update gives the processes that it has restarted their old " +
			"values back.",
		Params:  []Param{rollNumber, {"boolean", "revert", "true: go back"}},
		Returns: always,
	},
}
