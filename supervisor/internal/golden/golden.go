// Package golden is for tests: it finds the scenarios of a package, text files with steps
// and what each step shows (github.com/cockroachdb/datadriven).
package golden

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
)

// Play plays each file in testdata as a subtest, twice: as it is, and once more with
// handoff set, for a test that saves everything before each step and restores it. Both
// must show the same, so with -rewrite only the first is played.
func Play(t *testing.T, play func(t *testing.T, file string, handoff bool)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios found: ", err)
	}
	rewriting := flag.Lookup("rewrite").Value.String() == "true"
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) { play(t, file, false) })
		if !rewriting {
			t.Run(name+"/handoff", func(t *testing.T) { play(t, file, true) })
		}
	}
}
