package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"reeve/config/pytext"
	"reeve/rpc/api"
	"reeve/rpc/client"
)

// supervisor-quick: quickstart, quickstop and quickrestart take patterns of full names,
// and poll the states instead of letting the daemon wait.

// quickly is how often the plug-in polls by default, every pollEvery.
const quickly = 600

func quickPlugin(options map[string]string) (plugin, error) {
	retries := quickly
	if text, ok := options["retries"]; ok {
		n, ok := pytext.ParseInt(text)
		if !ok {
			return plugin{}, fmt.Errorf("retries is %s, not a number", pytext.Repr(text))
		}
		retries = int(n)
	}
	q := quick{retries}
	start, stop := q.changing("supervisor.startProcess", "RUNNING"), q.changing("supervisor.stopProcess", "STOPPED")
	restart := func(ctx context.Context, c *ctl, arg string) error {
		if err := stop(ctx, c, arg); err != nil {
			return err
		}
		return start(ctx, c, arg)
	}
	row := func(what, does string, run func(context.Context, *ctl, string) error) verb {
		return verb{name: "quick" + what, run: run, talks: true, help: []string{
			"quick" + what + " <pattern> [...]\t" + does + " all processes whose group:name matches a shell pattern",
			"quick" + what + " <gname>:\t\tThose of a group",
			"quick" + what + " all\t\tAll of them",
		}}
	}
	return plugin{verbs: []verb{
		row("restart", "Stop and start", restart),
		row("start", "Start", start),
		row("stop", "Stop", stop),
	}}, nil
}

type quick struct{ retries int }

// changing returns the action that calls a method for each process and then polls for a
// state.
func (q quick) changing(method, state string) func(ctx context.Context, c *ctl, arg string) error {
	return func(ctx context.Context, c *ctl, arg string) error {
		patterns := strings.Fields(arg)
		if len(patterns) == 0 {
			c.out.line(noMatch)
			return nil
		}
		for i, p := range patterns {
			if strings.HasSuffix(p, ":") {
				patterns[i] += "*"
			}
		}
		if slices.Contains(patterns, "all") {
			patterns = []string{"*"}
		}
		infos, err := c.rpc.AllProcessInfo(ctx)
		if err != nil {
			return err
		}
		var steps []client.Step
		var names []string
		for _, info := range infos {
			if name := info.Group + ":" + info.Name; matchesAny(patterns, name) {
				names = append(names, name)
				steps = append(steps, client.Step{Method: method, Args: []any{name, false}})
			}
		}
		if len(names) == 0 {
			return nil
		}
		values, err := c.rpc.Multicall(ctx, steps)
		if err != nil {
			return err
		}
		open := map[string]bool{}
		for i, value := range values[:min(len(values), len(names))] {
			if f, ok := value.(*client.Fault); ok {
				text, _, _ := strings.Cut(f.Text, ":")
				c.out.failf("%s ERROR(%s)", names[i], text)
				continue
			}
			open[names[i]] = true
		}
		return q.watch(ctx, c, open, state)
	}
}

// watch prints each process when it has reached the state, and at the end of the tries
// the others with the state they are in. A process in FATAL is printed at once: no
// further attempt follows.
func (q quick) watch(ctx context.Context, c *ctl, open map[string]bool, state string) error {
	for tries := q.retries; len(open) > 0; tries-- {
		infos, err := c.rpc.AllProcessInfo(ctx)
		if err != nil {
			return err
		}
		left := map[string]bool{}
		for _, info := range infos {
			name := info.Group + ":" + info.Name
			if !open[name] {
				continue
			}
			if info.StateName == state || info.State == api.StateFatal || tries <= 0 {
				c.out.linef("%s: %s", name, info.StateName)
			} else {
				left[name] = true
			}
		}
		if open = left; len(open) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
	return nil
}
