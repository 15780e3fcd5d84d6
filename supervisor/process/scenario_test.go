package process_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/supervisor/internal/golden"
	"reeve/supervisor/process"
)

// The scenarios in testdata/ are the machine's behaviour as text, in virtual time. Each
// is played twice: as it is, and with the machine saved as JSON before every step and
// restored in a process whose wall clock differs. Both must show the same. Run with
// -rewrite to update them.
//
//	program startsecs=1 …       a new machine; the clock goes back to 0
//	start, stop, give-up        requests; signal NAME
//	spawned, failed, short,     the kernel's report on the start; the reason is on
//	hangs, revoked              the next line
//	again                       another child takes the place of the one that has ended
//	exit N, killed NAME         the end of the child
//	refused, gone               the last signal could not be sent
//	ready, unready              what a check found out; the reason is on the next line
//	restart                     a check asks for it
//	asks                        from now on automatic starts need leave
//	allow, forget               leave is given, or has to be asked for again
//	elapse                      Elapsed, now
//	change startsecs=1 …        another policy
//	daemon-stops                from now on nothing is started
//	state, shows                values that readers see
//
// Each takes `at=DURATION`, which sets the clock first. `until DURATION` lets time pass,
// doing what is due at each deadline. Every step ends with the next deadline.

func TestScenarios(t *testing.T) {
	golden.Play(t, func(t *testing.T, file string, handoff bool) {
		s := &scenario{t: t, handoff: handoff}
		datadriven.RunTest(t, file, s.step)
	})
}

type scenario struct {
	t        *testing.T
	handoff  bool
	m        *process.Machine
	policy   process.Policy // as configured
	base     time.Time      // wall time of mono 0
	mono     time.Duration  // the clock
	stopping bool
	out      strings.Builder
	last     process.Kill
}

func (s *scenario) now() time.Time { return s.base.Add(s.mono) }

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	if d.Cmd == "program" {
		s.base, s.mono, s.stopping = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), 0, false
		s.policy = policy(t, d.CmdArgs)
		s.m = process.New("web", s.policy)
		s.m.Born = s.base
		return s.wake()
	}
	if s.handoff {
		s.replace()
	}
	if d.Cmd == "change" {
		s.policy = policy(t, d.CmdArgs)
		s.m.Changed(s.policy)
		return s.wake()
	}
	if at, ok := d.Arg("at"); ok {
		s.mono = duration(t, at.Vals[0])
	}
	do, ok := steps[d.Cmd]
	if !ok {
		d.Fatalf(t, "unknown step %s", d.Cmd)
	}
	word := ""
	if d.Input != "" {
		word = d.Input
	} else if len(d.CmdArgs) > 0 {
		word = d.CmdArgs[0].Key
	}
	do(s, word)
	return s.out.String() + s.wake()
}

// replace saves the machine and restores it in a process whose wall clock is an hour
// behind.
func (s *scenario) replace() {
	text, err := json.Marshal(s.m.Save(s.now(), s.mono))
	if err != nil {
		s.t.Fatal(err)
	}
	var saved process.Saved
	if err := json.Unmarshal(text, &saved); err != nil {
		s.t.Fatal(err)
	}
	s.base = s.base.Add(-time.Hour)
	s.m = saved.Restore(s.policy, s.now(), s.mono)
}

var steps = map[string]func(s *scenario, word string){
	"start":   func(s *scenario, _ string) { s.show(s.m.Start(s.now(), process.WhyRequest)) },
	"ready":   func(s *scenario, _ string) { s.show(s.m.Ready(s.now())) },
	"unready": func(s *scenario, w string) { s.show(s.m.NotReady(s.now(), w)) },
	"restart": func(s *scenario, _ string) { s.show(s.m.Restart(s.now(), process.WhyHealth)) },
	"asks":    func(s *scenario, _ string) { s.m.Asks = true },
	"allow":   func(s *scenario, _ string) { s.show(s.m.Allow(s.now())) },
	"forget":  func(s *scenario, _ string) { s.m.Forget() },
	"spawned": func(s *scenario, _ string) { s.show(s.m.Spawned(s.now(), 101)) },
	"failed":  func(s *scenario, w string) { s.show(s.m.SpawnFailed(s.now(), w)) },
	"short":   func(s *scenario, w string) { s.show(s.m.SpawnShort(s.now(), w)) },
	"again":   func(s *scenario, _ string) { s.show(s.m.Again(s.now())) },
	"hangs":   func(s *scenario, w string) { s.show(s.m.Hangs(w)) },
	"revoked": func(s *scenario, _ string) { s.show(s.m.Revoked(s.now())) },
	"stop":    func(s *scenario, _ string) { s.show(s.m.Stop(s.now())) },
	"signal":  func(s *scenario, w string) { s.show(s.m.Signal(s.now(), signal(s.t, w))) },
	"refused": func(s *scenario, _ string) {
		s.show(s.m.SignalFailed(s.now(), s.last.Signal, "operation not permitted", false))
	},
	"gone": func(s *scenario, _ string) { s.show(s.m.SignalFailed(s.now(), s.last.Signal, "no such process", true)) },
	"exit": func(s *scenario, w string) { s.show(s.m.Exited(s.now(), process.Exit{Code: number(s.t, w)})) },
	"killed": func(s *scenario, w string) {
		s.show(s.m.Exited(s.now(), process.Exit{Code: -1, Signal: signal(s.t, w)}))
	},
	"give-up":      func(s *scenario, _ string) { s.show(s.m.GiveUp(s.now())) },
	"elapse":       func(s *scenario, _ string) { s.show(s.m.Elapsed(s.now(), s.stopping)) },
	"daemon-stops": func(s *scenario, _ string) { s.stopping = true },
	"until":        func(s *scenario, w string) { s.until(duration(s.t, w)) },
	"shows":        (*scenario).shows,
	"state": func(s *scenario, _ string) {
		fmt.Fprintf(&s.out, "pid=%d exitstatus=%d spawnerr=%q failures=%d\n", s.m.Pid, s.m.ExitStatus, s.m.SpawnErr, s.m.Failures)
	},
}

// shows prints what readers see of starts and ends.
func (s *scenario) shows(string) {
	at := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.Sub(s.base).String()
	}
	fmt.Fprintf(&s.out, "reason=%q repeats=%d next=%s last=%q at %s\n",
		s.m.Why, s.m.Repeats, at(s.m.NextAttempt()), s.m.Last, at(s.m.Ended))
}

// until lets time pass as the loop does: it wakes up at each deadline, and one nanosecond
// before it to check that nothing happens early.
func (s *scenario) until(end time.Duration) {
	for {
		due, ok := s.m.Deadline(s.stopping)
		at := max(due.Sub(s.base), s.mono)
		if due.IsZero() {
			at = s.mono
		}
		if !ok || at > end {
			break
		}
		if at > s.mono {
			s.mono = at - 1
			if early := s.m.Elapsed(s.now(), s.stopping); len(early) != 0 {
				s.t.Errorf("%v before its deadline: %v", s.mono, early)
			}
		}
		s.mono = at
		effects := s.m.Elapsed(s.now(), s.stopping)
		if len(effects) == 0 {
			s.t.Fatalf("nothing happened at the deadline %v", at)
		}
		s.show(effects)
	}
	s.mono = end
}

func (s *scenario) show(effects []process.Effect) {
	for _, e := range effects {
		if k, ok := e.(process.Kill); ok {
			s.last = k
		}
		fmt.Fprintf(&s.out, "%-8s %s\n", s.mono, describe(e))
	}
}

// wake returns the state and the next deadline.
func (s *scenario) wake() string {
	due, ok := s.m.Deadline(s.stopping)
	switch {
	case !ok:
		return s.m.State.String() + "; no deadline\n"
	case !due.After(s.now()):
		return s.m.State.String() + "; due\n"
	}
	return fmt.Sprintf("%s; due at %s\n", s.m.State, due.Sub(s.base))
}

// describe returns an effect as text, as it is in the golden files.
func describe(e process.Effect) string {
	switch e := e.(type) {
	case process.Ask:
		return "ask: " + string(e.Why)
	case process.Spawn:
		return "spawn: " + string(e.Why)
	case process.Revoke:
		return "revoke"
	case process.Kill:
		whom := "pid"
		if e.Group {
			whom = "group"
		}
		return fmt.Sprintf("kill %s %d with %s", whom, e.Pid, process.SignalName(e.Signal))
	case process.Changed:
		text := fmt.Sprintf("%s -> %s", e.From, e.To)
		switch e.To {
		case process.Starting, process.Backoff:
			text += fmt.Sprintf(" tries=%d", e.Tries)
		case process.Exited:
			text += fmt.Sprintf(" expected=%v pid=%d", e.Expected, e.Pid)
		case process.Running, process.Stopping, process.Stopped:
			text += fmt.Sprintf(" pid=%d", e.Pid)
		case process.Fatal, process.Unknown:
		}
		return text
	case process.Log:
		return levels[e.Level] + " " + e.Text
	}
	return fmt.Sprintf("unexpected effect %T", e)
}

var levels = map[process.Level]string{
	process.Critical: "CRIT", process.Error: "ERRO", process.Warn: "WARN", process.Info: "INFO", process.Debug: "DEBG",
}

// policy reads `startsecs=1 autorestart=unexpected …`. Defaults are upstream's, except
// that autostart is off.
func policy(t *testing.T, args []datadriven.CmdArg) process.Policy {
	p := process.Policy{
		Autorestart: process.AutorestartUnexpected, StartFor: time.Second, StartRetries: 3, ExitCodes: []int{0},
		StopSignal: process.StopBy(syscall.SIGTERM), StopWait: 10 * time.Second,
	}
	for _, a := range args {
		switch v := a.Vals[0]; a.Key {
		case "startsecs":
			p.StartFor = time.Duration(number(t, v)) * time.Second
		case "stopwaitsecs":
			p.StopWait = time.Duration(number(t, v)) * time.Second
		case "startretries":
			if p.StartRetries = process.Unlimited; v != "unlimited" {
				p.StartRetries = number(t, v)
			}
		case "exitcodes":
			p.ExitCodes = []int{number(t, v)}
		case "stopsignal":
			p.StopSignal = sequence(t, v)
		case "autostart":
			p.Autostart = v == "true"
		case "stopasgroup":
			p.StopAsGroup = v == "true"
		case "killasgroup":
			p.KillAsGroup = v == "true"
		case "delay":
			p.Delays = process.Delays{Delay: duration(t, v), Factor: 2, Limit: time.Minute, Reset: 10 * duration(t, v)}
		case "factor":
			p.Delays.Factor = float64(number(t, v))
		case "longest":
			p.Delays.Limit = duration(t, v)
		case "jitter":
			p.Delays.Jitter = float64(number(t, v)) / 100
		case "reset":
			p.Delays.Reset = duration(t, v)
		case "limit":
			count, within, _ := strings.Cut(v, "/")
			p.StartLimit = process.StartLimit{Starts: number(t, count), Within: duration(t, within)}
		case "startdelay":
			p.StartDelay = duration(t, v)
		case "oneshot":
			p.Oneshot = v == "true"
		case "ready":
			p.Ready = v == "true"
		case "autorestart":
			choices := map[string]process.Autorestart{
				"false": process.AutorestartNever, "unexpected": process.AutorestartUnexpected, "true": process.AutorestartAlways,
			}
			p.Autorestart = choices[v]
		default:
			t.Fatalf("unknown option %s", a.Key)
		}
	}
	return p
}

// sequence reads NAME or NAME:SECONDS/NAME…
func sequence(t *testing.T, text string) (all process.StopSequence) {
	t.Helper()
	after := time.Duration(0)
	for word := range strings.SplitSeq(text, "/") {
		name, wait, timed := strings.Cut(word, ":")
		all = append(all, process.StopStep{After: after, Signal: signal(t, name)})
		if timed {
			after = time.Duration(number(t, wait)) * time.Second
		}
	}
	return all
}

func signal(t *testing.T, name string) syscall.Signal {
	t.Helper()
	for n := syscall.Signal(1); n < 65; n++ {
		if process.SignalName(n) == "SIG"+name {
			return n
		}
	}
	t.Fatalf("unknown signal %s", name)
	return 0
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
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
