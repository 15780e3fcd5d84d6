package process_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/process"
)

// start0 is the moment at which every machine of the table began to start.
var start0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// conditions are a machine in each state, in each variant that makes a difference.
var conditions = []struct {
	name string
	m    process.Machine
}{
	{"STOPPED, never started", process.Machine{State: process.Stopped}},
	{"STOPPED, has asked for leave", process.Machine{State: process.Stopped, Asks: true, Pending: true}},
	{"STOPPED", process.Machine{State: process.Stopped, Started: start0, Stopped: start0}},
	{"STARTING, fork under way", process.Machine{State: process.Starting, Started: start0, Forking: true}},
	{"STARTING, fork hangs", process.Machine{State: process.Starting, Started: start0, Forking: true, Stuck: true}},
	{"STARTING", process.Machine{State: process.Starting, Started: start0, Pid: 101}},
	{"STARTING, has to become ready", process.Machine{State: process.Starting, Started: start0, Pid: 101, Policy: process.Policy{Ready: true}}},
	{"RUNNING", process.Machine{State: process.Running, Started: start0, Pid: 101}},
	{"BACKOFF", process.Machine{State: process.Backoff, Started: start0, Failures: 1, Due: start0.Add(time.Second)}},
	{"BACKOFF, no try left", process.Machine{State: process.Backoff, Started: start0, Failures: 4, Due: start0.Add(4 * time.Second)}},
	{"BACKOFF, shortage", process.Machine{State: process.Backoff, Started: start0, Short: true, Due: start0.Add(time.Second)}},
	{"STOPPING, fork under way", process.Machine{State: process.Stopping, Started: start0, Forking: true}},
	{"STOPPING", process.Machine{State: process.Stopping, Started: start0, Pid: 101, Due: start0.Add(time.Second)}},
	{"STOPPING, failed start", process.Machine{State: process.Stopping, Started: start0, Pid: 101, Due: start0.Add(time.Second), Then: process.Fail}},
	{"STOPPING, to be restarted", process.Machine{
		State: process.Stopping, Started: start0, Pid: 101, Due: start0.Add(time.Second), Then: process.StartNow, Why: process.WhyHealth,
	}},
	{"STOPPED, to be restarted", process.Machine{
		State: process.Stopped, Started: start0, Stopped: start0, Then: process.StartNow, Why: process.WhyHealth,
	}},
	{"EXITED, expected", process.Machine{State: process.Exited, Started: start0, Stopped: start0}},
	{"EXITED, unexpected", process.Machine{State: process.Exited, Started: start0, Stopped: start0, ExitStatus: 1}},
	{"FATAL", process.Machine{State: process.Fatal, Started: start0}},
	{"UNKNOWN", process.Machine{State: process.Unknown, Started: start0, Pid: 101}},
}

// events are all inputs of a machine. "time" is a long time, so that everything that can
// be due is.
var events = []struct {
	name string
	tell func(m *process.Machine, now time.Time) []process.Effect
}{
	{"start", func(m *process.Machine, now time.Time) []process.Effect { return m.Start(now, process.WhyRequest) }},
	{"leave is given", func(m *process.Machine, now time.Time) []process.Effect { return m.Allow(now.Add(time.Hour)) }},
	{"child is there", func(m *process.Machine, now time.Time) []process.Effect { return m.Spawned(now, 102) }},
	{"no child", func(m *process.Machine, now time.Time) []process.Effect { return m.SpawnFailed(now, "REASON") }},
	{"no child, shortage", func(m *process.Machine, now time.Time) []process.Effect { return m.SpawnShort(now, "REASON") }},
	{"start hangs", func(m *process.Machine, _ time.Time) []process.Effect { return m.Hangs("WHERE") }},
	{"another child in its place", func(m *process.Machine, now time.Time) []process.Effect { return m.Again(now) }},
	{"start given up", func(m *process.Machine, now time.Time) []process.Effect { return m.Revoked(now) }},
	{"time", func(m *process.Machine, now time.Time) []process.Effect { return m.Elapsed(now.Add(time.Hour), false) }},
	{"time, daemon stopping", func(m *process.Machine, now time.Time) []process.Effect { return m.Elapsed(now.Add(time.Hour), true) }},
	{"stop", func(m *process.Machine, now time.Time) []process.Effect { return m.Stop(now) }},
	{"signal", func(m *process.Machine, now time.Time) []process.Effect { return m.Signal(now, syscall.SIGHUP) }},
	{"signal finds nobody", func(m *process.Machine, now time.Time) []process.Effect {
		return m.SignalFailed(now, syscall.SIGTERM, "no such process", true)
	}},
	{"signal is refused", func(m *process.Machine, now time.Time) []process.Effect {
		return m.SignalFailed(now, syscall.SIGTERM, "not permitted", false)
	}},
	{"exit before startsecs", func(m *process.Machine, now time.Time) []process.Effect { return m.Exited(now, process.Exit{}) }},
	{"exit, expected", func(m *process.Machine, now time.Time) []process.Effect {
		return m.Exited(now.Add(time.Hour), process.Exit{})
	}},
	{"exit, unexpected", func(m *process.Machine, now time.Time) []process.Effect {
		return m.Exited(now.Add(time.Hour), process.Exit{Code: 3})
	}},
	{"ready", func(m *process.Machine, now time.Time) []process.Effect { return m.Ready(now.Add(time.Hour)) }},
	{"not ready in time", func(m *process.Machine, now time.Time) []process.Effect { return m.NotReady(now, "REASON") }},
	{"check asks for a restart", func(m *process.Machine, now time.Time) []process.Effect {
		return m.Restart(now, process.WhyHealth)
	}},
	{"daemon gives up", func(m *process.Machine, now time.Time) []process.Effect { return m.GiveUp(now) }},
}

// play applies one event to a copy of a machine and checks what must hold in every case.
func play(t *testing.T, condition, event int) (process.Machine, []process.Effect) {
	t.Helper()
	c, e := conditions[condition], events[event]
	m := c.m
	m.Name = "NAME"
	m.Policy = process.Policy{
		Autostart: true, Autorestart: process.AutorestartUnexpected, StartFor: time.Second, StartRetries: 3,
		ExitCodes: []int{0}, StopSignal: process.StopBy(syscall.SIGTERM), StopWait: 10 * time.Second, Ready: c.m.Policy.Ready,
	}
	state := m.State
	effects := e.tell(&m, start0.Add(time.Millisecond))
	for _, effect := range effects {
		switch effect := effect.(type) {
		case process.Changed:
			if effect.From != state || effect.To == state {
				t.Errorf("%s, %s: transition %s -> %s begins in state %s", c.name, e.name, effect.From, effect.To, state)
			}
			state = effect.To
		case process.Ask:
			if !m.Pending || !m.Asks {
				t.Errorf("%s, %s: Ask without need", c.name, e.name)
			}
		case process.Spawn:
			if state != process.Starting || !m.Forking {
				t.Errorf("%s, %s: Spawn in state %s", c.name, e.name, state)
			}
		case process.Revoke:
			if state != process.Stopping || !m.Forking {
				t.Errorf("%s, %s: Revoke in state %s", c.name, e.name, state)
			}
		case process.Kill:
			if effect.Pid == 0 || effect.Pid != m.Pid {
				t.Errorf("%s, %s: signal to %d, but the child is %d", c.name, e.name, effect.Pid, m.Pid)
			}
		case process.Log:
		}
	}
	if state != m.State {
		t.Errorf("%s, %s: state is %s, but the transitions told end in %s", c.name, e.name, m.State, state)
	}
	if alive := m.Pid != 0 || m.Forking; alive && m.State.IsStopped() && m.State != process.Unknown {
		t.Errorf("%s, %s: %s with a child", c.name, e.name, m.State)
	} else if !alive && (m.State == process.Running || m.State == process.Starting || m.State == process.Stopping) {
		t.Errorf("%s, %s: %s without a child", c.name, e.name, m.State)
	}
	return m, effects
}

// TestStatesDocument draws docs/states.md from the machine: every event in every state.
// Run with -rewrite to update it.
func TestStatesDocument(t *testing.T) {
	const file = "../../docs/states.md"
	document := drawStates(t)
	if flag.Lookup("rewrite").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != document {
		t.Errorf("%s is not what the machine does; rewrite it with: go test ./supervisor/process -rewrite", file)
	}
}

func drawStates(t *testing.T) string {
	var table strings.Builder
	arrows := map[string]map[string]bool{}
	for c := range conditions {
		fmt.Fprintf(&table, "\n## %s\n\n| event | what happens |\n|---|---|\n", conditions[c].name)
		var ignored []string
		for e := range events {
			_, effects := play(t, c, e)
			if len(effects) == 0 {
				ignored = append(ignored, events[e].name)
				continue
			}
			var cell []string
			for _, effect := range effects {
				if ch, ok := effect.(process.Changed); ok {
					arrow := fmt.Sprintf("%s --> %s", ch.From, ch.To)
					if arrows[arrow] == nil {
						arrows[arrow] = map[string]bool{}
					}
					arrows[arrow][events[e].name] = true
					cell = append(cell, "**→ "+ch.To.String()+"**")
					continue
				}
				cell = append(cell, describe(effect))
			}
			fmt.Fprintf(&table, "| %s | %s |\n", events[e].name, strings.Join(cell, "<br>"))
		}
		fmt.Fprintf(&table, "\nNothing: %s.\n", strings.Join(ignored, "; "))
	}
	var diagram strings.Builder
	for _, arrow := range slices.Sorted(maps.Keys(arrows)) {
		fmt.Fprintf(&diagram, "    %s: %s\n", arrow, strings.Join(slices.Sorted(maps.Keys(arrows[arrow])), " / "))
	}
	return fmt.Sprintf(head, diagram.String()) + table.String()
}

const head = `# States of a process

Drawn from the state machine (package ` + "`supervisor/process`" + `) by its test: do not edit, run
` + "`go test ./supervisor/process -rewrite`" + `.

` + "```mermaid" + `
stateDiagram-v2
    [*] --> STOPPED
%s` + "```" + `

Below is every event in every state, for a program with autostart, autorestart=unexpected, startsecs=1, startretries=3,
exitcodes=0. "time" is what happens when enough of it has passed; "daemon gives up" is what a process gets that waits for its next
try while the daemon shuts down.
`

func TestSets141(t *testing.T) {
	want := map[process.State]string{
		process.Stopped: "stopped", process.Exited: "stopped", process.Fatal: "stopped", process.Unknown: "stopped",
		process.Running: "running signallable", process.Starting: "running signallable", process.Backoff: "running",
		process.Stopping: "signallable",
	}
	if len(process.States) != len(want) {
		t.Fatalf("%d states, want %d", len(process.States), len(want))
	}
	for _, s := range process.States {
		var sets []string
		for _, set := range []struct {
			in   bool
			name string
		}{{s.IsStopped(), "stopped"}, {s.IsRunning(), "running"}, {s.IsSignallable(), "signallable"}} {
			if set.in {
				sets = append(sets, set.name)
			}
		}
		if got := strings.Join(sets, " "); got != want[s] {
			t.Errorf("%s is %s, want %s", s, got, want[s])
		}
	}
}
