package rpc

// supervisorMethods is the namespace that [rpcinterface:supervisor] adds (fact 240, list
// of methods).
var supervisorMethods = []Method{
	{
		Name: "supervisor.getAPIVersion", Handle: (*Server).getAPIVersion, Prompt: true,
		Doc:     "Return the version of this interface.",
		Returns: Param{"string", "version", "3.0"},
	},
	{
		Name: "supervisor.getVersion", Handle: (*Server).getAPIVersion, Prompt: true,
		Doc:     "Return the version of this interface.",
		Returns: Param{"string", "version", "3.0"},
	},
	{
		Name: "supervisor.getSupervisorVersion", Handle: (*Server).getSupervisorVersion, Prompt: true,
		Doc:     "Return the version of the daemon.",
		Returns: Param{"string", "version", "the release it is compatible with, then its own"},
	},
	{
		Name: "supervisor.getIdentification", Handle: (*Server).getIdentification, Prompt: true,
		Doc:     "Tell the identifier from the configuration.",
		Returns: Param{"string", "identifier", "supervisor unless configured"},
	},
	{
		Name: "supervisor.getState", Handle: (*Server).getState, Prompt: true,
		Doc:     "Tell the state of the daemon itself.",
		Returns: Param{"struct", "state", "int statecode, string statename"},
	},
	{
		Name: "supervisor.getPID", Handle: (*Server).getPID, Prompt: true,
		Doc:     "Tell the process id of the daemon.",
		Returns: Param{"int", "pid", "as the system knows it"},
	},
	readsLog("supervisor.readLog", (*Server).readMainLog, "Return a part of the daemon's own log."),
	readsLog("supervisor.readMainLog", (*Server).readMainLog, "Return a part of the daemon's own log."),
	{
		Name: "supervisor.clearLog", Handle: (*Server).clearMainLog,
		Doc:     "Empty the daemon's own log.",
		Returns: always,
	},
	{
		Name: "supervisor.shutdown", Handle: (*Server).shutdown,
		Doc:     "Stop all processes and end the daemon.",
		Returns: always,
	},
	{
		Name: "supervisor.restart", Handle: (*Server).restart,
		Doc:     "Stop all processes, read the configuration and start again. A broken configuration is a fault and nothing is stopped.",
		Returns: always,
	},
	{
		Name: "supervisor.reloadConfig", Handle: (*Server).reloadConfig,
		Doc:     "Read the configuration again and tell which groups differ from the active ones. Nothing is started or stopped.",
		Returns: Param{"array", "result", "[[added, changed, removed]], each an array of group names"},
	},
	{
		Name: "supervisor.addProcessGroup", Handle: (*Server).addProcessGroup,
		Doc:     "Make a group of the configuration read last active; its processes with autostart are started.",
		Params:  []Param{nameOfGroup},
		Returns: always,
	},
	{
		Name: "supervisor.removeProcessGroup", Handle: (*Server).removeProcessGroup,
		Doc:     "Take out a group whose processes have all stopped.",
		Params:  []Param{nameOfGroup},
		Returns: always,
	},
	{
		Name: "supervisor.startProcess", Handle: (*Server).startProcess, Optional: 1,
		Doc:     "Start a process and wait until it counts as running. GROUP:* starts a group and answers as startProcessGroup.",
		Params:  []Param{nameOrGroup, wait},
		Returns: always,
	},
	{
		Name: "supervisor.startProcessGroup", Handle: (*Server).startProcessGroup, Optional: 1,
		Doc:     "Start the processes of a group that do not run.",
		Params:  []Param{nameOfGroup, wait},
		Returns: statuses,
	},
	{
		Name: "supervisor.startAllProcesses", Handle: (*Server).startAllProcesses, Optional: 1,
		Doc:     "Start all processes that do not run.",
		Params:  []Param{wait},
		Returns: statuses,
	},
	{
		Name: "supervisor.stopProcess", Handle: (*Server).stopProcess, Optional: 1,
		Doc:     "Stop a process and wait until it has ended. GROUP:* stops a group and answers as stopProcessGroup.",
		Params:  []Param{nameOrGroup, wait},
		Returns: always,
	},
	{
		Name: "supervisor.stopProcessGroup", Handle: (*Server).stopProcessGroup, Optional: 1,
		Doc:     "Stop the processes of a group that run.",
		Params:  []Param{nameOfGroup, wait},
		Returns: statuses,
	},
	{
		Name: "supervisor.stopAllProcesses", Handle: (*Server).stopAllProcesses, Optional: 1,
		Doc:     "Stop all processes that run.",
		Params:  []Param{wait},
		Returns: statuses,
	},
	{
		Name: "supervisor.signalProcess", Handle: (*Server).signalProcess,
		Doc:     "Send a signal to a process. GROUP:* signals a group and answers as signalProcessGroup.",
		Params:  []Param{nameOrGroup, signalToSend},
		Returns: always,
	},
	{
		Name: "supervisor.signalProcessGroup", Handle: (*Server).signalProcessGroup,
		Doc:     "Send a signal to the running processes of a group.",
		Params:  []Param{nameOfGroup, signalToSend},
		Returns: statuses,
	},
	{
		Name: "supervisor.signalAllProcesses", Handle: (*Server).signalAllProcesses,
		Doc:     "Send a signal to all running processes.",
		Params:  []Param{signalToSend},
		Returns: statuses,
	},
	{
		Name: "supervisor.getProcessInfo", Handle: (*Server).getProcessInfo, Prompt: true,
		Doc:     "Tell what is known of a process: its state, when it started and stopped, its logs.",
		Params:  []Param{nameOfProcess},
		Returns: Param{"struct", "result", "name, group, start, stop, now, state, statename, spawnerr, exitstatus, logfile, stdout_logfile, stderr_logfile, pid, description"},
	},
	{
		Name: "supervisor.getAllProcessInfo", Handle: (*Server).getAllProcessInfo, Prompt: true,
		Doc:     "Tell what is known of all processes, sorted by group and name.",
		Returns: Param{"array", "result", "structs as from getProcessInfo"},
	},
	{
		Name: "supervisor.getAllConfigInfo", Handle: (*Server).getAllConfigInfo,
		Doc:     "Tell the settings of all processes of the configuration read last, active or not, sorted by process name.",
		Returns: Param{"array", "result", "a struct per process"},
	},
	readsLog("supervisor.readProcessStdoutLog", (*Server).readStdout, "Return a part of what a process wrote to its stdout.", nameOfProcess),
	readsLog("supervisor.readProcessLog", (*Server).readStdout, "Return a part of what a process wrote to its stdout.", nameOfProcess),
	readsLog("supervisor.readProcessStderrLog", (*Server).readStderr, "Return a part of what a process wrote to its stderr.", nameOfProcess),
	tailsLog("supervisor.tailProcessStdoutLog", (*Server).tailStdout, "Follow what a process writes to its stdout."),
	tailsLog("supervisor.tailProcessLog", (*Server).tailStdout, "Follow what a process writes to its stdout."),
	tailsLog("supervisor.tailProcessStderrLog", (*Server).tailStderr, "Follow what a process writes to its stderr."),
	{
		Name: "supervisor.clearProcessLogs", Handle: (*Server).clearLogs,
		Doc:     "Empty the logs of a process, stdout and stderr. It may run meanwhile.",
		Params:  []Param{nameOfProcess},
		Returns: always,
	},
	{
		Name: "supervisor.clearProcessLog", Handle: (*Server).clearLogs,
		Doc:     "Empty the logs of a process, stdout and stderr. It may run meanwhile.",
		Params:  []Param{nameOfProcess},
		Returns: always,
	},
	{
		Name: "supervisor.clearAllProcessLogs", Handle: (*Server).clearAllLogs,
		Doc:     "Empty the logs of all processes.",
		Returns: statuses,
	},
	{
		Name: "supervisor.sendProcessStdin", Handle: (*Server).sendProcessStdin, Prompt: true,
		Doc:     "Write text to the stdin of a process, as UTF-8.",
		Params:  []Param{nameOfProcess, {"string", "chars", "the text; no line end is added"}},
		Returns: always,
	},
	{
		Name: "supervisor.sendRemoteCommEvent", Handle: (*Server).sendRemoteCommEvent, Prompt: true, AnyState: true,
		Doc:     "Publish a REMOTE_COMMUNICATION event to the event listeners that subscribed to it.",
		Params:  []Param{{"string", "type", "first line of the payload"}, {"string", "data", "the rest of the payload"}},
		Returns: always,
	},
}

// readsLog is the row of a method that returns part of a log; the parameters before say
// which log.
func readsLog(name string, h Handler, doc string, before ...Param) Method {
	return Method{
		Name: name, Handle: h, Doc: doc,
		Params: append(
			before,
			Param{"int", "offset", "first byte to return; negative: this many bytes from the end, length 0 then"},
			Param{"int", "length", "how many bytes; 0: up to the end"},
		),
		Returns: Param{"string", "result", "the text"},
	}
}

// tailsLog is the row of a method that follows a log.
func tailsLog(name string, h Handler, doc string) Method {
	return Method{
		Name: name, Handle: h,
		Doc: doc + `

The answer holds the text, the size of the log, and whether the log has grown beyond offset + length. If it
has, the text is the last length bytes; so a reader that passes the size it got last time sees what is new.
A log that does not exist is empty.`,
		Params: []Param{
			nameOfProcess,
			{"int", "offset", "where the reader has got to"},
			{"int", "length", "at most this many bytes"},
		},
		Returns: Param{"array", "result", "[string text, int size, boolean overflow]"},
	}
}
