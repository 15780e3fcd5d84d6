package order

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"reeve/supervisor/process"
)

// A step of the scenarios:
//
//	plugin                        a plug-in begins; the first line is its command, each
//	                              other one NAME: KEY=VALUE; KEY=VALUE, a [program:x]

func init() {
	steps["plugin"] = func(t *testing.T, s *scenario, d *datadriven.TestData) {
		command, programs, _ := strings.Cut(d.Input, "\n")
		plugin, strict := PluginOf(strings.Fields(command))
		plan, err := plugin.Plan(strict, parsePrograms(t, programs))
		switch {
		case plugin == NoPlugin:
			s.out.WriteString("no plug-in\n")
		case err != nil:
			fmt.Fprintf(&s.out, "the plug-in fails: %s\n", err)
		default:
			s.plan(t, plan)
		}
	}
}

// plan gives a plug-in's tasks to the Machine, and has the world carry them out.
func (s *scenario) plan(t *testing.T, plan Plan) {
	t.Helper()
	for _, text := range plan.Warnings {
		fmt.Fprintf(&s.out, "WARN %s\n", text)
	}
	if !plan.Stays {
		plan.Tasks = append(plan.Tasks, Task{Needs: plan.Finished})
	}
	tasks := map[ID]Task{}
	var batch []Process
	var ids []ID
	for _, task := range plan.Tasks {
		s.next++
		tasks[s.next] = task
		batch, ids = append(batch, Process{ID: s.next, Needs: task.Needs}), append(ids, s.next)
	}
	s.task = func(w *world, e Effect) bool {
		switch e := e.(type) {
		case Start:
			task, known := tasks[e.ID]
			if known {
				w.do(task)
			}
			return known
		case Wait:
			task, known := tasks[e.ID]
			if known {
				fmt.Fprintf(&w.out, "the plug-in waits for %s with %s\n", e.For, cmp.Or(task.Program, "its end"))
			}
			return known
		case Stop, Over, Fail:
		}
		return false
	}
	effects, err := s.m.Add(batch, s.active)
	if err != nil {
		t.Fatal(err)
	}
	s.tasks = batch
	s.call(append(effects, s.m.Start(ids, Request{Reason: "plugin"})...))
}

// do starts the processes of a program for a plug-in. A task without one is its end.
func (w *world) do(task Task) {
	if task.Program == "" {
		fmt.Fprintln(&w.out, "the plug-in has ended")
		return
	}
	fmt.Fprintf(&w.out, "the plug-in starts %s\n", task.Program)
	var ids []ID
	for _, p := range w.procs {
		if p.Program == task.Program && p.Facts.State != process.Fatal && !p.Facts.State.IsRunning() {
			ids = append(ids, p.ID)
		}
	}
	w.queue = append(w.queue, w.m.Start(ids, Request{Reason: "plugin"})...)
}

// parsePrograms reads the lines of a plugin.
func parsePrograms(t *testing.T, text string) []PluginProgram {
	var programs []PluginProgram
	for line := range strings.Lines(text) {
		name, settings, _ := strings.Cut(strings.TrimSpace(line), ":")
		p := PluginProgram{Name: name, Autostart: true}
		for setting := range strings.SplitSeq(settings, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(setting), "=")
			switch key {
			case "priority":
				n, err := strconv.Atoi(value)
				if err != nil {
					t.Fatal(err)
				}
				p.Priority = &n
			case "autostart":
				p.Autostart = value == "true"
			case "dependent_startup":
				p.Dependent = value == "true"
			case "dependent_startup_wait_for":
				p.WaitFor = value
			case "dependent_startup_inherit_priority":
				p.InheritPriority = value == "true"
			case "startinorder":
				p.InOrder = value == "true"
			case "startnextafter":
				p.NextAfter = value
			case "":
			default:
				t.Fatalf("no key %s", key)
			}
		}
		programs = append(programs, p)
	}
	return programs
}

func TestPluginOf(t *testing.T) {
	for _, c := range []struct {
		command string
		plugin  Plugin
		strict  bool
	}{
		{"python3 -m supervisord_dependent_startup", DependentStartup, false},
		{"/usr/bin/python3 /a/supervisord_dependent_startup/supervisord_dependent_startup.py -c x", DependentStartup, false},
		{"/usr/local/bin/supervisord-dependent-startup --error-action exit", DependentStartup, true},
		{"supervisord-dependent-startup --error-action=exit", DependentStartup, true},
		{"supervisord-dependent-startup --error-action=skip", DependentStartup, false},
		{"supervisord-dependent-startup --error-action", DependentStartup, false},
		{"python3 -m supervisord_dependent_startup --fail-on-warning", DependentStartup, true},
		{"/usr/local/bin/ordered-startup-listener", OrderedStartup, false},
		{"python ordered_startup_supervisord.py --fail-on-warning", OrderedStartup, false},
		{"python3 -m supervisord_startup", NoPlugin, false},
		{"", NoPlugin, false},
	} {
		if p, strict := PluginOf(strings.Fields(c.command)); p != c.plugin || strict != c.strict {
			t.Errorf("%s: got %v, %v", c.command, p, strict)
		}
	}
}

func TestConditionText(t *testing.T) {
	all := []Condition{Ready, Started, Healthy, Done, Exited, Since(0), Since(StatesOf(process.States...))}
	for _, s := range process.States {
		all = append(all, Since(StatesOf(s)))
	}
	for _, c := range all {
		text, err := c.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got Condition
		if err := got.UnmarshalText(text); err != nil || got != c {
			t.Errorf("%v becomes %v: %v", c, got, err)
		}
	}
	for _, text := range []string{"", "running", "up", "since running,", "since never,running", "since"} {
		if err := new(Condition).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a condition", text)
		}
	}
}
