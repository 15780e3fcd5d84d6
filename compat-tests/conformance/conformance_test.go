package main

import (
	"os"
	"strings"
	"testing"
)

// TestPageIsCurrent checks that docs/conformance.md lists every number with the tests
// that show it and no others, that no test is missing, and that the table can be read
// back. CI checks the results.
func TestPageIsCurrent(t *testing.T) {
	facts, err := readFacts(factsText)
	if err != nil {
		t.Fatal(err)
	}
	cites, err := findCites("../..")
	if err != nil {
		t.Fatal(err)
	}
	want, err := makeRows(facts, cites, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	got := readRows(string(text))
	if len(got) != len(want) {
		t.Fatalf("%s has %d rows, facts.txt %d", page, len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.id != w.id || g.what != w.what || g.tests != w.tests {
			t.Errorf("%s has\n%s %s: %s\nwant\n%s %s: %s", page, g.id, g.what, g.tests, w.id, w.what, w.tests)
		}
		if strings.HasPrefix(g.result, "FAILED") || strings.HasPrefix(g.result, "MISSING") || g.result == "as recorded" || g.result == "" {
			t.Errorf("%s: fact %s is %q", page, g.id, g.result)
		}
	}
	if t.Failed() {
		t.Log("write it again: go run ./compat-tests/conformance")
	}
}

// TestResultWords reads the events of a run and checks the word that each kind of fact
// gets.
func TestResultWords(t *testing.T) {
	const run = `
{"Action":"output","Package":"reeve/a","Test":"TestX","Output":"told of a pass\n"}
{"Action":"attr","Package":"reeve/a","Test":"TestX/sub","Key":"upstream","Value":"1 2"}
{"Action":"pass","Package":"reeve/a","Test":"TestX/sub"}
{"Action":"pass","Package":"reeve/a","Test":"TestX"}
{"Action":"skip","Package":"reeve/a","Test":"Test003Skipped"}
{"Action":"pass","Package":"reeve/a","Test":"Test004Own"}
{"Action":"attr","Package":"reeve/compat-tests","Test":"TestScripts/s/ours/5_x","Key":"upstream","Value":"5 6"}
{"Action":"pass","Package":"reeve/compat-tests","Test":"TestScripts/s/ours/5_x"}
{"Action":"attr","Package":"reeve/compat-tests","Test":"TestScripts/s/our_ctl/5_x","Key":"upstream","Value":"6"}
{"Action":"output","Package":"reeve/compat-tests","Test":"TestScripts/s/our_ctl/5_x","Output":"told of a failure\n"}
{"Action":"fail","Package":"reeve/compat-tests","Test":"TestScripts/s/our_ctl/5_x"}
{"Action":"attr","Package":"reeve/compat-tests","Test":"TestScripts/s/ours/7_x","Key":"checklist","Value":"7"}
{"Action":"pass","Package":"reeve/compat-tests","Test":"TestScripts/s/ours/7_x"}
{"Action":"fail","Package":"reeve/compat-tests","Test":"TestScripts"}
{"Action":"output","Package":"reeve/a","Output":"ok  \treeve/a\t0.1s\n"}
`
	var out strings.Builder
	res, err := readResults(strings.NewReader(strings.TrimSpace(run)), &out)
	if err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "told of a failure\nok  \treeve/a\t0.1s\n" {
		t.Errorf("printed %q", got)
	}
	x, s := cite{test: "a TestX", live: true}, cite{test: "scripts/s", live: true, rows: []string{"row"}}
	for _, c := range []struct {
		fact fact
		cite cite
		want string
	}{
		{fact{id: "1", kind: "live"}, x, "as upstream"},
		{fact{id: "3", kind: "live"}, cite{test: "a Test003Skipped"}, "MISSING (skipped)"},
		{fact{id: "3", kind: "live"}, cite{test: "a TestNotThere"}, "MISSING (skipped)"},
		{fact{id: "4", kind: "live"}, cite{test: "a Test004Own"}, "MISSING (ours only)"},
		{fact{id: "4", kind: "fix"}, cite{test: "a Test004Own"}, "ours (fix)"},
		{fact{id: "4", reason: "why"}, cite{test: "a Test004Own"}, "ours; no comparison: why"},
		{fact{id: "5", kind: "live"}, s, "as upstream but for row"},
		{fact{id: "6", kind: "live"}, s, "FAILED"},
		{fact{id: "7", kind: "live"}, s, "as recorded"},
		{fact{id: "8", kind: "live"}, x, "MISSING (skipped)"},
	} {
		if got, _ := c.fact.result([]cite{c.cite}, res); got != c.want {
			t.Errorf("fact %s by %s: %q, want %q", c.fact.id, c.cite.test, got, c.want)
		}
	}
}
