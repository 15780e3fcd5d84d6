package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wantMutations is the minimum number of rows.
const wantMutations = 30

// TestMutationsApply keeps the tables from going stale: each row's text must still be
// found, and its script must exist.
func TestMutationsApply(t *testing.T) {
	all := mutations()
	if len(all) < wantMutations {
		t.Errorf("%d mutations, want %d", len(all), wantMutations)
	}
	seen := map[string]bool{}
	for _, m := range all {
		if seen[m.name] || strings.ContainsAny(m.name, " /") {
			t.Errorf("the name %q occurs twice, or is no file name", m.name)
		}
		seen[m.name] = true
		text, err := os.ReadFile(filepath.Join("../..", m.file))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := m.apply(string(text)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat("../scripts/" + m.script + ".txtar"); err != nil {
			t.Errorf("%s: there is no script %s", m.name, m.script)
		}
	}
}
