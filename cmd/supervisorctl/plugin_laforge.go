package main

import (
	"context"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// mr.laforge: the action kill, by the methods of the namespace laforge.

func laForgePlugin(map[string]string) (plugin, error) {
	return plugin{
		verbs: []verb{{
			name: "kill", run: killVerb, talks: true, check: true,
			help: []string{
				"kill <signal> <name>\t\tSend a signal to a process",
				"kill <signal> <gname>:*\t\tSend a signal to all processes of a group",
				"kill <signal> <name> <name>\tSend a signal to several processes or groups",
			},
		}},
	}, nil
}

var killTexts = map[int]string{
	api.BadName: "no such process", api.BadArguments: "signal not defined", api.NotRunning: "not running",
}

// killVerb does not change the exit status, like the plug-in. A process is shown by the
// name that was given, a group's processes by their own names.
func killVerb(ctx context.Context, c *ctl, arg string) error {
	words := strings.Fields(arg)
	if len(words) < 2 {
		text := "Error: kill requires a process name"
		if len(words) == 0 {
			text = "Error: kill requires a signal and process name"
		}
		return c.usage("kill", text, c.exit)
	}
	for _, name := range words[1:] {
		var results []client.Result
		if t := parseTarget(name); t.whole {
			if err := c.rpc.Call(ctx, "laforge.killProcessGroup", &results, t.group, words[0]); err != nil {
				return err
			}
		} else {
			results = []client.Result{{Name: name, Status: api.Success}}
			if err := c.rpc.Call(ctx, "laforge.killProcess", nil, name, words[0]); err != nil {
				if results[0].Status = client.FaultCode(err); results[0].Status == 0 {
					return err
				}
			}
		}
		for _, r := range results {
			text, known := killTexts[r.Status]
			switch {
			case r.Status == api.Success:
				c.out.line(r.Name + ": signal sent")
			case known:
				c.out.fail(r.Name + ": ERROR (" + text + ")")
			default:
				return &resultError{code: r.Status, name: r.Name}
			}
		}
	}
	return nil
}
