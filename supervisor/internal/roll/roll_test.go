package roll

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/supervisor/internal/golden"
	"reeve/supervisor/process"
)

// TestScenarios plays each file in testdata as it is, and with the roll saved before each
// step and restored. Run with -rewrite to update them.
func TestScenarios(t *testing.T) {
	golden.Play(t, func(t *testing.T, file string, handoff bool) {
		s := &scenario{handoff: handoff, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		datadriven.RunTest(t, file, s.step)
	})
}

type scenario struct {
	handoff bool
	now     time.Time
	roll    *Roll
}

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	if s.handoff && s.roll != nil {
		text, err := json.Marshal(s.roll.Save(s.now, time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		var saved Saved
		if err := json.Unmarshal(text, &saved); err != nil {
			t.Fatal(err)
		}
		s.roll = saved.Restore(s.now, time.Hour)
	}
	var effects []Effect
	var id uint64
	if len(d.CmdArgs) > 0 && s.roll != nil {
		for _, m := range s.roll.Members {
			if m.Name == d.CmdArgs[0].Key {
				id = m.ID
			}
		}
	}
	switch d.Cmd {
	case "roll": // roll [batch=N] [unavailable=N] [wait=TIME] [revert], and a member per line
		effects = s.begin(t, d)
	case "is": // is NAME STATE [up] [comes], and the reason below
		f := factsOf(d.CmdArgs[1].Key, d.HasArg("up"), d.HasArg("comes"))
		f.Reason = d.Input
		effects = s.roll.Changed(s.now, id, f)
	case "replaced": // replaced TURN
		turn, _ := strconv.Atoi(d.CmdArgs[0].Key)
		effects = s.roll.Replaced(s.now, turn)
	case "gone":
		effects = s.roll.Gone(s.now, id)
	case "after":
		wait, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(wait)
		effects = s.roll.Elapsed(s.now)
	case "abort":
		var ok bool
		if effects, ok = s.roll.Abort(s.now, "on request", d.HasArg("revert")); !ok {
			return "not any more\n"
		}
	case "end":
		effects = s.roll.End(d.Input)
	case "finished":
		effects = s.roll.Finished(d.Input)
	case "show":
		return s.show()
	default:
		d.Fatalf(t, "unknown step %s", d.Cmd)
	}
	return s.text(effects)
}

// begin begins a roll. A member is NAME [surge] [STATE].
func (s *scenario) begin(t *testing.T, d *datadriven.TestData) []Effect {
	o := Options{Batch: 1, MaxUnavailable: 1, Wait: 30 * time.Second, Revert: d.HasArg("revert")}
	d.MaybeScanArgs(t, "batch", &o.Batch)
	d.MaybeScanArgs(t, "unavailable", &o.MaxUnavailable)
	var members []Member
	for line := range strings.Lines(d.Input) {
		words := strings.Fields(line)
		m := Member{ID: uint64(len(members) + 1), Name: words[0], Facts: factsOf("RUNNING", true, false)}
		for _, w := range words[1:] {
			if w == "surge" {
				m.Extra, m.Facts = true, Facts{Comes: true}
			} else {
				m.Facts = factsOf(w, false, false)
			}
		}
		members = append(members, m)
	}
	s.roll = New(o, members)
	return s.roll.Begin(s.now)
}

func factsOf(name string, up, comes bool) Facts {
	for _, state := range process.States {
		if state.String() == name {
			return Facts{State: state, Up: up, Comes: comes}
		}
	}
	panic("no such state: " + name)
}

func (s *scenario) text(effects []Effect) string {
	var b strings.Builder
	for _, e := range effects {
		switch e := e.(type) {
		case Note:
			mark := "note"
			if e.Alarm {
				mark = "ALARM"
			}
			fmt.Fprintf(&b, "%s: %s\n", mark, e.Text)
		case Replace:
			fmt.Fprintf(&b, "replace %v turn=%d back=%v", e.IDs, e.Turn, e.Back)
			if e.Off != nil {
				fmt.Fprintf(&b, " off=%v", e.Off)
			}
			b.WriteString("\n")
		default:
			fmt.Fprintf(&b, "%s %v\n", strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", e), "roll.")), e)
		}
	}
	return b.String()
}

func (s *scenario) show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", s.roll.State)
	if at, ok := s.roll.Deadline(); ok {
		fmt.Fprintf(&b, ", %s left", at.Sub(s.now))
	}
	for _, m := range s.roll.Members {
		fmt.Fprintf(&b, "\n%s %s", m.Name, m.Step)
	}
	return b.String() + "\n"
}
