package activation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/supervisor/internal/activation"
	"reeve/supervisor/internal/golden"
	"reeve/supervisor/process"
)

// The scenarios in testdata/ are the machine's behaviour as text, in virtual time. Each is
// played twice: as it is, and with the machine saved as JSON before every step and restored
// in a process whose wall clock differs. Both must show the same. Run with -rewrite to
// update them.
//
//	program [idle=…] [off]  a new machine, with autostart unless off; the clock goes back to 0
//	state NAME [held]       the process has another state; held: it is not free to start
//	connect                 somebody connects, if it is watched
//	late                    a report of a watch that is over
//	arm, disarm             a start, a stop that was asked for
//	lost                    the daemon has replaced itself
//	change idle=…           another policy
//	looked N, unable        the answer to a look
//	refused                 a watch can't be begun
//	after DURATION          time passes
//
// Every step ends with what is watched, and the next deadline.

func TestScenarios(t *testing.T) {
	golden.Play(t, func(t *testing.T, file string, handoff bool) {
		s := &scenario{t: t, handoff: handoff}
		datadriven.RunTest(t, file, s.step)
	})
}

type scenario struct {
	t       *testing.T
	handoff bool
	m       *activation.Machine
	policy  activation.Policy
	facts   activation.Facts
	base    time.Time // wall time of mono 0
	mono    time.Duration
	watches uint64
	refuse  bool
	out     strings.Builder
}

func (s *scenario) now() time.Time { return s.base.Add(s.mono) }

var states = map[string]process.State{}

func init() {
	for _, st := range []process.State{
		process.Stopped, process.Starting, process.Running, process.Backoff, process.Stopping, process.Exited, process.Fatal, process.Unknown,
	} {
		states[st.String()] = st
	}
}

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	if s.m != nil && s.handoff {
		s.replace()
	}
	arg := ""
	if len(d.CmdArgs) > 0 {
		arg = d.CmdArgs[0].Key
	}
	switch d.Cmd {
	case "program":
		s.base, s.mono, s.facts, s.refuse = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), 0, activation.Facts{Free: true}, false
		s.policy = policy(t, d)
		s.m = activation.New("web", s.policy, !d.HasArg("off"))
	case "state":
		s.facts = activation.Facts{State: states[arg], Free: !d.HasArg("held"), Restarts: d.HasArg("restarts")}
	case "connect":
		if s.m.Watch == 0 {
			fmt.Fprintln(&s.out, "nobody watches")
			break
		}
		s.show(s.m.Connected(s.now(), s.facts))
	case "late":
		s.show(s.m.Connected(s.now(), s.facts))
	case "arm":
		s.m.Arm()
	case "disarm":
		s.m.Disarm()
	case "lost":
		s.m.Lost()
	case "change":
		s.policy = policy(t, d)
		s.m.Change(s.policy)
	case "looked":
		n, _ := strconv.Atoi(arg)
		s.show(s.m.Looked(s.now(), n, nil))
	case "unable":
		s.show(s.m.Looked(s.now(), 0, errors.New("no /proc")))
	case "refused":
		s.refuse = true
	case "after":
		span, err := time.ParseDuration(arg)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		s.mono += span
		s.show(s.m.Elapsed(s.now()))
	default:
		d.Fatalf(t, "unknown step %s", d.Cmd)
	}
	s.show(s.m.Settle(s.now(), s.facts))
	fmt.Fprintf(&s.out, "armed=%v watched=%v", s.m.Armed, s.m.Watch != 0)
	if due, ok := s.m.Deadline(); ok {
		fmt.Fprintf(&s.out, " next look in %s", due.Sub(s.now()))
	}
	return s.out.String() + "\n"
}

func policy(t *testing.T, d *datadriven.TestData) activation.Policy {
	p := activation.Policy{OnConnect: !d.HasArg("never")}
	for _, a := range d.CmdArgs {
		if a.Key == "idle" {
			span, err := time.ParseDuration(a.Vals[0])
			if err != nil {
				t.Fatal(err)
			}
			p.IdleTimeout = span
		}
	}
	return p
}

func (s *scenario) replace() {
	text, err := json.Marshal(s.m.Save(s.now(), s.mono))
	if err != nil {
		s.t.Fatal(err)
	}
	var saved activation.Saved
	if err := json.Unmarshal(text, &saved); err != nil {
		s.t.Fatal(err)
	}
	s.base = s.base.Add(-time.Hour)
	s.m = saved.Restore(s.policy, s.now(), s.mono)
}

func (s *scenario) show(effects []activation.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case activation.Watch:
			if s.refuse {
				fmt.Fprintln(&s.out, "watch: refused")
				s.show(s.m.Unwatched(s.facts, "too many open files"))
				continue
			}
			s.watches++
			s.m.Watch = s.watches
			fmt.Fprintln(&s.out, "watch")
		case activation.Forget:
			fmt.Fprintln(&s.out, "forget")
		case activation.Start:
			s.facts.State = process.Starting
			fmt.Fprintln(&s.out, "start")
		case activation.Look:
			fmt.Fprintln(&s.out, "look")
		case activation.Stop:
			s.facts.State = process.Stopping
			fmt.Fprintln(&s.out, "stop")
		case activation.Log:
			fmt.Fprintln(&s.out, "log:", e.Text)
		}
	}
}
