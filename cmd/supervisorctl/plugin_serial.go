package main

import (
	"context"
	"slices"
	"strings"

	"reeve/config"
)

// supervisor-serialrestart: serialrestart restarts one process after the other, so that
// they are not all down at once.

func serialPlugin(map[string]string) (plugin, error) {
	return plugin{
		verbs: []verb{{
			name: "serialrestart", run: serialRestart, talks: true, check: true,
			help: []string{
				"serialrestart <name>\t\tStop a process, then start it",
				"serialrestart <gname>:*\tDo so with the processes of a group, one after the other",
				"serialrestart <name> <name>\tDo so with several processes or groups",
				"serialrestart a*\t\tDo so with all processes whose names begin with \"a\"",
				"serialrestart all\t\tDo so with all processes",
			},
		}},
	}, nil
}

func serialRestart(ctx context.Context, c *ctl, arg string) error {
	patterns := strings.Fields(arg)
	if len(patterns) == 0 {
		return c.usage("serialrestart", "Error: serialrestart requires a process name", c.exit)
	}
	infos, err := c.rpc.AllProcessInfo(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, info := range infos {
		names = append(names, displayName(info.Group, info.Name))
	}
	if !slices.Contains(patterns, "all") {
		for _, p := range patterns {
			if !slices.ContainsFunc(names, func(name string) bool { return config.Fnmatch(p, name) }) {
				c.out.fail("No such process " + p)
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !matchesAny(patterns, name) })
	}
	for _, name := range names {
		if err := restart(ctx, c, name); err != nil {
			return err
		}
	}
	return nil
}
