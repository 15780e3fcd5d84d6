package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// takeFlag removes every occurrence of flag from words.
func takeFlag(words []string, flag string) (rest []string, found bool) {
	rest = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == flag })
	return rest, len(rest) < len(words)
}

// status prints the table of processes (fact 272). If the daemon cannot be reached, the
// exit status is always 4.
func status(ctx context.Context, c *ctl, arg string) error {
	names, asJSON := takeFlag(strings.Fields(arg), "--json")
	c.out.failErr = asJSON
	defer func() { c.out.failErr = false }()
	if err := c.reachable(ctx); err != nil {
		if errors.Is(err, errHandled) {
			c.exit = exitStatusUnknown
		}
		return err
	}
	var infos []client.ProcessInfo
	var all []client.Process
	var err error
	if asJSON {
		infos, all, err = c.allProcesses(ctx)
	} else {
		infos, err = c.rpc.AllProcessInfo(ctx)
	}
	if err != nil {
		return err
	}
	if len(names) > 0 && !slices.Contains(names, "all") {
		var known bool
		if infos, known, err = c.pick(ctx, infos, names); err != nil {
			return err
		}
		if !known {
			c.exit = exitStatusUnknown
		}
	}
	if asJSON {
		err = printProcesses(c.out, infos, all)
	} else {
		c.out.statuses(infos)
	}
	for _, info := range infos {
		switch info.State {
		case api.StateStopped, api.StateExited, api.StateFatal, api.StateUnknown:
			c.exit = exitStatusNotRunning
		}
	}
	return err
}

// allProcesses lists all processes. all is nil if the daemon knows no more than upstream's
// does.
func (c *ctl) allProcesses(ctx context.Context) (infos []client.ProcessInfo, all []client.Process, err error) {
	all, err = c.rpc.AllProcesses(ctx)
	if client.FaultCode(err) == api.UnknownMethod {
		infos, err = c.rpc.AllProcessInfo(ctx)
		return infos, nil, err
	}
	return infosOf(all), all, err
}

// printProcesses prints as JSON what is known of the processes that were picked.
func printProcesses(o *output, picked []client.ProcessInfo, all []client.Process) error {
	if all == nil {
		return printJSON(o, picked)
	}
	known := byTarget(all)
	list := make([]client.Process, len(picked))
	for i, info := range picked {
		list[i] = known[target{group: info.Group, process: info.Name}]
	}
	return printJSON(o, list)
}

// pick returns the processes that names refer to, in that order, with duplicates. Unknown
// names are reported at once; known is false if there is one.
func (c *ctl) pick(ctx context.Context, all []client.ProcessInfo, names []string) (picked []client.ProcessInfo, known bool, err error) {
	known = true
	for _, name := range names {
		want := parseTarget(name)
		before := len(picked)
		picked = appendMatching(picked, all, want)
		if len(picked) > before {
			continue
		}
		found, err := c.expand(ctx, name, false)
		if err != nil {
			return nil, false, err
		}
		for _, t := range found {
			picked = appendMatching(picked, all, t)
		}
		if len(picked) > before {
			continue
		}
		if want.whole {
			c.out.failf("%s: ERROR (no such group)", want.group)
		} else {
			c.out.failf("%s: ERROR (no such process)", name)
		}
		known = false
		c.suggestProcess(ctx, name)
	}
	return picked, known, nil
}

func appendMatching(to, all []client.ProcessInfo, t target) []client.ProcessInfo {
	for _, info := range all {
		if info.Group == t.group && (t.whole || info.Name == t.process) {
			to = append(to, info)
		}
	}
	return to
}

// printJSON prints a list, one element per line, so that line-based tools can read it
// too.
func printJSON[T any](o *output, list []T) error {
	var b strings.Builder
	b.WriteString("[")
	for i, element := range list {
		text, err := json.Marshal(element)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n ")
		b.Write(text)
	}
	if len(list) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("]")
	o.line(b.String())
	return nil
}

// pid prints process ids: the daemon's, those of all processes, or those of the given
// names.
func pid(ctx context.Context, c *ctl, arg string) error {
	names := strings.Fields(arg)
	switch {
	case len(names) == 0:
		pid, err := c.rpc.PID(ctx)
		if err == nil {
			c.out.line(strconv.Itoa(pid))
		}
		return err
	case slices.Contains(names, "all"):
		infos, err := c.rpc.AllProcessInfo(ctx)
		for _, info := range infos {
			c.out.line(strconv.Itoa(info.PID))
		}
		return err
	}
	for _, name := range names {
		if err := c.pidOf(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *ctl) pidOf(ctx context.Context, name string) error {
	info, err := c.rpc.ProcessInfo(ctx, name)
	if client.FaultCode(err) == api.BadName {
		found, err := c.expand(ctx, name, true)
		if err != nil {
			return err
		}
		for _, t := range found {
			if err := c.pidOf(ctx, t.name()); err != nil {
				return err
			}
		}
		if len(found) == 0 {
			c.exit = exitGeneric
			c.out.failf("No such process %s", name)
			c.suggestProcess(ctx, name)
		}
		return nil
	}
	if err != nil {
		return err
	}
	c.out.line(strconv.Itoa(info.PID))
	if info.PID == 0 {
		c.exit = exitNotRunning
	}
	return nil
}

// avail prints the table of configured processes.
func avail(ctx context.Context, c *ctl, arg string) error {
	rest, asJSON := takeFlag(strings.Fields(arg), "--json")
	if len(rest) > 0 {
		return c.usage("avail", "Error: avail accepts no arguments", exitGeneric)
	}
	c.out.failErr = asJSON
	defer func() { c.out.failErr = false }()
	infos, err := c.rpc.AllConfigInfo(ctx)
	switch {
	case client.FaultCode(err) == api.ShutdownState:
		c.exit = exitGeneric
		c.out.fail("ERROR: supervisor shutting down")
		return nil
	case err != nil:
		return err
	case asJSON:
		return printJSON(c.out, infos)
	}
	c.out.avail(infos)
	return nil
}

// version prints the daemon's version.
func version(ctx context.Context, c *ctl, arg string) error {
	if arg != "" {
		return c.usage("version", "Error: version accepts no arguments", exitGeneric)
	}
	if err := c.reachable(ctx); err != nil {
		return err
	}
	v, err := c.rpc.SupervisorVersion(ctx)
	if err == nil {
		c.out.line(v)
	}
	return err
}
