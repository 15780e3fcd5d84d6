package supervisor

import (
	"context"
	"strings"

	"github.com/cockroachdb/datadriven"
)

// stepPlan shows what the configuration means: `plan [GROUP …]`.
func stepPlan(s *scenario, d *datadriven.TestData) {
	if s.config != nil {
		s.resolve(d)
	}
	sup, groups := s.sup, groupsOf(d)
	s.request("plan", func() string { return planned(UpdaterOf(sup).Plan(context.Background(), groups...)) })
}

// stepUpdate puts the configuration in force process by process: `update [GROUP …]`.
func stepUpdate(s *scenario, d *datadriven.TestData) {
	if s.config != nil {
		s.resolve(d)
	}
	sup, groups := s.sup, groupsOf(d)
	s.request("update", func() string { return planned(UpdaterOf(sup).Update(context.Background(), groups...)) })
}

func groupsOf(d *datadriven.TestData) (all []string) {
	for _, a := range d.CmdArgs {
		all = append(all, a.Key)
	}
	return all
}

func planned(p Plan, err error) string {
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, e := range p {
		text := e.Name() + " " + e.Action.String()
		for _, k := range e.Keys {
			text += " " + k.Key
		}
		if e.Reason != "" {
			text += " (" + e.Reason + ")"
		}
		if e.Problem != "" {
			text += "; " + e.Problem
		}
		all = append(all, text)
	}
	return "[" + strings.Join(all, ", ") + "]"
}
