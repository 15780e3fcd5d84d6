package main

import (
	"context"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// Exit statuses of a plan, such as of `update --dry-run`; 0: nothing to do.
const (
	exitPlanError = 2
	exitPlanned   = 10
)

// planOptions are the options of update and reread about plans, and the names behind them.
type planOptions struct {
	dryRun, byProcess, byGroup, diff, json bool

	names []string
}

func planOptionsOf(arg string) (o planOptions) {
	o.names = strings.Fields(arg)
	o.names, o.dryRun = takeFlag(o.names, "--dry-run")
	o.names, o.byProcess = takeFlag(o.names, "--by-process")
	o.names, o.byGroup = takeFlag(o.names, "--by-group")
	o.names, o.diff = takeFlag(o.names, "--diff")
	o.names, o.json = takeFlag(o.names, "--json")
	return o
}

// updateWith carries out an update whose options say how, or returns false: it is one as
// upstream's.
func updateWith(ctx context.Context, c *ctl, o planOptions) (bool, error) {
	switch plan := o.dryRun || o.byProcess || c.set.byProcess && !o.byGroup; {
	case o.byProcess && o.byGroup, o.dryRun && o.byGroup, o.diff, o.json && !plan:
		return true, c.usage("update", "Error: update accepts --dry-run, --by-process or --by-group, the first two with --json", exitInvalidArgs)
	case o.dryRun:
		return true, c.showPlan(ctx, o)
	case plan:
		return true, c.updateByProcess(ctx, o)
	}
	return false, nil
}

// groupsOf returns the groups that a plan is asked for; none: all. A pattern stands for the
// active groups that it matches.
func (c *ctl) groupsOf(ctx context.Context, names []string) (groups []string, err error) {
	for _, name := range names {
		if name == "all" {
			return nil, nil
		}
		if isPattern(name) {
			active, err := c.activeGroups(ctx)
			if err != nil {
				return nil, err
			}
			if found := matchNames(name, active); len(found) > 0 {
				groups = append(groups, found...)
				continue
			}
		}
		groups = append(groups, name)
	}
	return groups, nil
}

// showPlan prints what an update by process would do.
func (c *ctl) showPlan(ctx context.Context, o planOptions) error {
	groups, err := c.groupsOf(ctx, o.names)
	var plan []client.PlanEntry
	if err == nil {
		plan, err = c.rpc.Plan(ctx, groups...)
	}
	if err != nil {
		return c.planRefused(ctx, err, exitPlanError)
	}
	for _, e := range plan {
		if e.Action != "none" {
			c.exit = exitPlanned
		}
	}
	if o.json {
		return printJSON(c.out, plan)
	}
	for _, e := range plan {
		c.out.line(planLine(e))
		for _, k := range e.Keys {
			c.out.line("    " + keyLine(k))
		}
	}
	return nil
}

// updateByProcess has the daemon update process by process, and prints what was done.
func (c *ctl) updateByProcess(ctx context.Context, o planOptions) error {
	groups, err := c.groupsOf(ctx, o.names)
	var plan []client.PlanEntry
	if err == nil {
		plan, err = c.rpc.Update(ctx, groups...)
	}
	if err != nil {
		return c.planRefused(ctx, err, exitGeneric)
	}
	for _, e := range plan {
		if e.Problem != "" {
			c.exit = exitGeneric
		}
	}
	if o.json {
		return printJSON(c.out, plan)
	}
	for _, e := range plan {
		switch {
		case e.Problem != "":
			c.out.failf("%s: ERROR (%s)", processName(e), e.Problem)
		case e.Action != "none":
			c.out.line(planLine(e))
		}
	}
	return nil
}

// planRefused prints why there is no plan. An error that is not the daemon's refusal is
// passed on, but for the exit status.
func (c *ctl) planRefused(ctx context.Context, err error, exit int) error {
	code, text, refused := asFault(err)
	switch {
	case isUnauthorized(err) || ctx.Err() != nil:
		return err
	case !refused:
		c.out.fail(errorLine(err))
	case code == api.UnknownMethod:
		_ = c.lacks("this", err) // it prints the fault
	case code == api.ShutdownState:
		c.out.fail("ERROR: supervisor shutting down")
	case code == api.BadName:
		name := strings.TrimPrefix(text, "BAD_NAME: ")
		c.out.failf("ERROR: no such group: %s", name)
		c.suggestGroup(ctx, name)
	default:
		c.out.failf("ERROR: %s", text)
	}
	c.exit = exit
	return nil
}

func processName(e client.PlanEntry) string {
	if e.Group == e.Name {
		return e.Name
	}
	return e.Group + ":" + e.Name
}

// planLine shows an entry of a plan: the action, and why.
func planLine(e client.PlanEntry) string {
	line := processName(e) + ": " + e.Action
	if e.Reason != "" {
		line += " (" + e.Reason + ")"
	}
	return line
}

// keyLine shows a key of an entry, and where its new value is.
func keyLine(k client.PlanKey) string {
	line := k.Key + ": " + orNothing(k.Old) + " -> " + orNothing(k.New)
	if k.Change == "unchanged" {
		line += ", from the next start"
	}
	if k.Origin != "" {
		line += "  [" + k.Origin + "]"
	}
	return line
}

func orNothing(value string) string {
	if value == "" {
		return "(none)"
	}
	return strings.ReplaceAll(value, "\n", `\n`)
}
