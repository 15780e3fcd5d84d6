package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"reeve/config"
	"reeve/rpc/api"
	"reeve/rpc/client"
)

// rollOptions are the options of restart --rolling and update --rolling, and the names
// behind them.
type rollOptions struct {
	rolling, asJSON bool
	names           []string
	settings        client.RollSettings
}

// rollOptionsOf reads the words behind restart or update. Without --rolling they are left
// as they are.
func rollOptionsOf(words []string) (o rollOptions, err error) {
	if o.names, o.rolling = takeFlag(words, "--rolling"); !o.rolling {
		return o, nil
	}
	o.names, o.asJSON = takeFlag(o.names, "--json")
	o.names, o.settings.Revert = takeFlag(o.names, "--revert")
	words, o.names = o.names, nil
	for i := 0; i < len(words); i++ {
		option, value, inOne := strings.Cut(words[i], "=")
		if !strings.HasPrefix(option, "--") {
			o.names = append(o.names, words[i])
			continue
		}
		if !inOne && i+1 < len(words) {
			i++
			value = words[i]
		}
		if err := o.set(option, value); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *rollOptions) set(option, value string) error {
	if option == "--wait-healthy" {
		d, err := config.ParseDuration(value)
		if err != nil || d <= 0 {
			return errors.New("Error: --wait-healthy requires a time such as 30s or 5m")
		}
		o.settings.Wait = d
		return nil
	}
	n, err := strconv.Atoi(value)
	least := 0
	switch option {
	case "--batch":
		o.settings.Batch, least = n, 1
	case "--surge":
		o.settings.Surge = n
	case "--max-unavailable":
		o.settings.MaxUnavailable = &n
	default:
		return errors.New("Error: --rolling has no option " + option)
	}
	if err != nil || n < least {
		return fmt.Errorf("Error: %s requires a number of at least %d", option, least)
	}
	return nil
}

// restartRolling restarts processes a few at a time.
func restartRolling(ctx context.Context, c *ctl, o rollOptions) error {
	switch {
	case o.settings.Revert:
		return c.usage("restart", "Error: --revert is for update: a restart has nothing to go back to", exitInvalidArgs)
	case len(o.names) == 0:
		return c.usage("restart", "Error: restart requires a process name", exitGeneric)
	}
	names, err := c.rollNames(ctx, o.names)
	if err != nil {
		return err
	}
	return c.roll(ctx, o, "restart", func() (client.Roll, error) { return c.rpc.RollRestart(ctx, names, o.settings) })
}

// updateRolling puts the configuration in force a few processes at a time.
func updateRolling(ctx context.Context, c *ctl, o rollOptions) error {
	groups, err := c.groupsOf(ctx, o.names)
	if err != nil {
		return err
	}
	return c.roll(ctx, o, "update", func() (client.Roll, error) { return c.rpc.RollUpdate(ctx, groups, o.settings) })
}

// rollNames resolves all and patterns.
func (c *ctl) rollNames(ctx context.Context, given []string) (names []string, err error) {
	if slices.Contains(given, "all") {
		groups, err := c.activeGroups(ctx)
		for _, g := range groups {
			names = append(names, g+":*")
		}
		return names, err
	}
	for _, name := range given {
		if t := parseTarget(name); t.whole || !isPattern(name) {
			names = append(names, name)
			continue
		}
		found, err := c.expand(ctx, name, false)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			names = append(names, t.name())
		}
		if len(found) == 0 {
			names = append(names, name) // the daemon says that there is none
		}
	}
	return names, nil
}

// roll begins a roll and shows how it goes on.
func (c *ctl) roll(parent context.Context, o rollOptions, verb string, begin func() (client.Roll, error)) error {
	ctx, release := c.interruptible(parent)
	defer release()
	r, err := begin()
	if err != nil {
		return c.rollRefused(verb+" --rolling", err)
	}
	for seen := 0; ; {
		for _, n := range r.Notes {
			if seen++; !o.asJSON {
				c.rollLine(r, n.Text, r.Over && r.State != "done" && n == r.Notes[len(r.Notes)-1])
			}
		}
		if r.Over {
			return c.rollEnded(ctx, o, r.ID, r.State)
		}
		next, err := c.rpc.AwaitRoll(ctx, r.ID, seen)
		if ctx.Err() != nil {
			return c.leaveRoll(r.ID)
		}
		if err != nil {
			return err
		}
		r = next
	}
}

// rollLine prints what a roll has done.
func (c *ctl) rollLine(r client.Roll, text string, failed bool) {
	if line := fmt.Sprintf("roll %d: %s", r.ID, text); failed {
		c.out.fail(line)
	} else {
		c.out.line(line)
	}
}

func (c *ctl) rollEnded(ctx context.Context, o rollOptions, id int, state string) error {
	if state != "done" {
		c.exit = exitGeneric
	}
	if !o.asJSON {
		return nil
	}
	all, err := c.rpc.Rolls(ctx)
	if err != nil {
		return err
	}
	return printJSON(c.out, slices.DeleteFunc(all, func(r client.Roll) bool { return r.ID != id }))
}

// leaveRoll is for a user who does not want to wait any longer.
func (c *ctl) leaveRoll(id int) error {
	ctx, release := c.interruptible(context.Background())
	defer release()
	if c.set.interactive || term.IsTerminal(int(os.Stdin.Fd())) && stdoutIsTerminal() {
		answer, err := c.input.line(ctx, fmt.Sprintf("\nStop roll %d? y/N? ", id))
		if err == nil && strings.HasPrefix(strings.ToLower(answer), "y") {
			if err := c.rpc.AbortRoll(ctx, id, false); err != nil {
				return c.rollRefused("roll abort", err)
			}
			c.out.linef("roll %d: stopped", id)
			c.exit = exitGeneric
			return errHandled
		}
	}
	c.out.linef("roll %d goes on; see roll status, or roll abort %d", id, id)
	c.exit = exitGeneric
	return errHandled
}

// rollRefused prints why there is no roll, or nothing to do to it.
func (c *ctl) rollRefused(what string, err error) error {
	switch client.FaultCode(err) {
	case api.Failed, api.CantReread, api.IncorrectParameters:
		c.out.failf("ERROR: %s", plainFault(err))
	case api.BadName:
		c.out.failf("ERROR: no such name: %s", plainFault(err))
	case api.ShutdownState:
		c.out.fail("ERROR: supervisor shutting down")
	default:
		return c.lacks(what, err)
	}
	c.exit = exitGeneric
	return nil
}

// rollVerb shows rolls, or stops one.
func rollVerb(ctx context.Context, c *ctl, arg string) error {
	words, asJSON := takeFlag(strings.Fields(arg), "--json")
	words, revert := takeFlag(words, "--revert")
	id, wrong := 0, len(words) > 2
	if len(words) == 2 {
		var err error
		id, err = strconv.Atoi(words[1])
		wrong = err != nil || id < 1
	}
	switch {
	case wrong:
		return c.usage("roll", "Error: roll requires the number of a roll", exitInvalidArgs)
	case len(words) == 0, words[0] == "status" && !revert:
		return c.rollStatus(ctx, id, asJSON)
	case words[0] == "abort" && id > 0 && !asJSON:
		if err := c.rpc.AbortRoll(ctx, id, revert); err != nil {
			return c.rollRefused("roll", err)
		}
		if revert {
			c.out.linef("roll %d: going back", id)
		} else {
			c.out.linef("roll %d: stopped", id)
		}
		return nil
	}
	return c.usage("roll", "Error: roll accepts status or abort with a number", exitInvalidArgs)
}

// rollStatus shows the rolls under way and the last ones, or one of them with its members.
func (c *ctl) rollStatus(ctx context.Context, id int, asJSON bool) error {
	all, err := c.rpc.Rolls(ctx)
	if err != nil {
		return c.rollRefused("roll", err)
	}
	if id > 0 {
		all = slices.DeleteFunc(all, func(r client.Roll) bool { return r.ID != id })
		if len(all) == 0 {
			c.out.failf("ERROR: no roll %d", id)
			c.exit = exitGeneric
			return nil
		}
	}
	if asJSON {
		return printJSON(c.out, all)
	}
	for _, r := range all {
		what := "restart"
		if r.Update {
			what = "update"
		}
		line := fmt.Sprintf("roll %d: %s of %s, %s", r.ID, what, strings.Join(r.Groups, ", "), r.State)
		if r.Reason != "" {
			line += ": " + r.Reason
		}
		c.out.line(line)
		if id > 0 || !r.Over {
			for _, m := range r.Members {
				c.out.linef("    %s: %s", m.Name, m.Step)
			}
		}
	}
	return nil
}
