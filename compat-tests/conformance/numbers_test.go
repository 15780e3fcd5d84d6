package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// cited finds the facts that a comment or a page cites: "fact 175", "facts 118-123",
// "checklist 6A, 190".
var (
	cited    = regexp.MustCompile(`\b(?:facts?|checklist) (\d+[A-Z]?(?:\.\d+)?(?:(?:, |-| and )\d+[A-Z]?(?:\.\d+)?)*)`)
	oneFact  = regexp.MustCompile(`\d+[A-Z]?(?:\.\d+)?`)
	betweens = regexp.MustCompile(`(\d+)-(\d+)`)
)

// TestCitedFactsExist checks that each number that code or a page cites is in
// docs/conformance.md.
func TestCitedFactsExist(t *testing.T) {
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range readRows(string(text)) {
		known[r.id] = true
		known[strings.TrimRight(r.id, ".0123456789")] = true // 3B of 3B.1
	}
	places := 0
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return fs.SkipDir
		case filepath.Ext(path) != ".go" && filepath.Ext(path) != ".md", strings.HasPrefix(d.Name(), "random_"):
			return nil // in random_*.go the facts are those of a generated scenario
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range cited.FindAllStringSubmatch(string(text), -1) {
			places++
			for _, id := range factsOf(m[1]) {
				if !known[id] {
					t.Errorf("%s cites %q: there is no fact %s", path, m[0], id)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if places == 0 {
		t.Error("nothing is cited anywhere: the pattern is wrong")
	}
}

// factsOf expands a list such as "6A, 118-121".
func factsOf(list string) []string {
	ids := oneFact.FindAllString(list, -1)
	for _, m := range betweens.FindAllStringSubmatch(list, -1) {
		first, _ := strconv.Atoi(m[1])
		last, _ := strconv.Atoi(m[2])
		for n := first + 1; n < last; n++ {
			ids = append(ids, strconv.Itoa(n))
		}
	}
	return ids
}
