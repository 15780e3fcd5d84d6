package check_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/golden"
	"reeve/supervisor/process"
)

// The scenarios in testdata/ are the machine's behaviour as text, in virtual time. Each
// is played twice: as it is, and with the machine saved as JSON before every step and
// restored in a process whose wall clock differs. Both must show the same. Run with
// -rewrite to update them.
//
//	program ready=… health=… …   a new machine; the clock goes back to 0
//	started, running, stopping, exited
//	ok, fails, unable            the answer to the probe under way; the detail is on the
//	                             next line
//	stale                        a success of a probe that is not under way
//	notify FIELD FIELD=VALUE …   a message of the program
//	matched, newline, closed     its output, its descriptor
//	lost                         the daemon has replaced itself
//	change health=… …            other settings
//	state                        shows what readers see
//	table                        every event in every phase, see table_test.go
//
// Each takes `at=DURATION`, which sets the clock first. `until DURATION` lets time pass,
// doing what is due at each deadline; `standstill DURATION` lets it pass unnoticed. Every
// step ends with the phase, the health and the next deadline.

func TestScenarios(t *testing.T) {
	golden.Play(t, func(t *testing.T, file string, handoff bool) {
		s := &scenario{t: t, handoff: handoff}
		datadriven.RunTest(t, file, s.step)
	})
}

type scenario struct {
	t       *testing.T
	handoff bool
	m       *check.Machine
	base    time.Time     // wall time of mono 0
	mono    time.Duration // the clock
	run     uint64
	out     strings.Builder
}

func (s *scenario) now() time.Time { return s.base.Add(s.mono) }

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	switch d.Cmd {
	case "program":
		s.base, s.mono, s.run = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), 0, 0
		s.m = check.New("web", policy(t, d.CmdArgs))
		return s.wake()
	case "table":
		return table(t, policy(t, d.CmdArgs))
	}
	if s.handoff {
		s.replace()
	}
	if at, ok := d.Arg("at"); ok {
		s.mono = duration(t, at.Vals[0])
	}
	do, ok := steps[d.Cmd]
	if !ok {
		d.Fatalf(t, "unknown step %s", d.Cmd)
	}
	do(s, d)
	return s.out.String() + s.wake()
}

// replace saves the machine and restores it in a process whose wall clock is an hour
// behind.
func (s *scenario) replace() {
	text, err := json.Marshal(s.m.Save(s.now(), s.mono))
	if err != nil {
		s.t.Fatal(err)
	}
	var saved check.Saved
	if err := json.Unmarshal(text, &saved); err != nil {
		s.t.Fatal(err)
	}
	s.base = s.base.Add(-time.Hour)
	s.m = saved.Restore(s.now(), s.mono)
}

var steps = map[string]func(s *scenario, d *datadriven.TestData){
	"started": func(s *scenario, _ *datadriven.TestData) {
		s.run++
		s.show(s.m.Started(s.now(), s.run, s.now().Add(-100*time.Millisecond)))
	},
	"running":  func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Running(s.now())) },
	"stopping": func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Stopping(s.now())) },
	"exited":   func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Exited(s.now())) },
	"matched":  func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Matched(s.now())) },
	"newline":  func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Newline(s.now())) },
	"closed":   func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Closed(s.now())) },
	"lost":     func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Lost(s.now())) },
	"elapse":   func(s *scenario, _ *datadriven.TestData) { s.show(s.m.Elapsed(s.now())) },
	"ok":       func(s *scenario, _ *datadriven.TestData) { s.answer(check.Success, "") },
	"fails":    func(s *scenario, d *datadriven.TestData) { s.answer(check.Failure, d.Input) },
	"unable":   func(s *scenario, d *datadriven.TestData) { s.answer(check.Inconclusive, d.Input) },
	"stale": func(s *scenario, _ *datadriven.TestData) {
		for _, id := range []check.ID{{Run: s.m.Run, Number: s.m.Number - 1}, {Run: s.m.Run, Number: s.m.Number + 1}, {Run: s.m.Run - 1, Number: s.m.Number}} {
			s.show(s.m.Result(s.now(), check.Result{ID: id}))
		}
	},
	"notify": func(s *scenario, d *datadriven.TestData) { s.show(s.m.Notified(s.now(), notice(s.t, d.CmdArgs))) },
	"change": func(s *scenario, d *datadriven.TestData) { s.show(s.m.Changed(s.now(), policy(s.t, d.CmdArgs))) },
	"until":  func(s *scenario, d *datadriven.TestData) { s.until(duration(s.t, d.CmdArgs[0].Key)) },
	"standstill": func(s *scenario, d *datadriven.TestData) {
		s.mono = duration(s.t, d.CmdArgs[0].Key)
		s.show(s.m.Elapsed(s.now()))
	},
	"state": func(s *scenario, _ *datadriven.TestData) {
		fmt.Fprintf(&s.out, "ready=%v told=%+v last=%q\n", s.m.Ready(), s.m.Told, s.m.Last.Detail)
	},
}

func (s *scenario) answer(o check.Outcome, detail string) {
	s.show(s.m.Result(s.now(), check.Result{ID: check.ID{Run: s.m.Run, Number: s.m.Number}, Outcome: o, Detail: detail}))
}

// until lets time pass as the loop does: it wakes up at each deadline, and one nanosecond
// before it to check that nothing happens early.
func (s *scenario) until(end time.Duration) {
	for {
		due, ok := s.m.Deadline()
		at := max(due.Sub(s.base), s.mono)
		if !ok || at > end {
			break
		}
		if at > s.mono {
			s.mono = at - 1
			if early := s.m.Elapsed(s.now()); len(early) != 0 {
				s.t.Errorf("%v before its deadline: %v", s.mono, early)
			}
		}
		s.mono = at
		effects := s.m.Elapsed(s.now())
		if len(effects) == 0 {
			s.t.Fatalf("nothing happened at the deadline %v", at)
		}
		s.show(effects)
	}
	s.mono = end
}

func (s *scenario) show(effects []check.Effect) {
	for _, e := range effects {
		fmt.Fprintf(&s.out, "%-8s %s\n", s.mono, describe(e, s.now()))
	}
}

// wake returns what the machine waits for.
func (s *scenario) wake() string {
	text := fmt.Sprintf("%s, %s", s.m.Phase, s.m.Health())
	due, ok := s.m.Deadline()
	switch {
	case !ok:
		return text + "; no deadline\n"
	case !due.After(s.now()):
		return text + "; due\n"
	}
	return fmt.Sprintf("%s; due at %s\n", text, due.Sub(s.base))
}

// describe returns an effect as text, as it is in the golden files.
func describe(e check.Effect, now time.Time) string {
	switch e := e.(type) {
	case check.Probe:
		return fmt.Sprintf("probe %d.%d %s for %s, started %s ago", e.ID.Run, e.ID.Number, e.Target, e.Timeout, now.Sub(e.Since))
	case check.Cancel:
		return fmt.Sprintf("cancel %d.%d", e.ID.Run, e.ID.Number)
	case check.Ready:
		return "READY"
	case check.NotReady:
		return "NOT READY: " + e.Reason
	case check.Healthy:
		return "HEALTHY"
	case check.Unhealthy:
		return "UNHEALTHY, " + [...]string{"restart", "stop", "signal was sent", "nothing to do"}[e.Do] + ": " + e.Reason
	case check.Signal:
		return "signal " + process.SignalName(e.Signal)
	case check.ExtendStop:
		return "extend the stop by " + e.Until.Sub(now).String()
	case check.Noted:
		return "noted"
	case check.Log:
		return map[process.Level]string{process.Warn: "WARN", process.Info: "INFO"}[e.Level] + " " + e.Text
	}
	return fmt.Sprintf("unexpected effect %T", e)
}

// policy reads `ready=tcp:a:1 health_interval=10s …`.
func policy(t *testing.T, args []datadriven.CmdArg) check.Policy {
	t.Helper()
	p := check.Policy{Settings: health.Defaults(), StopWait: 10 * time.Second}
	split := func(text string) ([]string, error) { return strings.Fields(text), nil }
	for _, a := range args {
		v, err := strings.Join(a.Vals, ","), error(nil)
		switch a.Key {
		case "ready":
			p.Ready, err = health.ParseReady(v, split)
		case "ready_timeout":
			p.ReadyTimeout = duration(t, v)
		case "ready_interval":
			p.ReadyInterval = duration(t, v)
		case "health":
			p.Health, err = health.ParseHealth(v, split)
		case "health_interval":
			p.Interval = duration(t, v)
		case "health_timeout":
			p.Timeout = duration(t, v)
		case "health_retries":
			p.Retries, err = strconv.Atoi(v)
		case "health_start_period":
			p.StartPeriod = duration(t, v)
		case "health_action":
			p.Action, err = health.ParseAction(v, func(string) (syscall.Signal, error) { return syscall.SIGUSR1, nil })
		case "watchdog":
			p.Watchdog = duration(t, v)
		case "watchdog_signal":
			p.WatchdogSignal = syscall.SIGQUIT
		case "at":
		default:
			t.Fatalf("unknown option %s", a.Key)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	return p
}

// notice reads `READY STATUS=text EXTEND=5s …`.
func notice(t *testing.T, args []datadriven.CmdArg) (n check.Notice) {
	t.Helper()
	for _, a := range args {
		v := strings.Join(a.Vals, ",")
		switch a.Key {
		case "READY":
			n.Ready = true
		case "STOPPING":
			n.Stopping = true
		case "RELOADING":
			n.Reloading, n.Monotonic = true, time.Second
		case "STATUS":
			n.Status = &v
		case "MAINPID":
			n.MainPid, _ = strconv.Atoi(v)
		case "ERRNO":
			e, _ := strconv.Atoi(v)
			n.Errno = &e
		case "WATCHDOG":
			n.Alive, n.Trigger = v == "1", v == "trigger"
		case "WATCHDOG_FOR":
			period := duration(t, v)
			n.Period = &period
		case "EXTEND":
			n.Extend = duration(t, v)
		case "at":
		default:
			t.Fatalf("unknown field %s", a.Key)
		}
	}
	return n
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
