package main

import (
	"context"
	"slices"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// faultText returns the text of the fault in err, if it is one.
func faultText(err error) string {
	if _, text, ok := asFault(err); ok {
		return text
	}
	return ""
}

// reread makes the daemon read its config and prints what an update would change.
func reread(ctx context.Context, c *ctl, arg string) error {
	o := planOptionsOf(arg)
	switch {
	case o.diff && !o.dryRun && !o.byProcess && !o.byGroup:
		return c.showPlan(ctx, o)
	case arg != "":
		return c.usage("reread", "Error: reread accepts no arguments", exitGeneric)
	}
	changes, err := c.rpc.ReloadConfig(ctx)
	switch client.FaultCode(err) {
	case api.ShutdownState:
		c.exit = exitGeneric
		c.out.fail("ERROR: supervisor shutting down")
		return nil
	case api.CantReread:
		c.exit = exitGeneric
		c.out.failf("ERROR: %s", faultText(err))
		return nil
	}
	if err != nil {
		return err
	}
	// A group in two lists is shown with the word of the later one.
	what := map[string]string{}
	for _, list := range []struct {
		names []string
		word  string
	}{{changes.Added, "available"}, {changes.Changed, "changed"}, {changes.Removed, "disappeared"}} {
		for _, name := range list.names {
			what[name] = list.word
		}
	}
	if len(what) == 0 {
		c.out.line("No config updates to processes")
		return nil
	}
	names := make([]string, 0, len(what))
	for name := range what {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.out.linef("%s: %s", name, what[name])
	}
	return nil
}

// add activates groups of the config that was read last.
func add(ctx context.Context, c *ctl, arg string) error {
	return c.eachGroup(ctx, strings.Fields(arg), c.rpc.AddGroup, "added process group", map[int]string{
		api.ShutdownState: "ERROR: shutting down",
		api.AlreadyAdded:  "ERROR: process group already active",
		api.BadName:       "ERROR: no such process/group: %s",
	}, func(ctx context.Context) ([]string, error) {
		infos, err := c.rpc.AllConfigInfo(ctx)
		var names []string
		for _, info := range infos {
			if !info.InUse {
				names = append(names, info.Group)
			}
		}
		return names, err
	})
}

// remove removes stopped groups from the daemon.
func remove(ctx context.Context, c *ctl, arg string) error {
	return c.eachGroup(ctx, strings.Fields(arg), c.rpc.RemoveGroup, "removed process group", map[int]string{
		api.StillRunning: "ERROR: process/group still running: %s",
		api.BadName:      "ERROR: no such process/group: %s",
	}, c.activeGroups)
}

// eachGroup makes a call for each group and prints the outcome: done, or the text for the
// fault. known returns the names that a pattern is matched against if the daemon knows no
// such group.
func (c *ctl) eachGroup(ctx context.Context, names []string, call func(context.Context, string) error, done string,
	faults map[int]string, known func(context.Context) ([]string, error),
) error {
	for i := 0; i < len(names); i++ {
		name := names[i]
		err := call(ctx, name)
		if err == nil {
			c.out.linef("%s: %s", name, done)
			continue
		}
		code := client.FaultCode(err)
		if code == api.BadName && isPattern(name) {
			all, err := known(ctx)
			if err != nil {
				return err
			}
			if found := matchNames(name, all); len(found) > 0 {
				names = slices.Concat(names[:i+1], found, names[i+1:])
				continue
			}
		}
		text, ok := faults[code]
		if !ok {
			return err
		}
		c.out.fail(strings.ReplaceAll(text, "%s", name))
		if code != api.AlreadyAdded {
			c.exit = exitGeneric
		}
		if code == api.BadName {
			c.suggestGroup(ctx, name)
		}
	}
	return nil
}

// activeGroups returns the groups that have processes, in the daemon's order.
func (c *ctl) activeGroups(ctx context.Context) ([]string, error) {
	infos, err := c.rpc.AllProcessInfo(ctx)
	var names []string
	for _, info := range infos {
		if !slices.Contains(names, info.Group) {
			names = append(names, info.Group)
		}
	}
	return names, err
}

// update applies the config file to the running daemon: removed, changed, then added
// groups, strictly one after the other (facts 280-284).
func update(ctx context.Context, c *ctl, arg string) error {
	switch o, err := rollOptionsOf(strings.Fields(arg)); {
	case err != nil:
		return c.usage("update", err.Error(), exitInvalidArgs)
	case o.rolling:
		return updateRolling(ctx, c, o)
	}
	o := planOptionsOf(arg)
	if done, err := updateWith(ctx, c, o); done {
		return err
	}
	changes, err := c.rpc.ReloadConfig(ctx)
	if client.FaultCode(err) == api.ShutdownState {
		c.exit = exitGeneric
		c.out.fail("ERROR: already shutting down")
		return nil
	}
	if err != nil {
		return err
	}
	wanted, err := c.wantedGroups(ctx, o.names, changes.Added)
	if err != nil {
		return err
	}
	only := func(names []string) []string {
		if len(wanted) == 0 {
			return names
		}
		return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(wanted, name) })
	}
	for _, group := range only(changes.Removed) {
		if err := c.dropGroup(ctx, group); err != nil {
			return err
		}
	}
	for _, group := range only(changes.Changed) {
		if _, err := c.rpc.StopGroup(ctx, group, true); err != nil {
			return err
		}
		c.out.linef("%s: stopped", group)
		if err := c.rpc.RemoveGroup(ctx, group); err != nil {
			return err
		}
		if err := c.rpc.AddGroup(ctx, group); err != nil {
			return err
		}
		c.out.linef("%s: updated process group", group)
	}
	for _, group := range only(changes.Added) {
		if err := c.rpc.AddGroup(ctx, group); err != nil {
			return err
		}
		c.out.linef("%s: added process group", group)
	}
	return nil
}

// dropGroup stops and removes a group for update.
func (c *ctl) dropGroup(ctx context.Context, group string) error {
	results, err := c.rpc.StopGroup(ctx, group, true)
	if err != nil {
		return err
	}
	c.out.linef("%s: stopped", group)
	if slices.ContainsFunc(results, func(r client.Result) bool { return r.Status == api.Failed }) {
		c.out.failf("%s: has problems; not removing", group)
		c.exit = exitGeneric
		return nil
	}
	if err := c.rpc.RemoveGroup(ctx, group); err != nil {
		return err
	}
	c.out.linef("%s: removed process group", group)
	return nil
}

// wantedGroups resolves the names given to update; an empty result means all groups.
// Unknown names are reported and the others proceed. They stay in the result: otherwise a
// single wrong name would leave it empty and mean all groups.
func (c *ctl) wantedGroups(ctx context.Context, names, added []string) ([]string, error) {
	if len(names) == 0 || slices.Contains(names, "all") {
		return nil, nil
	}
	groups, err := c.activeGroups(ctx)
	if err != nil {
		return nil, err
	}
	groups = append(groups, added...)
	wanted := slices.Clone(names)
	var told []string
	for _, name := range names {
		if slices.Contains(groups, name) || slices.Contains(told, name) {
			continue
		}
		if found := matchNames(name, groups); len(found) > 0 {
			wanted = append(wanted, found...)
			continue
		}
		told = append(told, name)
		c.out.failf("ERROR: no such group: %s", name)
		c.exit = exitGeneric
		c.suggestGroup(ctx, name)
	}
	return wanted, nil
}
