package order

import (
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// Steps of the scenarios:
//
//	graph, dot                    the order as text
//	analyze                       what took how long; each line is NAME STARTED READY,
//	                              in seconds, then healthy=… ended=…

func init() {
	steps["graph"] = func(_ *testing.T, s *scenario, _ *datadriven.TestData) { s.out.WriteString(s.graph().Tree()) }
	steps["dot"] = func(_ *testing.T, s *scenario, _ *datadriven.TestData) { s.out.WriteString(s.graph().DOT()) }
	steps["analyze"] = func(t *testing.T, s *scenario, d *datadriven.TestData) {
		s.out.WriteString(Analyze(s.graph(), parseTimes(t, d.Input)).String())
	}
}

// graph returns the order of all processes.
func (s *scenario) graph() Graph {
	var specs []Spec
	var needs [][]Need
	for _, p := range s.procs {
		specs, needs = append(specs, p.spec), append(needs, p.Needs)
	}
	return GraphOf(specs, needs)
}

func parseTimes(t *testing.T, text string) map[string]Times {
	times := map[string]Times{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		p := Times{Never, Never, Never, Never}
		for i, word := range words[1:] {
			key, value, ok := strings.Cut(word, "=")
			if !ok {
				key, value = []string{"started", "ready"}[i], word
			}
			at, err := time.ParseDuration(value + "s")
			if err != nil {
				t.Fatal(err)
			}
			*map[string]*time.Duration{"started": &p.Started, "ready": &p.Ready, "healthy": &p.Healthy, "ended": &p.Ended}[key] = at
		}
		times[words[0]] = p
	}
	return times
}
