package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

//go:embed facts.txt
var factsText string

// fact is a line of facts.txt.
type fact struct {
	id     string
	kind   string // live, fix, version, advice
	what   string
	note   string
	reason string // why it cannot be compared
}

var factLine = regexp.MustCompile(`^(\d+[A-Z]?(?:\.\d+)?) +(live|fix|version|advice) +(.+)$`)

const lastFact = 316

// readFacts reads facts.txt, which must contain each number exactly once.
func readFacts(text string) ([]fact, error) {
	var facts []fact
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		m := factLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("facts.txt: cannot read %q", line)
		}
		f := fact{id: m[1], kind: m[2]}
		f.what, f.note, _ = strings.Cut(m[3], " | ")
		if reason, ok := strings.CutPrefix(f.note, "no comparison: "); ok {
			f.note, f.reason = "", reason
		}
		if len(f.what) > 100 || seen[f.id] {
			return nil, fmt.Errorf("facts.txt: %s is there twice, or longer than 100 characters", f.id)
		}
		facts, seen[f.id] = append(facts, f), true
	}
	for n := 1; n <= lastFact; n++ {
		if !seen[strconv.Itoa(n)] {
			return nil, fmt.Errorf("facts.txt: there is no fact %d", n)
		}
	}
	return facts, nil
}
