package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// event is a line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output, Key, Value string
}

// outcome is the result of a test, or of all its comparisons of one fact.
type outcome struct {
	ran, failed bool
	live        bool // upstream ran in it
}

func (o *outcome) add(action string, live bool) {
	o.ran = o.ran || action == "pass"
	o.failed = o.failed || action == "fail"
	o.live = o.live || live && action == "pass"
}

// results are those of a run, by test as in cites, or by test, a space and the fact where
// the test reported by an attribute that it shows it.
type results map[string]*outcome

func (r results) get(key string) *outcome {
	if r[key] == nil {
		r[key] = &outcome{}
	}
	return r[key]
}

// claim is an attribute of a test that has not ended yet.
type claim struct {
	id   string
	live bool
}

// closing matches the lines that go test always prints about a package.
var closing = regexp.MustCompile(`^(ok  |\?   |FAIL)\t`)

// readResults reads the output of go test -json and writes what go test would have
// printed without -v.
func readResults(in io.Reader, out io.Writer) (results, error) {
	res := results{}
	claims := map[string][]claim{}        // by package and test
	said := map[string]*strings.Builder{} // by package and test, or package and nothing
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		top, _, _ := strings.Cut(e.Test, "/")
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "output":
			if e.Test == "" && closing.MatchString(e.Output) {
				fmt.Fprint(out, e.Output)
				continue
			}
			if said[key] == nil {
				said[key] = &strings.Builder{}
			}
			if !strings.HasPrefix(e.Output, "=== ") {
				said[key].WriteString(e.Output)
			}
		case "attr":
			if e.Key == "upstream" || e.Key == "checklist" {
				for id := range strings.FieldsSeq(e.Value) {
					claims[key] = append(claims[key], claim{id, e.Key == "upstream"})
				}
			}
		case "pass", "fail", "skip":
			name := citedName(e.Package, e.Test)
			for _, c := range claims[key] {
				res.get(name+" "+c.id).add(e.Action, c.live)
			}
			if e.Test != "" && e.Test == top {
				res.get(name).add(e.Action, false)
			}
			if e.Action == "fail" && said[key] != nil {
				fmt.Fprint(out, said[key])
			}
			delete(said, key)
		}
	}
	return res, lines.Err()
}

// citedName returns the name that cites have for the test of an event.
func citedName(pkg, test string) string {
	if script, ok := strings.CutPrefix(test, "TestScripts/"); ok {
		script, _, _ = strings.Cut(script, "/")
		return "scripts/" + script
	}
	top, _, _ := strings.Cut(test, "/")
	return strings.TrimPrefix(pkg, "reeve/") + " " + top
}
