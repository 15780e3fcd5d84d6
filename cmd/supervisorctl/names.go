package main

import (
	"context"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

func runeLen(s string) int { return utf8.RuneCountInString(s) }

// displayName returns the name under which a process is shown: its own if the group has
// the same name, else `group:process`.
func displayName(group, process string) string {
	if group == process {
		return process
	}
	return group + ":" + process
}

// target is what a name on the command line refers to.
type target struct {
	group, process string
	whole          bool // `group:*` or `group:`, all processes of the group
}

// parseTarget splits a name as upstream does; what it names need not exist.
func parseTarget(name string) target {
	group, process, found := strings.Cut(name, ":")
	switch {
	case !found:
		return target{group: name, process: name}
	case process == "" || process == "*":
		return target{group: group, whole: true}
	}
	return target{group: group, process: process}
}

// name returns the name to use in calls to the daemon.
func (t target) name() string { return displayName(t.group, t.process) }

// isPattern reports whether name has shell pattern characters beyond upstream's own
// `group:*`.
func isPattern(name string) bool {
	group, process, found := strings.Cut(name, ":")
	if found && process == "*" {
		process = ""
	}
	return strings.ContainsAny(group+process, "*?[")
}

// expand returns the active processes that a shell pattern matches. It is called only
// after the daemon has reported that nothing has that name, so a name that contains
// pattern characters always wins, and upstream's answer stands if nothing matches (an
// empty result). `g*:*` matches groups (if flat, their processes), `g*:p*` matches both
// parts, anything else matches the name as `status` shows it.
func (c *ctl) expand(ctx context.Context, name string, flat bool) ([]target, error) {
	if !isPattern(name) {
		return nil, nil
	}
	infos, err := c.rpc.AllProcessInfo(ctx)
	if err != nil {
		return nil, err
	}
	want := parseTarget(name)
	var found []target
	for _, info := range infos {
		t := target{group: info.Group, process: info.Name}
		switch {
		case want.whole:
			if matches(want.group, info.Group) {
				if !flat {
					t = target{group: info.Group, whole: true}
				}
				if !slices.Contains(found, t) {
					found = append(found, t)
				}
			}
		case strings.Contains(name, ":"):
			if matches(want.group, info.Group) && matches(want.process, info.Name) {
				found = append(found, t)
			}
		case matches(name, displayName(info.Group, info.Name)):
			found = append(found, t)
		}
	}
	return found, nil
}

// matchNames returns the names that pattern matches, each once, in order.
func matchNames(pattern string, names []string) []string {
	var found []string
	if !strings.ContainsAny(pattern, "*?[") {
		return nil
	}
	for _, name := range names {
		if matches(pattern, name) && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

// matches is path.Match. Names cannot contain a slash, so `*` matches anything, a colon
// included. A malformed pattern matches nothing.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
