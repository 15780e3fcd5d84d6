package plan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"reeve/config"
	"reeve/supervisor/process"
)

// TestScenarios: each file begins with a configuration that is active, then changes the
// file and shows the plan. All processes run unless a step says otherwise. Run with
// -rewrite to update them.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			s := &scenario{dir: t.TempDir(), facts: map[string]Facts{}}
			datadriven.RunTest(t, file, s.step)
		})
	}
}

type scenario struct {
	dir    string
	active []Active
	facts  map[string]Facts
}

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "active":
		s.active = nil
		for _, g := range s.read(t, d.Input).Groups {
			s.active = append(s.active, Active{Config: g})
		}
	case "process": // process NAME STATE [fresh] [again] [owes]
		f := Facts{Fresh: d.HasArg("fresh"), Again: d.HasArg("again"), Owes: d.HasArg("owes")}
		for _, state := range process.States {
			if state.String() == d.CmdArgs[1].Key {
				f.State = state
			}
		}
		s.facts[d.CmdArgs[0].Key] = f
	case "plan": // plan [GROUP …], with the changed file below
		var only []string
		for _, a := range d.CmdArgs {
			only = append(only, a.Key)
		}
		for i := range s.active {
			a := &s.active[i]
			a.Facts = nil
			for _, p := range a.Config.Processes {
				f, given := s.facts[p.Name]
				if !given {
					f.State = process.Running
				}
				a.Facts = append(a.Facts, f)
			}
		}
		p, err := Of(s.active, s.read(t, d.Input), only...)
		if err != nil {
			return err.Error() + "\n"
		}
		return strings.ReplaceAll(text(p), s.dir+"/", "")
	default:
		d.Fatalf(t, "unknown step %s", d.Cmd)
	}
	return ""
}

func (s *scenario) read(t *testing.T, text string) *config.Config {
	t.Helper()
	path := filepath.Join(s.dir, "s.conf")
	if err := os.WriteFile(path, []byte("[supervisord]\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := (&config.Loader{Path: path}).Load()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func text(p Plan) string {
	var b strings.Builder
	for _, e := range p {
		fmt.Fprintf(&b, "%s: %s", e.Name(), e.Action)
		if e.Reason != "" {
			fmt.Fprintf(&b, " (%s)", e.Reason)
		}
		b.WriteString("\n")
		for _, d := range e.Keys {
			fmt.Fprintf(&b, "  %s: %q -> %q, %s [%s]\n", d.Key, d.Old, d.New, d.Change, d.Origin)
		}
	}
	return b.String()
}

// TestUnknownName: a plan for a name that no group has is refused.
func TestUnknownName(t *testing.T) {
	_, err := Of(nil, &config.Config{}, "nobody")
	var unknown *UnknownError
	if !errors.As(err, &unknown) || unknown.Name != "nobody" {
		t.Errorf("got %v", err)
	}
}
