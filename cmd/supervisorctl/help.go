package main

import (
	"context"
	"slices"
	"strings"
)

// topics are the help topics other than the actions.
var topics = map[string][]string{
	"more": {
		"Beyond what supervisorctl has always done:",
		"",
		"status --json [names]\tThe table as a JSON list, with more than the table shows",
		"avail --json\t\tThe table as a JSON list",
		"start --wait <seconds> <name> ...\tWait that long at most, through retries too; 0 only asks",
		"stop --wait <seconds> <name> ...\tWait that long at most; 0 only asks",
		"restart --wait <seconds> <name> ...\tWait that long at most for the stop, and again for the start",
		"start --no-deps <name> ...\tStart at once and nothing else, whatever the process depends on",
		"restart --no-deps <name> ...\tThe same after the stop",
		"update --dry-run [<gname> ...]\tShow what a changed config means for each process, key by key; nothing changes",
		"\t\t\tExit status: 0 nothing to do, 10 changes, 2 error",
		"reread --diff [<gname> ...]\tThe same",
		"update --by-process [<gname> ...]\tDo that: the processes that need not restart keep their pid",
		"update --by-group [...]\tAs update, if the config file has update=by-process",
		"\t\t\t--json with --dry-run, --diff or --by-process prints JSON",
		"'web-*:*', 'web:w?', 'w*'\tShell patterns, where there is nothing of that very name",
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

// usage prints an error about the arguments, followed by the action's help, and sets the
// exit status.
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

// help lists the actions, or explains one. An unknown topic does not change the exit
// status.
func help(_ context.Context, c *ctl, arg string) error {
	_, known := c.helpOn(arg)
	switch {
	case arg == "":
		c.out.line("")
		c.out.topics("default commands (type help <topic>):", slices.DeleteFunc(verbNames(false), func(name string) bool { return name == "help" }))
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
