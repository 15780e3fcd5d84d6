package order

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"reeve/supervisor/internal/golden"
	"reeve/supervisor/process"
)

// The scenarios in testdata/ are the rules as text. Each is played twice: as it is, and
// with everything saved as JSON before every step and restored. Both must show the same.
// Run with -rewrite to update them.
//
//	new                           another world; max_starting=N
//	add                           processes; each line is NAME or GROUP:NAME, then
//	                              depends_on=… on_dependency=… program=… and the words
//	                              oneshot health forever
//	boot NAME…                    automatic starts
//	auto NAME… reason=…           the same, for another reason
//	start NAME…                   by a caller who waits; nowait: who does not
//	alone NAME…                   without dependencies
//	stop, restart, remove NAME…
//	change                        what processes need now; lines as of add
//	end                           the daemon's end
//	now NAME STATE                the process is in that state; healthy, expected,
//	                              restarts, childless are further facts
//	waiting                       what each waits for
//	needs                         what each needs
//
// A start that is to be carried out makes the process STARTING with a child, a stop makes
// it STOPPING. The rest is up to the scenario. The steps of graphs and plug-ins are in
// their own test files.

func TestScenarios(t *testing.T) {
	golden.Play(t, func(t *testing.T, file string, handoff bool) {
		s := &scenario{handoff: handoff}
		datadriven.RunTest(t, file, s.step)
	})
}

type scenario struct {
	world
	handoff bool
}

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	if s.handoff && d.Cmd != "new" {
		s.world.handoff(t)
	}
	do := steps[d.Cmd]
	if do == nil {
		t.Fatalf("%s: unknown step %s", d.Pos, d.Cmd)
	}
	do(t, s, d)
	return s.out.String()
}

// steps are the commands; other test files add theirs.
var steps = map[string]func(t *testing.T, s *scenario, d *datadriven.TestData){
	"new": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		s.world = world{}
		d.MaybeScanArgs(t, "max_starting", &s.m.MaxStarting)
	},
	"add": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		if err := s.add(parseSpecs(t, d.Input)); err != nil {
			fmt.Fprintf(&s.out, "refused: %s\n", err)
		}
	},
	"boot": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		s.call(s.m.Start(s.ids(t, d), Request{Reason: "boot"}))
	},
	"auto": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		var r Request
		d.ScanArgs(t, "reason", &r.Reason)
		s.call(s.m.Start(s.ids(t, d), r))
	},
	"start": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		s.call(s.m.Start(s.ids(t, d), Request{Mode: WithDependencies, Wait: !d.HasArg("nowait")}))
	},
	"alone": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		s.call(s.m.Start(s.ids(t, d), Request{Mode: Alone}))
	},
	"stop": func(t *testing.T, s *scenario, d *datadriven.TestData) { s.call(s.m.Stop(s.ids(t, d), "request")) },
	"restart": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		s.call(s.m.Restart(s.ids(t, d), Request{Mode: WithDependencies, Wait: true}))
	},
	"change": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		if err := s.change(parseSpecs(t, d.Input)); err != nil {
			fmt.Fprintf(&s.out, "refused: %s\n", err)
		}
	},
	"remove": func(t *testing.T, s *scenario, d *datadriven.TestData) { s.remove(s.ids(t, d)...) },
	"end":    func(_ *testing.T, s *scenario, _ *datadriven.TestData) { s.call(s.m.End()) },
	"now": func(t *testing.T, s *scenario, d *datadriven.TestData) {
		s.now(s.find(t, d.CmdArgs[0].Key), facts(t, d))
		s.call(nil)
	},
	"needs": func(_ *testing.T, s *scenario, _ *datadriven.TestData) {
		for _, p := range s.procs {
			for _, n := range p.Needs {
				fmt.Fprintf(&s.out, "%s needs %s (%s)\n", p, n, n.Condition)
			}
		}
	},
	"waiting": func(_ *testing.T, s *scenario, _ *datadriven.TestData) {
		for _, p := range s.procs {
			if text := s.m.Waiting(p.ID); text != "" {
				fmt.Fprintf(&s.out, "%s: waiting for %s\n", p, text)
			}
		}
	},
}

// parseSpecs reads the lines of an add.
func parseSpecs(t *testing.T, text string) ([]Spec, map[string]OnDependency) {
	var specs []Spec
	on := map[string]OnDependency{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		group, name, ok := strings.Cut(words[0], ":")
		if !ok {
			name = group
		}
		s := Spec{Group: group, Program: name, Name: name, Autostart: true}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			switch key {
			case "depends_on":
				s.DependsOn = value
			case "on_dependency":
				choice, err := ParseOnDependency(value)
				if err != nil {
					t.Fatal(err)
				}
				on[s.Display()] = choice
			case "program":
				s.Program = value
			case "autostart":
				s.Autostart = value == "true"
			case "oneshot":
				s.Oneshot = true
			case "health":
				s.Health = true
			case "forever":
				s.Forever = true
			default:
				t.Fatalf("no word %s", key)
			}
		}
		specs = append(specs, s)
	}
	return specs, on
}

// facts reads the arguments of now.
func facts(t *testing.T, d *datadriven.TestData) Facts {
	i := slices.IndexFunc(process.States, func(s process.State) bool { return s.String() == d.CmdArgs[1].Key })
	if i < 0 {
		t.Fatalf("%s: no state %s", d.Pos, d.CmdArgs[1].Key)
	}
	s := process.States[i]
	return Facts{
		State: s, Child: (s == process.Starting || s == process.Running || s == process.Stopping) && !d.HasArg("childless"),
		Healthy: d.HasArg("healthy"), Expected: d.HasArg("expected"), Restarts: d.HasArg("restarts"),
	}
}

// ids finds the processes that a step names.
func (s *scenario) ids(t *testing.T, d *datadriven.TestData) []ID {
	var ids []ID
	for _, a := range d.CmdArgs {
		if a.Key != "reason" && a.Key != "nowait" {
			ids = append(ids, s.find(t, a.Key).ID)
		}
	}
	return ids
}

func (s *scenario) find(t *testing.T, name string) *proc {
	i := slices.IndexFunc(s.procs, func(p *proc) bool { return p.String() == name })
	if i < 0 {
		t.Fatalf("no process %s", name)
	}
	return s.procs[i]
}
