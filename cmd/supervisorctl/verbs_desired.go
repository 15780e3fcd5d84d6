package main

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// enable and disable say whether programs start by themselves. They start and stop nothing.
func enable(ctx context.Context, c *ctl, arg string) error {
	return c.able(ctx, "enable", c.rpc.Enable, c.rpc.EnableGroup, arg)
}

func disable(ctx context.Context, c *ctl, arg string) error {
	return c.able(ctx, "disable", c.rpc.Disable, c.rpc.DisableGroup, arg)
}

func (c *ctl) able(ctx context.Context, verb string, one func(context.Context, string) error,
	group func(context.Context, string) ([]client.Result, error), arg string,
) error {
	names := strings.Fields(arg)
	if len(names) == 0 {
		return c.usage(verb, "Error: "+verb+" requires a process name", exitInvalidArgs)
	}
	all := func(ctx context.Context) (results []client.Result, err error) {
		groups, err := c.activeGroups(ctx)
		for _, g := range groups {
			more, err := group(ctx, g)
			if err != nil {
				return nil, err
			}
			results = append(results, more...)
		}
		return results, err
	}
	err := c.apply(ctx, change{
		one: func(ctx context.Context, name string) error {
			err := one(ctx, name)
			if client.FaultCode(err) == api.UnknownMethod {
				return &unknownMethod{err}
			}
			return err
		},
		group: group, all: all, noGroup: exitGeneric,
		show: shower(verb+"d", map[int]string{api.BadName: "no such process", api.Failed: ""}),
	}, names)
	if e, ok := err.(*unknownMethod); ok {
		err = e.fault
	}
	return c.lacks(verb, err)
}

// unknownMethod is that fault where another fault would be the outcome for a process.
type unknownMethod struct{ fault error }

func (e *unknownMethod) Error() string { return e.fault.Error() }

// scale gives a program another number of processes.
func scale(ctx context.Context, c *ctl, arg string) error {
	words, noWait := takeFlag(strings.Fields(arg), "--no-wait")
	if len(words) != 2 {
		return c.usage("scale", "Error: scale requires the name of a program and a number", exitInvalidArgs)
	}
	count, err := strconv.Atoi(words[1])
	if err != nil || count < 1 {
		return c.usage("scale", "Error: scale requires a number of at least 1, not "+words[1], exitInvalidArgs)
	}
	results, err := c.rpc.Scale(ctx, words[0], count, !noWait)
	switch client.FaultCode(err) {
	case api.BadName:
		c.out.failf("%s: ERROR (no such program)", words[0])
		c.exit = exitGeneric
		return nil
	case api.Failed, api.CantReread:
		c.out.failf("%s: ERROR (%s)", words[0], plainFault(err))
		c.exit = exitGeneric
		return nil
	}
	if err != nil {
		return c.lacks("scale", err)
	}
	if len(results) == 0 {
		c.out.linef("%s: has %d already", words[0], count)
	}
	return c.report(ctx, change{show: scaledText(noWait)}, results)
}

// scaledText returns the function that renders a result of scale.
func scaledText(noWait bool) func(client.Result) (string, error) {
	return func(r client.Result) (string, error) {
		name := displayName(r.Group, r.Name)
		switch {
		case r.Status != api.Success:
			return name + ": ERROR (" + cmp.Or(startTexts[r.Status], r.Description) + ")", nil
		case noWait && r.Description == "started":
			return name + ": starting", nil
		case noWait && r.Description == "stopped":
			return name + ": stopping", nil
		}
		return name + ": " + r.Description, nil
	}
}

// plainFault returns the text of a fault without the name of its code.
func plainFault(err error) string {
	text := faultText(err)
	return strings.TrimPrefix(text, api.CodeName(client.FaultCode(err))+": ")
}
