package compat

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	faultRow  = regexp.MustCompile(`(?m)^\|.*\| (\w+) \|$`)
	faultTest = regexp.MustCompile(`(?m)^func (TestHostile\w+)\(`)
	anyTest   = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestFaultsHaveTests checks that each row of docs/faults.md names one test, which exists,
// and that each test of a fault has a row.
func TestFaultsHaveTests(t *testing.T) {
	page, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := testSources("..")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	faults := false // whether this is a table of faults
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| ") {
			faults = false
			continue
		}
		if strings.HasPrefix(line, "| fault ") {
			faults = true
			continue
		}
		if !faults || strings.HasPrefix(line, "| --- ") {
			continue
		}
		row := faultRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil || !strings.Contains(all, "\nfunc "+row[1]+"(") {
			t.Errorf("no test shows this row: %s", line)
			continue
		}
		named[row[1]] = true
	}
	var bed strings.Builder
	files, _ := filepath.Glob("hostile/*_test.go") // not those of its packages: they are about the long run itself
	for _, f := range files {
		bed.WriteString(readFile(f))
	}
	tests := append(faultTest.FindAllStringSubmatch(all, -1), anyTest.FindAllStringSubmatch(bed.String(), -1)...)
	for _, test := range tests {
		if !named[test[1]] && test[1] != "TestMain" {
			t.Errorf("docs/faults.md has no row for %s", test[1])
		}
	}
}

func readFile(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}
