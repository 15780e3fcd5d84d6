package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// row is a line of docs/conformance.md.
type row struct {
	id, what, tests, result string
	skipped                 bool // a test that shows it did not run, or without upstream
}

// rowLine has an anchor before the number: conformance.md#fact-175 is fact 175.
var rowLine = regexp.MustCompile(`(?m)^\| <a id="fact-\S+"></a>(\d\S*) \| (.*) \| (.*) \| (.*) \|$`)

// readRows parses the table of a page.
func readRows(text string) []row {
	var rows []row
	for _, m := range rowLine.FindAllStringSubmatch(text, -1) {
		rows = append(rows, row{id: m[1], what: m[2], tests: m[3], result: m[4]})
	}
	return rows
}

// makeRows combines what is known of each fact. With a nil res the results are left open.
func makeRows(facts []fact, cites map[string][]cite, res results) ([]row, error) {
	var rows []row
	known := map[string]bool{}
	for _, f := range facts {
		known[f.id] = true
		here := slices.SortedFunc(slices.Values(cites[f.id]), func(a, b cite) int { return strings.Compare(a.test, b.test) })
		var names []string
		live := false
		for _, c := range here {
			names, live = append(names, "`"+c.test+"`"), live || c.live
		}
		if live && f.reason != "" {
			return nil, fmt.Errorf("fact %s is compared, so facts.txt must not say that it cannot be", f.id)
		}
		r := row{id: f.id, what: f.what, tests: strings.Join(names, ", ")}
		if res != nil {
			r.result, r.skipped = f.result(here, res)
			if f.note != "" {
				r.result += "; " + f.note
			}
		}
		rows = append(rows, r)
	}
	for id, c := range cites {
		if !known[id] {
			return nil, fmt.Errorf("%s shows fact %s, which is not in facts.txt", c[0].test, id)
		}
	}
	return rows, nil
}

// result returns a word for how well a fact is shown, and whether a test did not run, or
// ran without upstream, and therefore showed less.
func (f fact) result(cites []cite, res results) (word string, skipped bool) {
	live, own, recorded := false, false, false
	var rows []string
	for _, c := range cites {
		shown := res.get(c.test + " " + f.id)
		if !c.live && !shown.ran && !shown.failed { // cited by its name
			shown = res.get(c.test)
		}
		switch {
		case shown.failed || res.get(c.test).failed:
			return "FAILED", false
		case !shown.ran:
			skipped = true
		case shown.live:
			live = true
			for _, r := range c.rows {
				if !slices.Contains(rows, r) {
					rows = append(rows, r)
				}
			}
		case c.live:
			recorded = true
		default:
			own = true
		}
	}
	return f.word(live, own, recorded, rows, skipped), skipped || recorded
}

// word returns the result of a fact whose tests did not fail.
func (f fact) word(live, own, recorded bool, rows []string, skipped bool) string {
	switch {
	case live && len(rows) > 0:
		return "as upstream but for " + strings.Join(rows, ", ")
	case live:
		return "as upstream"
	case recorded:
		return "as recorded"
	case f.reason != "" && own:
		return "ours; no comparison: " + f.reason
	case f.reason != "":
		return "no comparison: " + f.reason
	case own && f.kind != "live":
		return "ours (" + f.kind + ")"
	case own:
		return "MISSING (ours only)"
	case skipped:
		return "MISSING (skipped)"
	case f.kind == "advice":
		return "advice"
	}
	return "MISSING"
}

const head = `# Conformance

How each fact of the compatibility checklist is known to hold. Written by ` + "`go run ./compat-tests/conformance`" + ` from a run of all tests; nothing
here is entered by hand. A test is a script of ` + "`compat-tests/scripts`" + `, played on our daemon and on Supervisor 4.2.5 at the same time, or a Go
test, by package. Where Supervisor uses Python's own modules as they are, that may be compared with those.

- as upstream: compared with Supervisor as it ran, and equal. *but for ROW* names rows of [compat.md](compat.md): each side gave its own text.
- ours: a test of ours shows it. That is enough for what upstream does wrong (fix), for differences of its versions, and for advice.
- no comparison: why upstream cannot be compared here.
- MISSING: owed. A skipped test counts as missing.

`

// write writes the page: how many facts have each result, then the table.
func write(rows []row) error {
	var b strings.Builder
	b.WriteString(head)
	count := map[string]int{}
	for _, r := range rows {
		kind, _, _ := strings.Cut(r.result, ";")
		for _, k := range []string{"as upstream", "as recorded", "ours", "no comparison", "MISSING", "FAILED"} {
			if strings.HasPrefix(kind, k) {
				count[k]++
			}
		}
	}
	fmt.Fprintf(&b, "%d rows: %d as upstream, %d ours, %d no comparison, %d missing, %d failed, %d recorded only.\n\n", len(rows),
		count["as upstream"], count["ours"], count["no comparison"], count["MISSING"], count["FAILED"], count["as recorded"])
	b.WriteString("| number | what | tests | result |\n| --- | --- | --- | --- |\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| <a id=\"fact-%s\"></a>%s | %s | %s | %s |\n", r.id, r.id, r.what, r.tests, r.result)
	}
	return os.WriteFile(page, []byte(b.String()), 0o644)
}
