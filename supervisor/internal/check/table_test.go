package check_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
)

// conditions are a machine in each phase, in each variant that makes a difference, by the
// events that lead there.
var conditions = []struct {
	name string
	by   []string
}{
	{"idle, never started", nil},
	{"idle", []string{"started", "child ends"}},
	{"waiting", []string{"started"}},
	{"waiting, probe failed", []string{"started", "probe fails"}},
	{"answered", []string{"started", "ready by all means"}},
	{"watching, nothing known", []string{"started", "ready by all means", "RUNNING"}},
	{"watching, being checked", []string{"started", "ready by all means", "RUNNING", "next check"}},
	{"watching, healthy", []string{"started", "ready by all means", "RUNNING", "WATCHDOG=1", "next check", "probe succeeds"}},
	{"watching, healthy, being checked", []string{
		"started", "ready by all means", "RUNNING", "next check", "probe succeeds", "WATCHDOG=1", "next check",
	}},
	{"watching, one failure from unhealthy", []string{
		"started", "ready by all means", "RUNNING", "WATCHDOG=1", "next check", "probe fails", "WATCHDOG=1", "next check", "probe fails",
		"WATCHDOG=1", "next check",
	}},
	{"watching, unhealthy, being checked", []string{
		"started", "ready by all means", "RUNNING", "WATCHDOG=1", "next check", "probe fails", "WATCHDOG=1", "next check", "probe fails",
		"WATCHDOG=1", "next check", "probe fails", "WATCHDOG=1", "next check",
	}},
	{"watching, it said STOPPING=1", []string{"started", "ready by all means", "RUNNING", "STOPPING=1"}},
	{"watching, reloading", []string{"started", "ready by all means", "RUNNING", "RELOADING=1"}},
	{"gave up", []string{"started", "time"}},
	{"ending", []string{"started", "ready by all means", "RUNNING", "process is stopped"}},
}

// events are all inputs of a machine.
var events = []struct {
	name string
	tell func(m *check.Machine, now time.Time) []check.Effect
}{
	{"started", func(m *check.Machine, now time.Time) []check.Effect { return m.Started(now, m.Run+1, now) }},
	{"RUNNING", func(m *check.Machine, now time.Time) []check.Effect { return m.Running(now) }},
	{"probe succeeds", answers(check.Success)},
	{"probe fails", answers(check.Failure)},
	{"probe says nothing", answers(check.Inconclusive)},
	{"result of an earlier run", func(m *check.Machine, now time.Time) []check.Effect {
		return m.Result(now, check.Result{ID: check.ID{Run: m.Run - 1, Number: m.Number}})
	}},
	{"next check", func(m *check.Machine, now time.Time) []check.Effect { return m.Elapsed(now.Add(30 * time.Second)) }},
	{"time", func(m *check.Machine, _ time.Time) []check.Effect {
		if due, ok := m.Deadline(); ok && m.Phase != check.Waiting {
			return m.Elapsed(due)
		}
		return m.Elapsed(m.ReadyDue)
	}},
	{"standstill", func(m *check.Machine, now time.Time) []check.Effect { return m.Elapsed(now.Add(time.Hour)) }},
	{"READY=1", tells(check.Notice{Ready: true})},
	{"STOPPING=1", tells(check.Notice{Stopping: true})},
	{"RELOADING=1", tells(check.Notice{Reloading: true})},
	{"READY=1, STOPPING=1", tells(check.Notice{Ready: true, Stopping: true})},
	{"STATUS=text", tells(check.Notice{Status: new("text")})},
	{"WATCHDOG=1", tells(check.Notice{Alive: true})},
	{"WATCHDOG=trigger", tells(check.Notice{Trigger: true})},
	{"WATCHDOG_USEC", tells(check.Notice{Period: new(time.Hour)})},
	{"EXTEND_TIMEOUT_USEC", tells(check.Notice{Extend: time.Hour})},
	{"line matches", func(m *check.Machine, now time.Time) []check.Effect { return m.Matched(now) }},
	{"newline", func(m *check.Machine, now time.Time) []check.Effect { return m.Newline(now) }},
	{"descriptor closed", func(m *check.Machine, now time.Time) []check.Effect { return m.Closed(now) }},
	{"process is stopped", func(m *check.Machine, now time.Time) []check.Effect { return m.Stopping(now) }},
	{"child ends", func(m *check.Machine, now time.Time) []check.Effect { return m.Exited(now) }},
	{"daemon replaced", func(m *check.Machine, now time.Time) []check.Effect { return m.Lost(now) }},
	{"other settings", func(m *check.Machine, now time.Time) []check.Effect {
		p := m.Policy
		p.Interval = 20 * time.Second
		return m.Changed(now, p)
	}},
	// Not in the table: whatever it is that the program is ready by.
	{"ready by all means", func(m *check.Machine, now time.Time) []check.Effect {
		m.Result(now, check.Result{ID: check.ID{Run: m.Run, Number: m.Number}})
		m.Notified(now, check.Notice{Ready: true})
		m.Matched(now)
		m.Newline(now)
		return nil
	}},
}

func answers(o check.Outcome) func(*check.Machine, time.Time) []check.Effect {
	return func(m *check.Machine, now time.Time) []check.Effect {
		return m.Result(now, check.Result{ID: check.ID{Run: m.Run, Number: m.Number}, Outcome: o, Detail: "DETAIL"})
	}
}

func tells(n check.Notice) func(*check.Machine, time.Time) []check.Effect {
	return func(m *check.Machine, now time.Time) []check.Effect { return m.Notified(now, n) }
}

func tell(t *testing.T, m *check.Machine, now time.Time, event string) []check.Effect {
	t.Helper()
	for _, e := range events {
		if e.name == event {
			return e.tell(m, now)
		}
	}
	t.Fatalf("no event %q", event)
	return nil
}

var start0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// table plays every event in every condition under one policy, and checks what must hold
// in every case.
func table(t *testing.T, p check.Policy) string {
	var out strings.Builder
	for _, c := range conditions {
		fmt.Fprintf(&out, "%s:\n", c.name)
		var ignored []string
		for _, e := range events[:len(events)-1] {
			m, now := check.New("web", p), start0
			for _, step := range c.by {
				if step == "next check" {
					now = now.Add(30 * time.Second)
					m.Elapsed(now)
					continue
				}
				tell(t, m, now, step)
			}
			before := *m
			effects := e.tell(m, now)
			keeps(t, c.name+", "+e.name, before, *m, effects)
			var texts []string
			if m.Phase != before.Phase {
				texts = append(texts, "-> "+m.Phase.String())
			}
			for _, effect := range effects {
				texts = append(texts, strings.TrimSuffix(describe(effect, now), ", started 0s ago"))
			}
			if len(texts) == 0 {
				ignored = append(ignored, e.name)
				continue
			}
			fmt.Fprintf(&out, "  %s: %s\n", e.name, strings.Join(texts, "; "))
		}
		fmt.Fprintf(&out, "  nothing: %s\n", strings.Join(ignored, ", "))
	}
	return out.String()
}

// keeps checks what holds for every event.
func keeps(t *testing.T, what string, before, after check.Machine, effects []check.Effect) {
	t.Helper()
	asked, withdrawn := 0, 0
	for _, e := range effects {
		switch e := e.(type) {
		case check.Probe:
			asked++
			if e.ID.Number <= before.Number || e.Timeout <= 0 {
				t.Errorf("%s: a number is used again, or there is no time: %+v", what, e)
			}
		case check.Cancel:
			withdrawn++
			if !before.Pending || e.ID != (check.ID{Run: before.Run, Number: before.Number}) {
				t.Errorf("%s: %+v is withdrawn, which is not under way", what, e)
			}
		case check.Ready:
			if before.Phase != check.Waiting || after.Phase != check.Answered {
				t.Errorf("%s: ready in phase %s", what, before.Phase)
			}
		case check.NotReady:
			if before.Phase != check.Waiting && before.Phase != check.Answered || after.Phase != check.GaveUp {
				t.Errorf("%s: not ready in phase %s", what, before.Phase)
			}
		case check.Healthy:
			if before.Health() == check.Good || after.Health() != check.Good {
				t.Errorf("%s: healthy after %s", what, before.Health())
			}
		case check.Unhealthy:
			if after.Health() != check.Bad {
				t.Errorf("%s: unhealthy, but health is %s", what, after.Health())
			}
		case check.Signal, check.ExtendStop, check.Noted, check.Log:
		}
	}
	if asked > 1 || asked == 1 && !after.Pending {
		t.Errorf("%s: %d probes at once", what, asked)
	}
	if asked == 0 && after.Pending && withdrawn > 0 {
		t.Errorf("%s: what was withdrawn is still waited for", what)
	}
	due, ok := after.Deadline()
	if ok && (after.Phase != check.Waiting && after.Phase != check.Watching) {
		t.Errorf("%s: a deadline in phase %s", what, after.Phase)
	}
	if after.Phase == check.Waiting && !ok {
		t.Errorf("%s: waits for ever", what)
	}
	if more := after.Elapsed(due.Add(-1)); len(more) > 0 {
		t.Errorf("%s: before the deadline: %v", what, more)
	}
}

// TestNeverSilent: whatever is configured and whatever is answered, a program that is
// RUNNING is checked again, and one that is not ready in time is given up.
func TestNeverSilent(t *testing.T) {
	for _, ready := range []health.Target{{Kind: health.Notify}, {Kind: health.TCP, Address: "a:1"}, {Kind: health.Line, Pattern: "x"}} {
		p := check.Policy{Settings: health.Defaults()}
		p.Ready, p.Health = ready, health.Target{Kind: health.TCP, Address: "a:1"}
		m, now := check.New("web", p), start0
		m.Started(now, 1, now)
		for range 1000 {
			answers(check.Inconclusive)(m, now)
			due, ok := m.Deadline()
			if !ok {
				break
			}
			now = due
			m.Elapsed(now)
		}
		if m.Phase != check.GaveUp || now.Sub(start0) != time.Minute {
			t.Errorf("%v: after %s: %s", ready, now.Sub(start0), m.Phase)
		}
	}
}

// TestRandomLives: events in any order, among them those that can't come in that order
// from a loop, keep what must hold; a handoff at any point changes nothing.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		m, now := check.New("web", anyPolicy(r)), start0
		for range 100 {
			now = now.Add(time.Duration(r.Int64N(int64(40 * time.Second))))
			e := events[r.IntN(len(events)-1)]
			saved := m.Save(now, time.Hour)
			other := saved.Restore(now, time.Hour)
			before := *m
			effects := e.tell(m, now)
			keeps(t, fmt.Sprintf("seed %d, %s", seed, e.name), before, *m, effects)
			if again := e.tell(other, now); !reflect.DeepEqual(again, effects) || !reflect.DeepEqual(other.Save(now, 0), m.Save(now, 0)) {
				t.Fatalf("seed %d, %s: %v; after a handoff %v", seed, e.name, effects, again)
			}
		}
	}
}

func anyPolicy(r *rand.Rand) check.Policy {
	p := check.Policy{Settings: health.Defaults(), StopWait: 10 * time.Second}
	targets := []health.Target{
		{}, {Kind: health.TCP, Text: "tcp:a:1", Address: "a:1"}, {Kind: health.Notify}, {Kind: health.Descriptor, FD: 3}, {Kind: health.Line, Pattern: "x"},
	}
	p.Ready, p.Health = targets[r.IntN(len(targets))], targets[r.IntN(2)]
	p.Watchdog = time.Duration(r.IntN(2)) * 20 * time.Second
	p.Action = []health.Action{{}, {Do: health.Stop}, {Do: health.Send, Signal: syscall.SIGUSR1}, {Do: health.Nothing}}[r.IntN(4)]
	p.StartPeriod = time.Duration(r.IntN(2)) * time.Minute
	p.Retries = 1 + r.IntN(3)
	return p
}
