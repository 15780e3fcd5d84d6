package main

import (
	"context"
	"slices"
)

// verb is an action: one row of the table below is all there is to it. Its help lines are in help.go.
type verb struct {
	name     string
	run      func(ctx context.Context, c *ctl, arg string) error
	complete completion
	talks    bool // needs a daemon
	check    bool // asks whether the daemon answers before it looks at its arguments (checklist 267)
	hidden   bool // not in upstream, so not in its list of topics
}

// completion is what Tab offers after a verb (checklist 290).
type completion int

const (
	nothing completion = iota
	actions
	groups
	processes
)

var verbs []verb

func init() { // the table refers to functions that look into it
	verbs = []verb{
		{name: "add", run: add, complete: groups, talks: true},
		{name: "avail", run: avail, talks: true},
		{name: "clear", run: clearLogs, complete: processes, talks: true, check: true},
		{name: "completion", run: completionScript, hidden: true},
		{name: "exit", run: quit},
		{name: "fg", run: foreground, complete: processes, talks: true, check: true},
		{name: "help", run: help, complete: actions},
		{name: "maintail", run: maintail, talks: true, check: true},
		{name: "open", run: open},
		{name: "pid", run: pid, complete: processes, talks: true, check: true},
		{name: "quit", run: quit},
		{name: "reload", run: reload, talks: true},
		{name: "remove", run: remove, complete: groups, talks: true},
		{name: "reread", run: reread, talks: true},
		{name: "restart", run: restart, complete: processes, talks: true, check: true},
		{name: "shutdown", run: shutdown, talks: true},
		{name: "signal", run: signalVerb, complete: processes, talks: true, check: true},
		{name: "start", run: start, complete: processes, talks: true, check: true},
		{name: "status", run: status, complete: processes, talks: true},
		{name: "stop", run: stop, complete: processes, talks: true, check: true},
		{name: "tail", run: tail, complete: processes, talks: true, check: true},
		{name: "update", run: update, complete: groups, talks: true},
		{name: "version", run: version, talks: true},
		{name: "EOF", run: quit, hidden: true},
	}
}

func findVerb(name string) *verb {
	i := slices.IndexFunc(verbs, func(v verb) bool { return v.name == name })
	if i < 0 {
		return nil
	}
	return &verbs[i]
}

// verbNames are the actions that upstream has too: what `help` lists and Tab offers.
func verbNames() []string {
	var names []string
	for _, v := range verbs {
		if !v.hidden {
			names = append(names, v.name)
		}
	}
	return names
}
