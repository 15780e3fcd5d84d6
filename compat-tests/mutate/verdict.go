package main

import (
	"regexp"
	"strings"
)

// verdict is the result of a mutation.
type verdict struct {
	kind   string
	what   string // the facts that differ, or the script in which they should
	detail string // lines
}

// The kinds, as they are printed.
const (
	caughtIt     = "caught"
	survived     = "SURVIVED"
	notCompared  = "NOT COMPARED" // it failed, but not in a comparison
	doesNotBuild = "DOES NOT BUILD"
	doesNotApply = "DOES NOT APPLY"
)

var (
	// outcome is the line with which go test ends its output about a test.
	outcome = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP): (\S+) `)
	// factName is the name of one fact's comparison, with _ for spaces.
	factName = regexp.MustCompile(`^TestScripts/[^/]+/ours/(.+)$`)
)

// comparison is a fact whose comparison failed, and the output about it.
type comparison struct {
	fact string
	text string
}

// failures finds the failed comparisons in the output of go test.
func failures(out string) []comparison {
	var all []comparison
	within := false
	for line := range strings.Lines(out) {
		m := outcome.FindStringSubmatch(line)
		if m == nil {
			if within {
				all[len(all)-1].text += line
			}
			continue
		}
		name := factName.FindStringSubmatch(m[2])
		if within = m[1] == "FAIL" && name != nil; within {
			all = append(all, comparison{fact: strings.ReplaceAll(name[1], "_", " ")})
		}
	}
	return all
}

// differs reports whether the outputs of the two sides differ. A step that timed out is
// not a difference.
func (c comparison) differs() bool {
	indent := -1
	for line := range strings.Lines(c.text) {
		if header := strings.TrimLeft(line, " "); strings.HasPrefix(header, "--- ") {
			indent = len(line) - len(header)
			continue
		}
		if indent < 0 || len(line) <= indent || strings.TrimLeft(line[:indent], " ") != "" {
			continue
		}
		changed := line[indent:]
		if strings.HasPrefix(changed, "+++ ") || !strings.ContainsAny(changed[:1], "+-") {
			continue
		}
		if said := strings.TrimLeft(changed[1:], " "); !strings.HasPrefix(said, "TIMEOUT") && !strings.HasPrefix(said, "no answer") {
			return true
		}
	}
	return false
}

// judge reads the output of go test about a script that failed.
func judge(out string) verdict {
	var facts []string
	var text strings.Builder
	for _, c := range failures(out) {
		if c.differs() {
			facts = append(facts, c.fact)
			text.WriteString(c.text)
		}
	}
	if facts == nil {
		return verdict{notCompared, "", out}
	}
	return verdict{caughtIt, strings.Join(facts, "; "), text.String()}
}

// ran reports whether a script was played, according to the output of go test -v; it may
// have been skipped.
func ran(out, script string) bool {
	return strings.Contains(out, "--- PASS: TestScripts/"+script+"/ours ")
}
