package rpc

import "context"

// Handler carries out one call. Its result is a value that package xmlrpc encodes. An error that is no fault already is turned
// into one by faultOf. A call that has to wait simply blocks; the end of ctx means that nobody waits for the answer any more.
type Handler func(s *Server, ctx context.Context, args Args) (any, error)

// Method is one row of the table. Everything there is to know about a method derives from its row: dispatch, the number of
// arguments, listMethods, methodHelp, methodSignature.
type Method struct {
	Name   string // namespace.method
	Handle Handler
	// Optional is how many of the last parameters may be left out.
	Optional int
	// Help is what methodHelp answers. Its lines "@param TYPE NAME text" and "@return TYPE name text" are the signature, as
	// clients know it from upstream (checklist 256).
	Help string
	// AnyState: the method is carried out during shutdown and restart too (checklist 239).
	AnyState bool
	// Prompt: the method waits for nothing but the supervisor's loop.
	Prompt bool
}

// Parts of help texts that several methods share.
const (
	helpNoWait = "@param boolean wait  false: answer at once; any value is taken as Python would\n"
	helpSignal = "@param string signal  a name such as HUP or SIGHUP, or a number\n"
	helpAll    = "@return array result  a status struct per process: name, group, status (80: done), description\n"
	helpTrue   = "@return boolean result  always true; what went wrong is a fault\n"
	helpRead   = "@param int offset  first byte to return; negative: this many bytes from the end, length 0 then\n" +
		"@param int length  how many bytes; 0: up to the end\n" +
		"@return string result  the text\n"
	helpTail = `
The answer holds the text, the size of the log, and whether the log has grown beyond offset + length. If it
has, the text is the last length bytes; so a reader that passes the size it got last time sees what is new.
A log that does not exist is empty.

@param string name  PROCESS or GROUP:PROCESS
@param int offset  where the reader has got to
@param int length  at most this many bytes
@return array result  [string text, int size, boolean overflow]
`
	helpClear = `Empty the logs of a process, stdout and stderr. It may run meanwhile.

@param string name  PROCESS or GROUP:PROCESS
` + helpTrue
	helpReadStdout = "Return a part of what a process wrote to its stdout.\n\n@param string name  PROCESS or GROUP:PROCESS\n" + helpRead
	helpReadStderr = "Return a part of what a process wrote to its stderr.\n\n@param string name  PROCESS or GROUP:PROCESS\n" + helpRead
	helpReadLog    = "Return a part of the daemon's own log.\n\n" + helpRead
	helpAPIVersion = "Tell the version of this interface.\n\n@return string version  3.0\n"
)

// supervisorMethods is the namespace that [rpcinterface:supervisor] puts in place (checklist 240).
var supervisorMethods = []Method{
	{Name: "supervisor.getAPIVersion", Handle: (*Server).getAPIVersion, Prompt: true, Help: helpAPIVersion},
	{Name: "supervisor.getVersion", Handle: (*Server).getAPIVersion, Prompt: true, Help: helpAPIVersion},
	{
		Name: "supervisor.getSupervisorVersion", Handle: (*Server).getSupervisorVersion, Prompt: true,
		Help: "Tell the version of the daemon.\n\n@return string version  the release it is compatible with, then its own\n",
	},
	{
		Name: "supervisor.getIdentification", Handle: (*Server).getIdentification, Prompt: true,
		Help: "Tell the identifier from the configuration.\n\n@return string identifier  supervisor unless configured\n",
	},
	{
		Name: "supervisor.getState", Handle: (*Server).getState, Prompt: true,
		Help: "Tell the state of the daemon itself.\n\n@return struct state  int statecode, string statename\n",
	},
	{
		Name: "supervisor.getPID", Handle: (*Server).getPID, Prompt: true,
		Help: "Tell the process id of the daemon.\n\n@return int pid  as the system knows it\n",
	},
	{Name: "supervisor.readLog", Handle: (*Server).readMainLog, Help: helpReadLog},
	{Name: "supervisor.readMainLog", Handle: (*Server).readMainLog, Help: helpReadLog},
	{Name: "supervisor.clearLog", Handle: (*Server).clearMainLog, Help: "Empty the daemon's own log.\n\n" + helpTrue},
	{Name: "supervisor.shutdown", Handle: (*Server).shutdown, Help: "Stop all processes and end the daemon.\n\n" + helpTrue},
	{
		Name: "supervisor.restart", Handle: (*Server).restart,
		Help: "Stop all processes, read the configuration and start again. A broken configuration is a fault and nothing is stopped.\n\n" + helpTrue,
	},
	{
		Name: "supervisor.reloadConfig", Handle: (*Server).reloadConfig,
		Help: "Read the configuration again and tell which groups differ from the active ones. Nothing is started or stopped.\n\n" +
			"@return array result  [[added, changed, removed]], each an array of group names\n",
	},
	{
		Name: "supervisor.addProcessGroup", Handle: (*Server).addProcessGroup,
		Help: "Make a group of the configuration read last active; its processes with autostart are started.\n\n@param string name  the group\n" + helpTrue,
	},
	{
		Name: "supervisor.removeProcessGroup", Handle: (*Server).removeProcessGroup,
		Help: "Take out a group whose processes have all stopped.\n\n@param string name  the group\n" + helpTrue,
	},
	{
		Name: "supervisor.startProcess", Handle: (*Server).startProcess, Optional: 1,
		Help: "Start a process and wait until it counts as running. GROUP:* starts a group and answers as startProcessGroup.\n\n" +
			"@param string name  PROCESS, GROUP:PROCESS or GROUP:*\n" + helpNoWait + helpTrue,
	},
	{
		Name: "supervisor.startProcessGroup", Handle: (*Server).startProcessGroup, Optional: 1,
		Help: "Start the processes of a group that do not run.\n\n@param string name  the group\n" + helpNoWait + helpAll,
	},
	{
		Name: "supervisor.startAllProcesses", Handle: (*Server).startAllProcesses, Optional: 1,
		Help: "Start all processes that do not run.\n\n" + helpNoWait + helpAll,
	},
	{
		Name: "supervisor.stopProcess", Handle: (*Server).stopProcess, Optional: 1,
		Help: "Stop a process and wait until it has ended. GROUP:* stops a group and answers as stopProcessGroup.\n\n" +
			"@param string name  PROCESS, GROUP:PROCESS or GROUP:*\n" + helpNoWait + helpTrue,
	},
	{
		Name: "supervisor.stopProcessGroup", Handle: (*Server).stopProcessGroup, Optional: 1,
		Help: "Stop the processes of a group that run.\n\n@param string name  the group\n" + helpNoWait + helpAll,
	},
	{
		Name: "supervisor.stopAllProcesses", Handle: (*Server).stopAllProcesses, Optional: 1,
		Help: "Stop all processes that run.\n\n" + helpNoWait + helpAll,
	},
	{
		Name: "supervisor.signalProcess", Handle: (*Server).signalProcess,
		Help: "Send a signal to a process. GROUP:* signals a group and answers as signalProcessGroup.\n\n" +
			"@param string name  PROCESS, GROUP:PROCESS or GROUP:*\n" + helpSignal + helpTrue,
	},
	{
		Name: "supervisor.signalProcessGroup", Handle: (*Server).signalProcessGroup,
		Help: "Send a signal to the running processes of a group.\n\n@param string name  the group\n" + helpSignal + helpAll,
	},
	{
		Name: "supervisor.signalAllProcesses", Handle: (*Server).signalAllProcesses,
		Help: "Send a signal to all running processes.\n\n" + helpSignal + helpAll,
	},
	{
		Name: "supervisor.getProcessInfo", Handle: (*Server).getProcessInfo, Prompt: true,
		Help: "Tell what is known of a process: its state, when it started and stopped, its logs.\n\n" +
			"@param string name  PROCESS or GROUP:PROCESS\n" +
			"@return struct result  name, group, start, stop, now, state, statename, spawnerr, exitstatus, logfile, stdout_logfile, stderr_logfile, pid, description\n",
	},
	{
		Name: "supervisor.getAllProcessInfo", Handle: (*Server).getAllProcessInfo, Prompt: true,
		Help: "Tell what is known of all processes, sorted by group and name.\n\n@return array result  structs as from getProcessInfo\n",
	},
	{
		Name: "supervisor.getAllConfigInfo", Handle: (*Server).getAllConfigInfo,
		Help: "Tell the settings of all processes of the configuration read last, active or not, sorted by process name.\n\n" +
			"@return array result  a struct per process\n",
	},
	{Name: "supervisor.readProcessStdoutLog", Handle: (*Server).readStdout, Help: helpReadStdout},
	{Name: "supervisor.readProcessLog", Handle: (*Server).readStdout, Help: helpReadStdout},
	{Name: "supervisor.readProcessStderrLog", Handle: (*Server).readStderr, Help: helpReadStderr},
	{Name: "supervisor.tailProcessStdoutLog", Handle: (*Server).tailStdout, Help: "Follow what a process writes to its stdout.\n" + helpTail},
	{Name: "supervisor.tailProcessLog", Handle: (*Server).tailStdout, Help: "Follow what a process writes to its stdout.\n" + helpTail},
	{Name: "supervisor.tailProcessStderrLog", Handle: (*Server).tailStderr, Help: "Follow what a process writes to its stderr.\n" + helpTail},
	{Name: "supervisor.clearProcessLogs", Handle: (*Server).clearLogs, Help: helpClear},
	{Name: "supervisor.clearProcessLog", Handle: (*Server).clearLogs, Help: helpClear},
	{Name: "supervisor.clearAllProcessLogs", Handle: (*Server).clearAllLogs, Help: "Empty the logs of all processes.\n\n" + helpAll},
	{
		Name: "supervisor.sendProcessStdin", Handle: (*Server).sendProcessStdin, Prompt: true,
		Help: "Write text to the stdin of a process, as UTF-8.\n\n@param string name  PROCESS or GROUP:PROCESS\n" +
			"@param string chars  the text; no line end is added\n" + helpTrue,
	},
	{
		Name: "supervisor.sendRemoteCommEvent", Handle: (*Server).sendRemoteCommEvent, Prompt: true, AnyState: true,
		Help: "Publish a REMOTE_COMMUNICATION event to the event listeners that subscribed to it.\n\n" +
			"@param string type  first line of the payload\n@param string data  the rest of the payload\n" + helpTrue,
	},
}

// systemMethods is there whatever is configured.
var systemMethods = []Method{
	{
		Name: "system.listMethods", Handle: (*Server).listMethods, AnyState: true,
		Help: "List the names of all methods, sorted.\n\n@return array result  names with their namespace\n",
	},
	{
		Name: "system.methodHelp", Handle: (*Server).methodHelp, AnyState: true,
		Help: "Return the description of a method.\n\n@param string name  the method with its namespace\n@return string result  text with @param and @return lines\n",
	},
	{
		Name: "system.methodSignature", Handle: (*Server).methodSignature, AnyState: true,
		Help: "Return the types of a method.\n\n@param string name  the method with its namespace\n" +
			"@return array result  type of the result, then of each parameter\n",
	},
	{
		Name: "system.multicall", Handle: (*Server).multicall, AnyState: true,
		Help: "Carry out several calls, one after the other; each waits for the one before it.\n\n" +
			"@param array calls  structs of string methodName and array params; params may be left out\n" +
			"@return array result  a result per call, bare, or for a fault a struct of faultCode and faultString\n",
	},
}
