package supervisor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cockroachdb/datadriven"
)

// stepRoll begins a roll: `roll NAME… [batch=N] [unavailable=N] [surge=N] [wait=SECONDS]`, or
// with `update` and perhaps `revert` one of the configuration, whose names are groups.
func stepRoll(s *scenario, d *datadriven.TestData) {
	o := RollOptions{Batch: 1, MaxUnavailable: 1}
	update := false
	var words []string
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "batch":
			o.Batch = number(d, a.Vals[0])
		case "unavailable":
			o.MaxUnavailable = number(d, a.Vals[0])
		case "surge":
			o.Surge = number(d, a.Vals[0])
		case "wait":
			o.Wait = time.Duration(number(d, a.Vals[0])) * time.Second
		case "revert":
			o.Revert = true
		case "update":
			update = true
		default:
			words = append(words, a.Key)
		}
	}
	if s.config != nil {
		s.resolve(d)
	}
	roller := RollerOf(s.sup)
	s.request("roll", func() string {
		var i RollInfo
		var err error
		if update {
			i, err = roller.Update(context.Background(), words, o)
		} else {
			i, err = roller.Restart(context.Background(), namesOf(words), o)
		}
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d %s", i.ID, i.State)
	})
}

func namesOf(words []string) (names []Name) {
	for _, w := range words {
		group, process, both := strings.Cut(w, ":")
		switch {
		case !both:
			process = group
		case process == "*":
			process = ""
		}
		names = append(names, Name{group, process})
	}
	return names
}

// stepRolls shows all rolls.
func stepRolls(s *scenario, _ *datadriven.TestData) {
	all, err := RollerOf(s.sup).All(context.Background())
	if err != nil {
		s.trace.printf("%v", err)
	}
	for _, i := range all {
		s.trace.printf("roll %d of %s: %s %s", i.ID, strings.Join(i.Groups, ","), i.State, i.Reason)
		for _, m := range i.Members {
			s.trace.printf("  %s %s surge=%v", m.Name, m.Step, m.Surge)
		}
	}
}

// stepAbort aborts a roll: `abort ID [revert]`.
func stepAbort(s *scenario, d *datadriven.TestData) {
	roller, id, revert := RollerOf(s.sup), uint64(number(d, arg(d, 0))), d.HasArg("revert")
	s.request("abort", func() string { return outcome(roller.Abort(context.Background(), id, revert)) })
}

// stepWatch waits for news of a roll: `watch ID SEEN`.
func stepWatch(s *scenario, d *datadriven.TestData) {
	id, seen := uint64(number(d, arg(d, 0))), number(d, arg(d, 1))
	s.across("watch "+arg(d, 0), func(ctx context.Context, sup *Supervisor) string {
		i, err := RollerOf(sup).Wait(ctx, id, seen)
		if err != nil {
			return err.Error()
		}
		var texts []string
		for _, n := range i.Notes[min(seen, len(i.Notes)):] {
			texts = append(texts, n.Text)
		}
		return i.State + " [" + strings.Join(texts, "; ") + "]"
	})
}
