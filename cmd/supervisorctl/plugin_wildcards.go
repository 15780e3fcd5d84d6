package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"reeve/config"
	"reeve/config/pytext"
	"reeve/rpc/client"
)

// supervisor-wildcards: mstart, mstop and mrestart take patterns and act on all processes
// at once.

const noMatch = "No process matched given expression."

func wildcardsPlugin(options map[string]string) (plugin, error) {
	withGroup := false
	if text, ok := options["match_group"]; ok {
		n, ok := pytext.ParseInt(text)
		if !ok {
			return plugin{}, fmt.Errorf("match_group is %s, not a number", pytext.Repr(text))
		}
		withGroup = n != 0
	}
	var p plugin
	for _, v := range []struct {
		of    string // the action performed on each process
		steps func(c *ctl) []change
	}{
		{"restart", func(c *ctl) []change { return []change{c.stopping(wait{}), c.starting(wait{})} }},
		{"start", func(c *ctl) []change { return []change{c.starting(wait{})} }},
		{"stop", func(c *ctl) []change { return []change{c.stopping(wait{})} }},
	} {
		name := "m" + v.of
		help := []string{
			"The same as " + v.of + ", for all processes at once whose names match shell patterns.",
			fmt.Sprintf("%s a* - %ss all processes whose names begin with \"a\".", name, v.of),
		}
		p.verbs = append(p.verbs, verb{name: name, talks: true, help: help, run: func(ctx context.Context, c *ctl, arg string) error {
			infos, err := c.rpc.AllProcessInfo(ctx)
			if err != nil {
				return err
			}
			patterns := strings.Fields(arg)
			if slices.Contains(patterns, "all") {
				patterns = []string{"*"}
			}
			var names []string
			for _, info := range infos {
				full, own := info.Group+":"+info.Name, info.Name
				if withGroup {
					own = full
				}
				if matchesAny(patterns, own) {
					names = append(names, full)
				}
			}
			if len(names) == 0 {
				c.out.line(noMatch)
			}
			return c.together(ctx, v.steps(c), names)
		}})
	}
	return p, nil
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return config.Fnmatch(p, name) })
}

// mostTogether bounds the number of calls that together makes at a time, each on a
// connection.
const mostTogether = 500

// together applies the changes to each process in order, and to all processes
// concurrently. Results are shown in the order of names. A failed call does not stop
// those for other processes; the first such error is returned.
func (c *ctl) together(ctx context.Context, changes []change, names []string) error {
	type step struct {
		results []client.Result
		err     error
	}
	steps := make([]chan step, len(names))
	slots := make(chan struct{}, mostTogether)
	for i, name := range names {
		steps[i] = make(chan step, len(changes))
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, ch := range changes {
				results, err := c.call(ctx, ch, parseTarget(name), name)
				steps[i] <- step{results, err}
			}
		}()
	}
	var failed error
	for i := range names {
		for _, ch := range changes {
			s := <-steps[i]
			if s.err == nil {
				s.err = c.report(ctx, ch, s.results)
			}
			if failed == nil {
				failed = s.err
			}
		}
	}
	return failed
}
