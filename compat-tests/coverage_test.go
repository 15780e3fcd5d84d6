package compat

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFactsAreKnown checks that scripts name only facts of conformance/facts.txt, so that
// docs/conformance.md can show them.
func TestFactsAreKnown(t *testing.T) {
	scripts, err := loadScripts()
	if err != nil {
		t.Fatal(err)
	}
	known, err := os.ReadFile("conformance/facts.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scripts {
		for _, f := range s.facts {
			for _, id := range f.ids {
				if !strings.Contains(string(known), "\n"+id+" ") {
					t.Errorf("%s: there is no fact %s", s.file, id)
				}
			}
		}
	}
}

// TestRecordingsSaySomething refuses comparisons that cannot fail: a fact under which
// nothing was shown, or a recording of a script or fact that no longer exists.
func TestRecordingsSaySomething(t *testing.T) {
	scripts, err := loadScripts()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, s := range scripts {
		known[s.recording()] = true
		want, err := s.readRecording()
		if err != nil {
			t.Error(err)
			continue
		}
		for i, f := range s.facts {
			if len(f.ids) > 0 && !strings.Contains("\n"+want.facts[i], "\n  ") {
				t.Errorf("%s: nothing is compared under %q", s.recording(), f.name())
			}
			for _, st := range f.steps {
				if _, ok := s.expected("theirs", st.key); st.differs != "" && st.only == "" && !ok {
					t.Errorf("%s has no theirs/%s: run with -update", s.file, st.key)
				}
			}
		}
	}
	files, err := filepath.Glob("transcripts/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("%s belongs to no script", file)
		}
	}
}

var rowLine = regexp.MustCompile(`(?m)^\| ([a-z0-9-]+) \|.*\| ([^|]+) \|$`)

// TestDifferencesHaveRows checks that each difference in a script is a row of
// docs/compat.md, and that each row names a script that shows it or a test.
func TestDifferencesHaveRows(t *testing.T) {
	text, err := os.ReadFile("../docs/compat.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string][]string{} // row to scripts
	scripts, err := loadScripts()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scripts {
		for _, f := range s.facts {
			for _, st := range f.steps {
				if st.differs != "" {
					shown[st.differs] = append(shown[st.differs], s.name)
				}
			}
		}
	}
	goTests, err := testSources("..")
	if err != nil {
		t.Fatal(err)
	}
	rows, owed := map[string]bool{}, []string{}
	for _, m := range rowLine.FindAllStringSubmatch(string(text), -1) {
		row, test := m[1], m[2]
		if row == "row" || row == "---" {
			continue
		}
		if rows[row] {
			t.Errorf("docs/compat.md has the row %s twice", row)
		}
		rows[row] = true
		switch {
		case test == "–":
			owed = append(owed, row)
		case slices.Contains(shown[row], test):
		case strings.HasPrefix(test, "Test") && strings.Contains(goTests, "func "+test+"("):
		default:
			t.Errorf("row %s: no script or test %q shows it", row, test)
		}
	}
	for row, names := range shown {
		if !rows[row] {
			t.Errorf("script %s: docs/compat.md has no row %s", names[0], row)
		}
	}
	t.Logf("%d rows; %d tests owed: %s", len(rows), len(owed), strings.Join(owed, " "))
}

// testSources returns the text of all Go tests of the module.
func testSources(root string) (string, error) {
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	})
	return all.String(), err
}
