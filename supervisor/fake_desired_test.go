package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/datadriven"

	"reeve/config"
	"reeve/supervisor/internal/desired"
)

// fakeStateFile plays the state file: what is put shows in the trace.
type fakeStateFile struct {
	trace *trace
	says  desired.State
	fail  error // of each write
}

func (f *fakeStateFile) Read() desired.State          { return f.says.Clone() }
func (f *fakeStateFile) Settle(context.Context) error { return f.fail }

func (f *fakeStateFile) Put(s *desired.State) {
	f.says = s.Clone()
	f.trace.printf("state: %s", shownState(s))
}

func shownState(s *desired.State) string {
	text := "nothing"
	add := func(what string) { text = strings.TrimPrefix(text+", "+what, "nothing, ") }
	for _, n := range s.Disabled {
		add(n + " disabled")
	}
	for _, n := range s.Stopped {
		add(n + " stopped")
	}
	for _, c := range s.Scaled {
		add(fmt.Sprintf("%s:%s scaled to %d (%d)", c.Group, c.Program, c.Count, c.NumProcs))
	}
	return text
}

// scaleFake scales a configuration as package config does. The processes of a program are
// called alike but for a digit at the end; at most 5 are permitted.
func scaleFake(cfg *config.Config, scales []config.Scale) *config.Config {
	next := *cfg
	next.Groups = slices.Clone(cfg.Groups)
	for _, s := range scales {
		i := slices.IndexFunc(next.Groups, func(g *config.Group) bool { return g.Name == s.Group })
		if i < 0 {
			continue
		}
		g := *next.Groups[i]
		var own, others []*config.Process
		for _, p := range g.Processes {
			if p.Program == s.Program {
				own = append(own, p)
			} else {
				others = append(others, p)
			}
		}
		reason := ""
		switch {
		case !s.Asked && s.NumProcs != len(own):
			reason = fmt.Sprintf("numprocs is no longer %d, but %d", s.NumProcs, len(own))
		case s.Count > 5:
			reason = "5 is the most"
		}
		if reason != "" {
			next.Unscaled = append(next.Unscaled, config.Unscaled{Scale: s, Reason: reason})
			continue
		}
		s.NumProcs, s.Asked = len(own), false
		next.Scaled = append(next.Scaled, s)
		for n := len(own); n < s.Count; n++ {
			p := *own[0]
			p.Name = strings.TrimRight(p.Name, "0123456789") + fmt.Sprint(n)
			own = append(own, &p)
		}
		g.Processes = slices.Concat(others, own[:s.Count])
		next.Groups[i] = &g
	}
	return &next
}

// stepKept says what the state file says before the start, or with `fails` that it can't be
// written from now on.
func stepKept(s *scenario, d *datadriven.TestData) {
	if arg(d, 0) == "fails" {
		s.kept.fail = errors.New("no space left on device")
		return
	}
	for line := range strings.Lines(d.Input) {
		words := strings.Fields(line)
		switch words[0] {
		case "disabled":
			group, process, _ := strings.Cut(words[1], ":")
			s.kept.says.Disable(group, process)
		case "stopped":
			group, process, _ := strings.Cut(words[1], ":")
			s.kept.says.Stop(group, process)
		case "scaled":
			s.kept.says.Scale(desired.Scale{Group: words[1], Program: words[2], Count: number(d, words[3]), NumProcs: number(d, words[4])})
		default:
			d.Fatalf(s.t, "unknown: %s", line)
		}
	}
}

func stepDisable(s *scenario, d *datadriven.TestData) {
	ctx, on := context.Background(), DesiredOf(s.sup)
	one, group := on.Disable, on.DisableGroup
	if d.Cmd == "enable" {
		one, group = on.Enable, on.EnableGroup
	}
	s.request(d.Cmd+" "+arg(d, 0), func() string {
		return each(arg(d, 0), func(n Name) error { return one(ctx, n) }, func(g string) ([]Result, error) { return group(ctx, g) }, nil)
	})
}

// stepScale scales a program: `scale NAME N [nowait]`.
func stepScale(s *scenario, d *datadriven.TestData) {
	count, wait := number(d, arg(d, 1)), !d.HasArg("nowait")
	if s.config != nil {
		s.resolve(d)
	}
	s.across("scale "+arg(d, 0), func(ctx context.Context, sup *Supervisor) string {
		results, err := DesiredOf(sup).Scale(ctx, arg(d, 0), count, wait)
		if err != nil {
			return err.Error()
		}
		var texts []string
		for _, r := range results {
			what := map[bool]string{false: " start ", true: " stop "}[r.Stop]
			texts = append(texts, r.Name.String()+what+outcome(r.Err))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	})
}
