package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"reeve/config"
	"reeve/rpc/client"
)

// supervisor-quick: quickstart, quickstop, quickrestart take patterns of full names, and watch the states instead of having the
// daemon wait.

// quickly is how long the plug-in watches, in steps of pollEvery.
const quickly = 600

func quickPlugin(options map[string]string) (plugin, error) {
	retries := quickly
	if text, ok := options["retries"]; ok {
		var err error
		if retries, err = config.ParseInt(text); err != nil {
			return plugin{}, fmt.Errorf("retries is %s, not a number", pythonRepr(text))
		}
	}
	q := quick{retries}
	start, stop := q.changing("supervisor.startProcess", "RUNNING"), q.changing("supervisor.stopProcess", "STOPPED")
	restart := func(ctx context.Context, c *ctl, arg string) error {
		if err := stop(ctx, c, arg); err != nil {
			return err
		}
		return start(ctx, c, arg)
	}
	p := plugin{
		verbs: []verb{
			{name: "quickrestart", run: restart, talks: true},
			{name: "quickstart", run: start, talks: true},
			{name: "quickstop", run: stop, talks: true},
		},
		help: map[string][]string{},
	}
	for what, does := range map[string]string{"restart": "Stop and start", "start": "Start", "stop": "Stop"} {
		p.help["quick"+what] = []string{
			"quick" + what + " <pattern> [...]\t" + does + " all processes whose group:name matches a shell pattern",
			"quick" + what + " <gname>:\t\tThose of a group",
			"quick" + what + " all\t\tAll of them",
		}
	}
	return p, nil
}

type quick struct{ retries int }

// changing makes the action that calls a method for each process and then watches for a state.
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

// watch prints each process when it has reached the state; those that have not in time with the state they are in then. FATAL
// is not waited out: it is the end of all attempts.
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
			if info.StateName == state || info.State == client.StateFatal || tries <= 0 {
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
