package compat

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/diff"
)

var (
	randomSeed  = flag.Uint64("random.seed", 1, "TestRandom: the first seed")
	randomCount = flag.Int("random.count", 8, "TestRandom: how many seeds, if no time is given")
	randomFor   = flag.Duration("random.for", 0, "TestRandom: begin new seeds for this long")
	randomPairs = flag.Int("random.pairs", 6, "TestRandom: how many pairs of daemons at a time")
	randomKeep  = flag.String("random.keep", "", "TestRandom: directory for the scripts of disagreements, shrunk")
)

// TestRandom runs the same random scenarios on our daemon and on the oracle and compares
// all that can be seen after each act. A repeatable disagreement is shrunk and printed as
// a script. See the package comment.
func TestRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("real daemons, and the oracle is slow: not in -short")
	}
	if oracle.daemon == "" {
		t.Skip("nothing to compare with: ", oracle.why)
	}
	t.Parallel()
	var next atomic.Uint64
	next.Store(*randomSeed)
	begun, acts, unsteady := time.Now(), atomic.Int64{}, atomic.Int64{}
	more := func() (uint64, bool) {
		seed := next.Add(1) - 1
		if *randomFor > 0 {
			return seed, time.Since(begun) < *randomFor
		}
		return seed, seed < *randomSeed+uint64(*randomCount)
	}
	var all sync.WaitGroup
	for range *randomPairs {
		all.Go(func() {
			for seed, ok := more(); ok; seed, ok = more() {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					sc := newScenario(seed)
					acts.Add(int64(len(sc.acts)))
					if !sc.agree(t) {
						unsteady.Add(1)
					}
				})
			}
		})
	}
	all.Wait()
	t.Logf("seeds from %d on: %d acts in %.0f s, disagreements that did not come again: %d",
		*randomSeed, acts.Load(), time.Since(begun).Seconds(), unsteady.Load())
}

// agree plays the scenario and fails the test if the two sides disagree and do so twice
// more; it returns false for a disagreement that does not appear again.
func (s *scenario) agree(t *testing.T) bool {
	first := s.disagreement(t)
	if first == nil {
		return true
	}
	var again []*disagreement
	for n := 0; n < 3 && len(again) < 2; n++ {
		if d := s.disagreement(t); d != nil && d.fact == first.fact {
			again = append(again, d)
		}
	}
	if len(again) < 2 {
		t.Logf("seed %d: a disagreement in fact %d that did not come again\n%s", s.seed, first.fact, first.text)
		return false
	}
	small, d := s.shrink(t, again[1])
	t.Errorf("seed %d: the two disagree in fact %d:\n%s\nshrunk from %d acts to %d, in fact %d of\n%s\n%s",
		s.seed, first.fact, first.text, len(s.acts), len(small.acts), d.fact, small.text(), d.text)
	small.keep(t)
	return true
}

func (s *scenario) keep(t *testing.T) {
	if *randomKeep == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*randomKeep, fmt.Sprintf("seed_%d.txtar", s.seed)), s.text(), 0o666); err != nil {
		t.Error(err)
	}
}

// disagreement is the first fact in which the two sides differ.
type disagreement struct {
	fact int // index in script.facts: 0 is the setup, 1 the start
	text string
}

// disagreement plays the scenario on both sides, each with its own supervisorctl.
func (s *scenario) disagreement(t *testing.T) (d *disagreement) {
	t.Run("play", func(t *testing.T) {
		sc, err := readScript(fmt.Sprintf("seed_%d", s.seed), "", s.text())
		if err != nil {
			t.Fatal(err)
		}
		var got, want result
		var both sync.WaitGroup
		both.Go(func() { got = play(t, sc, ours, ours) })
		both.Go(func() { want = play(t, sc, oracle, oracle) })
		both.Wait()
		ourFacts, theirFacts := got.all(), want.all()
		for i := range max(len(ourFacts), len(theirFacts)) {
			our, their := "(not reached)", "(not reached)"
			if i < len(ourFacts) {
				our = ourFacts[i]
			}
			if i < len(theirFacts) {
				their = theirFacts[i]
			}
			if our != their || strings.Contains(our, "TIMEOUT") || our == cannotGoOn {
				d = &disagreement{i, string(diff.Diff("oracle", []byte(their), "ours", []byte(our)))}
				if i > 0 {
					d.text = "before, on both sides:\n" + ourFacts[i-1] + d.text
				}
				if got.err != nil || want.err != nil {
					d.text += fmt.Sprintf("oracle: %v\nours: %v\n", want.err, got.err)
				}
				return
			}
		}
	})
	return d
}

const cannotGoOn = "cannot go on\n"

// all returns the texts of the facts, and a last one if the play could not go on.
func (r result) all() []string {
	if r.err != nil {
		return append(r.facts, cannotGoOn)
	}
	return r.facts
}
