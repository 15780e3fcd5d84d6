package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"reeve/config"
	"reeve/rpc/api"
	"reeve/rpc/client"
)

// goal is what `wait --for` waits for. judge reports whether a process has got there, and
// if it can't any more by itself, why.
type goal struct {
	name  string
	judge func(client.Process) (reached bool, never string)
}

// goals has the words of --for; those that depends_on knows mean the same there.
var goals = []goal{
	{"running", func(p client.Process) (bool, string) {
		return p.State == api.StateRunning, stuck(p)
	}},
	{"healthy", func(p client.Process) (bool, string) {
		if p.Health == "" {
			return false, "it has neither health nor watchdog"
		}
		return p.State == api.StateRunning && p.Health == "healthy", stuck(p)
	}},
	{"stopped", func(p client.Process) (bool, string) {
		return p.State == api.StateStopped || p.State == api.StateFatal || over(p), unknown(p)
	}},
	{"done", func(p client.Process) (bool, string) {
		// Only an unexpected end leaves an error.
		return over(p) && p.SpawnErr == "", stuck(p)
	}},
	{"exited", func(p client.Process) (bool, string) { return over(p), stuck(p) }},
}

func goalNames() []string {
	var names []string
	for _, g := range goals {
		names = append(names, g.name)
	}
	return names
}

// over reports whether a process has ended and no start follows.
func over(p client.Process) bool {
	return p.State == api.StateExited && p.NextAttempt == 0 && p.WaitingFor == ""
}

// stuck says why a process stays as it is until somebody starts it; empty if it need not.
// One that is STOPPED may be about to be started.
func stuck(p client.Process) string {
	if p.State != api.StateFatal && !over(p) {
		return unknown(p)
	}
	if p.SpawnErr == "" {
		return p.StateName
	}
	return p.StateName + ": " + p.SpawnErr
}

func unknown(p client.Process) string {
	if p.State == api.StateUnknown {
		return p.StateName
	}
	return ""
}

// goalOptions are the arguments of wait.
type goalOptions struct {
	names []string
	goal  goal
	typed string        // the time, as it was given; empty: without limit
	limit time.Duration // of the whole wait
}

var (
	errGoal    = errors.New("Error: --for requires one of " + strings.Join(goalNames(), ", "))
	errTimeout = errors.New("Error: --timeout requires a time such as 30s, 5m or 2h")
)

// parseGoal reads the arguments of wait.
func parseGoal(words []string) (o goalOptions, err error) {
	o.goal = goals[0]
	for i := 0; i < len(words); i++ {
		option, value, inOne := strings.Cut(words[i], "=")
		if option != "--for" && option != "--timeout" {
			o.names = append(o.names, words[i])
			continue
		}
		if !inOne && i+1 < len(words) {
			i++
			value = words[i]
		}
		switch option {
		case "--for":
			n := slices.Index(goalNames(), value)
			if n < 0 {
				return o, errGoal
			}
			o.goal = goals[n]
		case "--timeout":
			if o.limit, err = config.ParseDuration(value); err != nil {
				return o, errTimeout
			}
			o.typed = value
		}
	}
	if len(o.names) == 0 {
		return o, errors.New("Error: wait requires a process name")
	}
	return o, nil
}

// waitFor waits until all the processes have got somewhere. The first that can't get
// there any more ends the wait.
func waitFor(ctx context.Context, c *ctl, arg string) error {
	o, err := parseGoal(strings.Fields(arg))
	if err != nil {
		return c.usage("wait", err.Error(), exitInvalidArgs)
	}
	deadline := time.Now().Add(o.limit)
	if o.typed != "" {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, max(o.limit, leastTime))
		defer cancel()
	}
	err = c.reachable(ctx)
	var all []client.Process
	if err == nil {
		all, err = c.rpc.AllProcesses(ctx)
	}
	if err != nil {
		return c.noWait(err)
	}
	infos := infosOf(all)
	if !slices.Contains(o.names, "all") {
		var known bool
		if infos, known, err = c.pick(ctx, infos, o.names); err != nil {
			return err
		}
		if !known {
			c.exit = exitInvalidArgs
			return nil
		}
	}
	var open []target
	for _, info := range infos {
		if t := (target{group: info.Group, process: info.Name}); !slices.Contains(open, t) {
			open = append(open, t)
		}
	}
	return c.await(ctx, o, open, all, deadline)
}

// await polls the daemon until no process is open.
func (c *ctl) await(ctx context.Context, o goalOptions, open []target, all []client.Process, deadline time.Time) error {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		known := byTarget(all)
		var failed bool
		if open, failed = c.judge(o.goal, open, known); failed {
			c.exit = exitWaitNever
			return nil
		}
		left := longestPause
		if o.typed != "" {
			left = time.Until(deadline)
		}
		switch {
		case len(open) == 0:
			return nil
		case left <= 0:
			c.late(o, open, known)
			return nil
		}
		select {
		case <-ctx.Done(): // then the look fails
		case <-time.After(min(pause, left)):
		}
		var err error
		all, err = c.look(ctx, open)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			c.late(o, open, known)
			return nil
		case err != nil:
			return c.noWait(err)
		}
	}
}

// late reports what is still open when the time is over.
func (c *ctl) late(o goalOptions, open []target, known map[target]client.Process) {
	for _, t := range open {
		c.out.failf("%s: ERROR (still %s after %s)", t.name(), known[t].StateName, o.typed)
	}
	c.exit = exitWaitLate
}

// judge reports the processes that have got there, and returns the others. failed says
// that one can't any more.
func (c *ctl) judge(g goal, open []target, known map[target]client.Process) (left []target, failed bool) {
	for _, t := range open {
		p, ok := known[t]
		reached, never := g.judge(p)
		switch {
		case !ok:
			c.out.failf("%s: ERROR (no such process)", t.name())
			failed = true
		case reached:
			c.out.linef("%s: %s", t.name(), g.name)
		case never != "":
			c.out.failf("%s: ERROR (%s)", t.name(), never)
			failed = true
		default:
			left = append(left, t)
		}
	}
	return left, failed
}

// look asks for what is open: one process by its name, several with all the others.
func (c *ctl) look(ctx context.Context, open []target) ([]client.Process, error) {
	if len(open) > 1 {
		return c.rpc.AllProcesses(ctx)
	}
	p, err := c.rpc.Process(ctx, open[0].name())
	if client.FaultCode(err) == api.BadName {
		return nil, nil
	}
	return []client.Process{p}, err
}

// The pauses between two looks.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 250 * time.Millisecond
)

// leastTime is how long the daemon may take to answer when --timeout is shorter.
const leastTime = time.Second

// noWait reports that the daemon does not answer, or is none that wait can ask.
func (c *ctl) noWait(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		c.out.fail("ERROR: supervisord does not answer")
		c.exit = exitWaitLate
		return nil
	case client.FaultCode(err) != api.UnknownMethod:
		return err
	}
	c.out.fail("ERROR: this supervisord does not have reeve.getProcess, which wait needs")
	c.exit = exitNotInstalled
	return nil
}

func infosOf(all []client.Process) []client.ProcessInfo {
	infos := make([]client.ProcessInfo, len(all))
	for i, p := range all {
		infos[i] = p.ProcessInfo
	}
	return infos
}

func byTarget(all []client.Process) map[target]client.Process {
	known := make(map[target]client.Process, len(all))
	for _, p := range all {
		known[target{group: p.Group, process: p.Name}] = p
	}
	return known
}
