package main

import (
	"context"
	"slices"
)

// verb is an action. Its row in the table below defines it completely.
type verb struct {
	name string
	run  func(ctx context.Context, c *ctl, arg string) error
	// help explains the action: the syntax, at least one tab, what it does. Scripts and
	// people rely on the layout; the words are ours. Wrong arguments print the same lines
	// after the error.
	help     []string
	complete completion
	talks    bool // needs a daemon
	// check asks whether the daemon answers before the action looks at its arguments
	// (fact 267).
	check bool
	ours  bool // not in upstream: listed by `help more`, not among the topics
}

// completion is what Tab offers after a verb (fact 290).
type completion int

const (
	nothing completion = iota
	actions
	groups
	processes
)

var verbs []verb

func init() { // not an initializer, because functions in the table refer to it
	verbs = []verb{
		{
			name: "add", run: add, complete: groups, talks: true,
			help: []string{"add <name> [...]\tActivate groups that the config file has and the daemon does not run yet"},
		},
		{
			name: "analyze", run: analyze, talks: true, check: true, ours: true,
			help: []string{
				"analyze\t\t\tShow what took how long at boot, and the critical path",
				"analyze --json\t\tThe same as JSON",
			},
		},
		{
			name: "avail", run: avail, talks: true,
			help: []string{"avail\t\t\tList every configured process, active or not"},
		},
		{
			name: "clear", run: clearLogs, complete: processes, talks: true, check: true,
			help: []string{
				"clear <name>\t\tEmpty the log files of a process",
				"clear <name> <name>\tEmpty the log files of several processes",
				"clear all\t\tEmpty the log files of every process",
			},
		},
		{
			name: "completion", run: completionScript, ours: true,
			help: []string{"completion bash|zsh|fish\tPrint a script that lets the shell complete actions and process names"},
		},
		{
			name: "disable", run: disable, complete: processes, talks: true, check: true, ours: true,
			help: []string{
				"disable <name>\t\tKeep a process from starting by itself; it goes on if it runs",
				"disable <gname>:*\tThe same for all processes of a group",
				"disable <name> <name>\tThe same for several processes or groups",
				"disable all\t\tThe same for every process",
			},
		},
		{
			name: "enable", run: enable, complete: processes, talks: true, check: true, ours: true,
			help: []string{
				"enable <name>\t\tLet a process start by itself again; nothing is started now",
				"enable <gname>:*\t\tThe same for all processes of a group",
				"enable <name> <name>\tThe same for several processes or groups",
				"enable all\t\tThe same for every process",
			},
		},
		{
			name: "exit", run: quit,
			help: []string{"exit\tLeave the supervisor shell."},
		},
		{
			name: "fg", run: foreground, complete: processes, talks: true, check: true,
			help: []string{
				"fg <process>\tConnect the terminal to a process: its output, and lines typed to its input",
				"\t\tCtrl-C leaves it running",
			},
		},
		{
			name: "graph", run: graph, talks: true, check: true, ours: true,
			help: []string{
				"graph\t\t\tShow which processes wait for which, as waves and as a tree",
				"graph --dot\t\tThe same for graphviz",
				"graph --json\t\tThe same as a JSON list",
			},
		},
		{
			name: "help", run: help, complete: actions,
			help: []string{
				"help\t\tList the actions",
				"help <action>\tExplain an action",
			},
		},
		{
			name: "maintail", run: maintail, talks: true, check: true,
			help: []string{
				"maintail -f \tFollow the daemon's own log (Ctrl-C ends)",
				"maintail -100\tlast 100 *bytes* of the daemon's own log",
				"maintail\tlast 1600 *bytes* of the daemon's own log",
				"",
			},
		},
		{
			name: "open", run: open,
			help: []string{
				"open <url>\tTalk to another supervisord from now on.",
				"\t\t(a UNIX domain socket is written unix:///socket/path)",
			},
		},
		{
			name: "pid", run: pid, complete: processes, talks: true, check: true,
			help: []string{
				"pid\t\t\tPrint the process id of supervisord.",
				"pid <name>\t\tPrint the process id of one process, 0 if it does not run.",
				"pid all\t\t\tPrint the process id of every process, one to a line.",
			},
		},
		{
			name: "quit", run: quit,
			help: []string{"quit\tLeave the supervisor shell."},
		},
		{
			name: "reload", run: reload, talks: true,
			help: []string{"reload \t\tRestart the remote supervisord: stop all, read the config, start."},
		},
		{
			name: "remove", run: remove, complete: groups, talks: true,
			help: []string{"remove <name> [...]\tTake stopped groups out of the running daemon"},
		},
		{
			name: "reread", run: reread, talks: true,
			help: []string{"reread \t\t\tMake the daemon read its config files; nothing is started or stopped"},
		},
		{
			name: "restart", run: restart, complete: processes, talks: true, check: true,
			help: []string{
				"restart <name>\t\tStop a process, then start it",
				"restart <gname>:*\tStop all processes of a group, then start them",
				"restart <name> <name>\tStop several processes or groups, then start them",
				"restart all\t\tStop all processes, then start them",
				"Note: the config files are not read again. See reread and update for that.",
			},
		},
		{
			name: "roll", run: rollVerb, talks: true, check: true, ours: true,
			help: []string{
				"roll\t\t\tShow the rolls under way and the last ones",
				"roll status <number>\tShow one, with the step of each process",
				"roll status --json\tThe same as JSON",
				"roll abort <number>\tStop a roll: what is restarted stays so, the others are left alone",
				"\t\t\t\t--revert\tgive what an update has restarted the old values back",
				"Rolls are begun by restart --rolling and update --rolling. Their options:",
				"\t\t\t\t--batch <number>\t\tas many at once (1)",
				"\t\t\t\t--max-unavailable <number>\tas many may be unavailable (batch - surge)",
				"\t\t\t\t--surge <number>\t\tas many extra processes meanwhile (0)",
				"\t\t\t\t--wait-healthy <time>\t\tfor so long per batch at most, such as 30s or 5m (1m, and what checks take)",
				"\t\t\t\t--revert\t\t\tupdate only: go back if a batch fails",
				"\t\t\t\t--json\t\t\t\tprint the outcome as JSON",
			},
		},
		{
			name: "scale", run: scale, complete: groups, talks: true, check: true, ours: true,
			help: []string{
				"scale <program> <number>\tGive a program another number of processes, until numprocs in the file changes",
				"\t\t\t\tNew ones get the next numbers, the highest numbers are stopped and removed",
				"scale <gname>:<program> <number>\tThe same for a program of several groups",
				"\t\t\t\t--no-wait\tdo not wait until they run or have stopped",
			},
		},
		{
			name: "shutdown", run: shutdown, talks: true,
			help: []string{"shutdown \tEnd the remote supervisord and all its processes."},
		},
		{
			name: "signal", run: signalVerb, complete: processes, talks: true, check: true,
			help: []string{
				"signal <signal name> <name>\t\tSend a signal to a process",
				"signal <signal name> <gname>:*\t\tSend a signal to all processes of a group",
				"signal <signal name> <name> <name>\tSend a signal to several processes or groups",
				"signal <signal name> all\t\tSend a signal to every process",
			},
		},
		{
			name: "start", run: start, complete: processes, talks: true, check: true,
			help: []string{
				"start <name>\t\tStart a process",
				"start <gname>:*\t\tStart all processes of a group",
				"start <name> <name>\tStart several processes or groups",
				"start all\t\tStart every process",
			},
		},
		{
			name: "status", run: status, complete: processes, talks: true,
			help: []string{
				"status <name>\t\tShow one process",
				"status <gname>:*\tShow all processes of a group",
				"status <name> <name>\tShow several processes or groups",
				"status\t\t\tShow every process",
			},
		},
		{
			name: "stop", run: stop, complete: processes, talks: true, check: true,
			help: []string{
				"stop <name>\t\tStop a process",
				"stop <gname>:*\t\tStop all processes of a group",
				"stop <name> <name>\tStop several processes or groups",
				"stop all\t\tStop every process",
			},
		},
		{
			name: "tail", run: tail, complete: processes, talks: true, check: true,
			help: []string{
				"tail [-f] <name> [stdout|stderr] (default stdout)",
				"Ex:",
				"tail -f <name>\t\tFollow a process's stdout",
				"\t\t\tCtrl-C ends.",
				"tail -100 <name>\tlast 100 *bytes* of a process's stdout",
				"tail <name> stderr\tlast 1600 *bytes* of a process's stderr",
			},
		},
		{
			name: "update", run: update, complete: groups, talks: true,
			help: []string{
				"update\t\t\tReread the config and apply it: removes, restarts and adds groups as needed",
				"update all\t\tReread the config and apply it: removes, restarts and adds groups as needed",
				"update <gname> [...]\tApply it to these groups only",
			},
		},
		{
			name: "upgrade", run: upgrade, talks: true, check: true, ours: true,
			help: []string{
				"upgrade			Have the daemon replace itself by the program that is installed now; processes go on",
				"upgrade <program>	Have it replace itself by another one",
				"upgrade --json		Print the outcome as JSON",
			},
		},
		{
			name: "version", run: version, talks: true,
			help: []string{"version\t\t\tPrint the version of the remote supervisord"},
		},
		{
			name: "wait", run: waitFor, complete: processes, talks: true, ours: true,
			help: []string{
				"wait <name> ...\t\tWait until processes are RUNNING; group:*, patterns and all work, too",
				"\t\t\t--for running|healthy|stopped|done|exited\tfor that instead",
				"\t\t\t--timeout <time>\tfor so long at most, such as 30s or 5m",
				"Exit status: 0 they are; 1 one can't get there any more; 2 wrong arguments; 3 the time is over",
			},
		},
		{name: "EOF", run: quit}, // the end of input; not a help topic
	}
}

func findVerb(name string) *verb {
	i := slices.IndexFunc(verbs, func(v verb) bool { return v.name == name })
	if i < 0 {
		return nil
	}
	return &verbs[i]
}

// verbNames returns the actions that have help: upstream's, or with oursToo also ours.
func verbNames(oursToo bool) []string {
	var names []string
	for _, v := range verbs {
		if v.help != nil && (oursToo || !v.ours) {
			names = append(names, v.name)
		}
	}
	return names
}
