package main

import (
	"context"
	"slices"
	"strings"
)

// helpLines explain each action: the syntax, a tab or more, what it does. Scripts and people know the layout; the words are
// ours. A wrong use prints the same lines after the error.
var helpLines = map[string][]string{
	"add":   {"add <name> [...]\tActivate groups that the config file has and the daemon does not run yet"},
	"avail": {"avail\t\t\tList every configured process, active or not"},
	"clear": {
		"clear <name>\t\tEmpty the log files of a process",
		"clear <name> <name>\tEmpty the log files of several processes",
		"clear all\t\tEmpty the log files of every process",
	},
	"completion": {"completion bash|zsh|fish\tPrint a script that lets the shell complete actions and process names"},
	"exit":       {"exit\tLeave the supervisor shell."},
	"fg": {
		"fg <process>\tConnect the terminal to a process: its output, and lines typed to its input",
		"\t\tCtrl-C leaves it running",
	},
	"help": {"help\t\tList the actions", "help <action>\tExplain an action"},
	"maintail": {
		"maintail -f \tFollow the daemon's own log (Ctrl-C ends)",
		"maintail -100\tlast 100 *bytes* of the daemon's own log",
		"maintail\tlast 1600 *bytes* of the daemon's own log",
		"",
	},
	"open": {
		"open <url>\tTalk to another supervisord from now on.",
		"\t\t(a UNIX domain socket is written unix:///socket/path)",
	},
	"pid": {
		"pid\t\t\tPrint the process id of supervisord.",
		"pid <name>\t\tPrint the process id of one process, 0 if it does not run.",
		"pid all\t\t\tPrint the process id of every process, one to a line.",
	},
	"quit":   {"quit\tLeave the supervisor shell."},
	"reload": {"reload \t\tRestart the remote supervisord: stop all, read the config, start."},
	"remove": {"remove <name> [...]\tTake stopped groups out of the running daemon"},
	"reread": {"reread \t\t\tMake the daemon read its config files; nothing is started or stopped"},
	"restart": {
		"restart <name>\t\tStop a process, then start it",
		"restart <gname>:*\tStop all processes of a group, then start them",
		"restart <name> <name>\tStop several processes or groups, then start them",
		"restart all\t\tStop all processes, then start them",
		"Note: the config files are not read again. See reread and update for that.",
	},
	"shutdown": {"shutdown \tEnd the remote supervisord and all its processes."},
	"signal": {
		"signal <signal name> <name>\t\tSend a signal to a process",
		"signal <signal name> <gname>:*\t\tSend a signal to all processes of a group",
		"signal <signal name> <name> <name>\tSend a signal to several processes or groups",
		"signal <signal name> all\t\tSend a signal to every process",
	},
	"start": {
		"start <name>\t\tStart a process",
		"start <gname>:*\t\tStart all processes of a group",
		"start <name> <name>\tStart several processes or groups",
		"start all\t\tStart every process",
	},
	"status": {
		"status <name>\t\tShow one process",
		"status <gname>:*\tShow all processes of a group",
		"status <name> <name>\tShow several processes or groups",
		"status\t\t\tShow every process",
	},
	"stop": {
		"stop <name>\t\tStop a process",
		"stop <gname>:*\t\tStop all processes of a group",
		"stop <name> <name>\tStop several processes or groups",
		"stop all\t\tStop every process",
	},
	"tail": {
		"tail [-f] <name> [stdout|stderr] (default stdout)",
		"Ex:",
		"tail -f <name>\t\tFollow a process's stdout",
		"\t\t\tCtrl-C ends.",
		"tail -100 <name>\tlast 100 *bytes* of a process's stdout",
		"tail <name> stderr\tlast 1600 *bytes* of a process's stderr",
	},
	"update": {
		"update\t\t\tReread the config and apply it: removes, restarts and adds groups as needed",
		"update all\t\tReread the config and apply it: removes, restarts and adds groups as needed",
		"update <gname> [...]\tApply it to these groups only",
	},
	"version": {"version\t\t\tPrint the version of the remote supervisord"},
	"more": {
		"Beyond what supervisorctl has always done:",
		"",
		"status --json [names]\tThe table as a JSON list",
		"avail --json\t\tThe table as a JSON list",
		"start --wait <seconds> <name> ...\tWait that long at most, through retries too; 0 only asks",
		"stop --wait <seconds> <name> ...\tWait that long at most; 0 only asks",
		"restart --wait <seconds> <name> ...\tWait that long at most for the stop, and again for the start",
		"'web-*:*', 'web:w?', 'w*'\tShell patterns, where there is nothing of that very name",
		"completion bash|zsh|fish\tPrint a script that completes actions and process names",
		"--color, color=\t\tColoured output, see -h and the config file",
		"help errors\t\tWhat the usual errors mean",
	},
	"errors": {
		"What supervisorctl says when it cannot do its work, and what helps:",
		"",
		"URL refused connection",
		"\tNobody listens there: supervisord is not running, is still starting, or was killed and left",
		"\tits socket file behind. Start supervisord; see its log if it ended. Exit status 4.",
		"URL no such file",
		"\tThere is no such socket. Compare serverurl= in [supervisorctl] with file= in",
		"\t[unix_http_server], and the config file with the daemon's (-c). A cleaner of temporary",
		"\tfiles may have removed it: keep it in /run. Exit status 7 (status: 4).",
		"[Errno 13] Permission denied",
		"\tThe socket belongs to somebody else: use sudo, or set chmod= and chown= in",
		"\t[unix_http_server]. Exit status 1.",
		"Server requires authentication",
		"\tSet username= and password= in [supervisorctl], or use -u and -p. Exit status 1.",
		"Name or service not known",
		"\tThe host name in serverurl= cannot be resolved. Exit status 1.",
		"SHUTDOWN_STATE, already shutting down",
		"\tThe daemon is stopping its programs or restarts; wait for it. Exit status 1.",
		"Sorry, supervisord responded but did not recognize ...",
		"\tThe daemon's config has no [rpcinterface:supervisor] section. Exit status 3 (status: 4).",
		"ERROR (no such process), ERROR (no such group)",
		"\tSee status for the names. A process of a group is group:name, all of a group group:*.",
		"\tA program that was just configured needs update first.",
		"ERROR (spawn error), ERROR (abnormal termination)",
		"\tThe program could not be started or ended at once: tail NAME stderr, maintail. Exit status 7.",
		"ERROR: CANT_REREAD",
		"\tThe config file is wrong, the text says where; nothing was changed. Exit status 1.",
	},
}

// usage prints an error about the arguments, then the action's help, and sets the exit status.
func (c *ctl) usage(verb, text string, exit int) error {
	c.out.fail(text)
	c.exit = exit
	c.explain(verb)
	return nil
}

func (c *ctl) explain(topic string) {
	lines, _ := c.helpOn(topic)
	c.out.line(strings.Join(lines, "\n"))
}

// help lists the actions, or explains one. An unknown topic is no failure.
func help(_ context.Context, c *ctl, arg string) error {
	_, known := c.helpOn(arg)
	switch {
	case arg == "":
		c.out.line("")
		c.out.topics("default commands (type help <topic>):", slices.DeleteFunc(verbNames(), func(name string) bool { return name == "help" }))
		for _, p := range c.set.plugins {
			c.out.line("")
			c.out.topics(p.name+" commands (type help <topic>):", p.verbNames())
		}
	case known:
		c.explain(arg)
	default:
		c.out.linef("*** No help on %s", arg)
	}
	return nil
}
