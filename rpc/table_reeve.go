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
			"struct last_exit (int code, string signal, int at), string reason.",
		Params:  []Param{nameOfProcess},
		Returns: Param{"struct", "process", "times in Unix seconds, 0: never"},
	},
	{
		Name: "reeve.getAllProcesses", Handle: (*Server).getAllProcesses, Prompt: true,
		Doc:     "Tell what is known of all processes, sorted by group and name.",
		Returns: Param{"array", "result", "structs as from reeve.getProcess"},
	},
}
