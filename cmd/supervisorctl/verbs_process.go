package main

import (
	"context"
	"slices"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// stillStarting and stillStopping are result codes of our own: the time of --wait was
// over. The text is the result's description.
const (
	stillStarting = -1
	stillStopping = -2
)

// change is an action on processes: start, stop, signal or clear. Its calls take one
// process, one group, or all.
type change struct {
	one     func(ctx context.Context, name string) error
	group   func(ctx context.Context, group string) ([]client.Result, error)
	all     func(ctx context.Context) ([]client.Result, error)
	show    func(client.Result) (string, error)
	ignored int  // fault code that does not change the exit status
	noGroup int  // exit status if the group does not exist
	flat    bool // has no group form: a pattern matches only processes
	settle  func(ctx context.Context, results []client.Result) error
}

// apply carries out the change for each name in turn. `all` among the names means
// everything (fact 273).
func (c *ctl) apply(ctx context.Context, ch change, names []string) error {
	if slices.Contains(names, "all") {
		results, err := ch.all(ctx)
		if err != nil {
			return err
		}
		return c.report(ctx, ch, results)
	}
	for _, name := range names {
		if err := c.applyTo(ctx, ch, parseTarget(name), name); err != nil {
			return err
		}
	}
	return nil
}

// applyTo carries out the change for one name; if the daemon does not know the name, it
// may be a pattern.
func (c *ctl) applyTo(ctx context.Context, ch change, t target, typed string) error {
	results, err := c.call(ctx, ch, t, typed)
	if client.FaultCode(err) == api.BadName || err == nil && isBadName(results) {
		found, expandErr := c.expand(ctx, typed, ch.flat)
		if expandErr != nil {
			return expandErr
		}
		for _, t := range found {
			if err := c.applyTo(ctx, ch, t, t.name()); err != nil {
				return err
			}
		}
		if len(found) > 0 {
			return nil
		}
		if err != nil {
			c.out.failf("%s: ERROR (no such group)", t.group)
			c.exit = ch.noGroup
			c.suggestProcess(ctx, typed)
			return nil
		}
		defer c.suggestProcess(ctx, typed)
	}
	if err != nil {
		return err
	}
	return c.report(ctx, ch, results)
}

// call makes the call for one target. A fault for a single process is returned as a
// result, like those of a group; a fault for the group itself is an error.
func (c *ctl) call(ctx context.Context, ch change, t target, typed string) ([]client.Result, error) {
	if t.whole {
		return ch.group(ctx, t.group)
	}
	result := client.Result{Group: t.group, Name: t.process, Status: api.Success}
	if err := ch.one(ctx, typed); err != nil {
		code := client.FaultCode(err)
		if code == 0 {
			return nil, err
		}
		result.Status, result.Description = code, faultText(err)
	}
	return []client.Result{result}, nil
}

func isBadName(results []client.Result) bool {
	return len(results) == 1 && results[0].Status == api.BadName
}

// report prints results in the daemon's order (fact 274) and lets each set the exit
// status.
func (c *ctl) report(ctx context.Context, ch change, results []client.Result) error {
	if ch.settle != nil {
		if err := ch.settle(ctx, results); err != nil {
			return err
		}
	}
	for _, result := range results {
		text, err := ch.show(result)
		if err != nil {
			return err
		}
		if result.Status == api.Success {
			c.out.line(text)
		} else {
			c.out.fail(text)
		}
		c.noteFault(result.Status, ch.ignored)
	}
	return nil
}

// shower returns the function that renders a result: success is the word for success,
// texts has a text for each fault code.
func shower(success string, texts map[int]string) func(client.Result) (string, error) {
	return func(r client.Result) (string, error) {
		name := displayName(r.Group, r.Name)
		if r.Status == api.Success {
			return name + ": " + success, nil
		}
		text, ok := texts[r.Status]
		switch {
		case r.Status == stillStarting, r.Status == stillStopping:
			text = r.Description
		case !ok:
			return "", &resultError{code: r.Status, name: name}
		case text == "": // upstream shows the fault itself
			return r.Description, nil
		}
		return name + ": ERROR (" + text + ")", nil
	}
}

var startTexts = map[int]string{
	api.BadName:             "no such process",
	api.NoFile:              "no such file",
	api.NotExecutable:       "file is not executable",
	api.AlreadyStarted:      "already started",
	api.SpawnError:          "spawn error",
	api.AbnormalTermination: "abnormal termination",
	api.UnknownMethod:       "the daemon has no --no-deps",
}

var signalTexts = map[int]string{
	api.BadName:    "no such process",
	api.BadSignal:  "bad signal name",
	api.NotRunning: "not running",
	api.Failed:     "",
}

func (c *ctl) starting(w wait) change {
	return change{
		one: func(ctx context.Context, name string) error { return c.rpc.Start(ctx, name, !w.given) },
		group: func(ctx context.Context, group string) ([]client.Result, error) {
			return c.rpc.StartGroup(ctx, group, !w.given)
		},
		all:     func(ctx context.Context) ([]client.Result, error) { return c.rpc.StartAll(ctx, !w.given) },
		show:    shower("started", startTexts),
		ignored: api.AlreadyStarted,
		noGroup: exitInvalidArgs,
		settle:  c.settler(w, startOutcome),
	}
}

// alone makes a start one that neither starts what is needed nor waits for it.
func (c *ctl) alone(ch change, w wait) change {
	ch.one = func(ctx context.Context, name string) error { return c.rpc.StartAlone(ctx, name, !w.given) }
	ch.group = func(ctx context.Context, group string) ([]client.Result, error) {
		return c.rpc.StartGroupAlone(ctx, group, !w.given)
	}
	ch.all = func(ctx context.Context) ([]client.Result, error) { return c.rpc.StartAllAlone(ctx, !w.given) }
	return ch
}

func (c *ctl) stopping(w wait) change {
	return change{
		one: func(ctx context.Context, name string) error { return c.rpc.Stop(ctx, name, !w.given) },
		group: func(ctx context.Context, group string) ([]client.Result, error) {
			return c.rpc.StopGroup(ctx, group, !w.given)
		},
		all:     func(ctx context.Context) ([]client.Result, error) { return c.rpc.StopAll(ctx, !w.given) },
		show:    shower("stopped", signalTexts),
		ignored: api.NotRunning,
		noGroup: exitGeneric,
		settle:  c.settler(w, stopOutcome),
	}
}

func start(ctx context.Context, c *ctl, arg string) error {
	names, w, err := takeWait(strings.Fields(arg))
	names, ch := c.startsOf(names, w)
	switch {
	case err != nil:
		return c.usage("start", err.Error(), exitInvalidArgs)
	case len(names) == 0:
		return c.usage("start", "Error: start requires a process name", exitInvalidArgs)
	}
	return c.apply(ctx, ch, names)
}

// startsOf returns the names behind --no-deps, if that is given, and how they are started.
func (c *ctl) startsOf(names []string, w wait) ([]string, change) {
	ch := c.starting(w)
	if len(names) > 0 && names[0] == "--no-deps" {
		return names[1:], c.alone(ch, w)
	}
	return names, ch
}

func stop(ctx context.Context, c *ctl, arg string) error {
	names, w, err := takeWait(strings.Fields(arg))
	switch {
	case err != nil:
		return c.usage("stop", err.Error(), exitGeneric)
	case len(names) == 0:
		return c.usage("stop", "Error: stop requires a process name", exitGeneric)
	}
	return c.apply(ctx, c.stopping(w), names)
}

func restart(ctx context.Context, c *ctl, arg string) error {
	switch o, err := rollOptionsOf(strings.Fields(arg)); {
	case err != nil:
		return c.usage("restart", err.Error(), exitInvalidArgs)
	case o.rolling:
		return restartRolling(ctx, c, o)
	}
	names, w, err := takeWait(strings.Fields(arg))
	names, ch := c.startsOf(names, w)
	switch {
	case err != nil:
		return c.usage("restart", err.Error(), exitGeneric)
	case len(names) == 0:
		return c.usage("restart", "Error: restart requires a process name", exitGeneric)
	}
	if err := c.apply(ctx, c.stopping(w), names); err != nil {
		return err
	}
	return c.apply(ctx, ch, names)
}

func signalVerb(ctx context.Context, c *ctl, arg string) error {
	words := strings.Fields(arg)
	if len(words) < 2 {
		return c.usage("signal", "Error: signal requires a signal name and a process name", exitGeneric)
	}
	sig := words[0]
	return c.apply(ctx, change{
		one: func(ctx context.Context, name string) error { return c.rpc.Signal(ctx, name, sig) },
		group: func(ctx context.Context, group string) ([]client.Result, error) {
			return c.rpc.SignalGroup(ctx, group, sig)
		},
		all:     func(ctx context.Context) ([]client.Result, error) { return c.rpc.SignalAll(ctx, sig) },
		show:    shower("signalled", signalTexts),
		noGroup: exitGeneric,
	}, words[1:])
}

// clearLogs empties logs. Upstream has no group form here: `clear G:*` asks for a process
// that cannot exist and reports that.
func clearLogs(ctx context.Context, c *ctl, arg string) error {
	names := strings.Fields(arg)
	if len(names) == 0 {
		return c.usage("clear", "Error: clear requires a process name", exitGeneric)
	}
	clearGroup := func(ctx context.Context, group string) ([]client.Result, error) {
		result := client.Result{Group: group, Name: "None", Status: api.Success}
		if err := c.rpc.ClearLogs(ctx, group+":*"); err != nil {
			if result.Status = client.FaultCode(err); result.Status == 0 {
				return nil, err
			}
		}
		return []client.Result{result}, nil
	}
	return c.apply(ctx, change{
		one:     c.rpc.ClearLogs,
		group:   clearGroup,
		all:     c.rpc.ClearAllLogs,
		show:    shower("cleared", map[int]string{api.BadName: "no such process", api.Failed: "failed"}),
		noGroup: exitGeneric,
		flat:    true,
	}, names)
}
