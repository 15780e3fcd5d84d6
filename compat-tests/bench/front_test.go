//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"
)

// TestPageIsDrawn: what docs/performance.md begins with is what its table says.
func TestPageIsDrawn(t *testing.T) {
	const path, repair = "../../docs/performance.md", "go run ./compat-tests/bench -draw -o docs/performance.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, svg, err := drawn(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if text != string(page) {
		t.Errorf("%s is not as its table says: %s", path, repair)
	}
	if have, err := os.ReadFile(pictureOf(path)); err != nil || string(have) != svg {
		t.Errorf("the picture of %s is not as its table says (%v): %s", path, err, repair)
	}
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
		t.Errorf("the picture is no XML: %v", err)
	}
	all, err := entries(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := noticed(all); len(rows) != len(notices) {
		t.Errorf("the table has %d of the %d rows that the page begins with", len(rows), len(notices))
	}
}

func TestDrawnFromRows(t *testing.T) {
	row := func(n notice, ours, oracle float64, bound string) *Row {
		name, unitOf, _ := strings.Cut(n.figure, ", ")
		return &Row{Scenario: n.scenario, Figure: name, Unit: unit(unitOf), Ours: ours, Oracle: oracle, Bound: bound}
	}
	rows := []*Row{
		row(notices[0], 741, 5692, "≤ 1.3 × limit"),
		row(notice{scenario: notices[0].scenario, figure: "CPU, ms"}, 353, 0, "–"),
		row(notices[5], 45660, 7054, "≥ 5 × oracle"),
		row(notices[1], 2.02e6, 1.01e6, "≤ 3 × limit"),
		row(notice{scenario: "other", figure: "rate, MB/s"}, 165, 175, "≥ 1 × oracle"),
	}
	page := "# P\n" + frontBegin + "old\n" + frontEnd + "\n" + tableBegin + "\n" + markdown(rows) + "\n" + tableEnd + "end\n"
	text, svg, err := drawn(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 1,000 programs are up | 741 ms | 5.69 s | 7.7 times |\n", "| a program that was killed runs again | 2.02 s | 1.01 s | 0.5 times |\n",
		"| events to a listener | 45,660/s | 7,054/s | 6.5 times |\n", "Of the 4 figures of the full table that both have, 2 are better than Supervisor's. Not so:\n",
		"\n- other: rate (165 MB/s, Supervisor 175 MB/s)\n", frontEnd + "\n" + tableBegin,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "old\n") || strings.Count(svg, "<rect") != 3 || !strings.Contains(svg, ">7.7 ×<") || !strings.Contains(svg, `width="0"`) ||
		strings.Contains(svg, "%!") {
		t.Errorf("the picture is %s", svg)
	}
	for _, broken := range []string{"", "# P\n" + frontBegin + frontEnd, strings.Replace(page, "| 741 |", "| x |", 1)} {
		if _, _, err := drawn(broken); err == nil {
			t.Errorf("no error for %.60q", broken)
		}
	}
}
