//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// unit is the unit of a figure.
type unit string

const (
	ms        unit = "ms"
	us        unit = "µs"
	perSecond unit = "/s"
	mbSecond  unit = "MB/s"
	cpuPerGB  unit = "CPU s/GB"
	cpuMS     unit = "CPU ms/s"
	mib       unit = "MiB"
	count     unit = ""
)

// bound is what a row has to reach: at most (or at least) a multiple of the limit or of
// the oracle's figure, or a plain figure.
type bound struct {
	given, atLeast bool

	value float64
	of    string // "limit", "oracle" or ""
}

func atMost(v float64, of string) bound  { return bound{given: true, value: v, of: of} }
func atLeast(v float64, of string) bound { return bound{given: true, atLeast: true, value: v, of: of} }

func (b bound) String() string {
	if !b.given {
		return "–"
	}
	s := "≤ "
	if b.atLeast {
		s = "≥ "
	}
	if v := strconv.FormatFloat(b.value, 'g', 4, 64); b.of != "" {
		return s + v + " × " + b.of
	} else {
		return s + v
	}
}

// Row is one line of the table: one figure of one scenario.
type Row struct {
	Scenario string  `json:"scenario"`
	Figure   string  `json:"figure"`
	Unit     unit    `json:"unit,omitempty"`
	Ours     float64 `json:"ours"`
	Oracle   float64 `json:"oracle,omitempty"` // 0: not measured
	Limit    float64 `json:"limit,omitempty"`  // 0: there is none
	LimitIs  string  `json:"limit_is,omitempty"`
	Bound    string  `json:"bound"`
	// Met is nil if there is no bound, or if what it refers to was not measured.
	Met  *bool  `json:"met,omitempty"`
	Note string `json:"note,omitempty"`
	// Timeless is true where the outcome does not depend on how fast the machine is;
	// -short fails if such a row is not met.
	Timeless bool `json:"timeless,omitempty"`

	bound bound
}

// judge fills in Bound and Met.
func (r *Row) judge() {
	r.Bound = r.bound.String()
	if !r.bound.given {
		return
	}
	want := r.bound.value
	switch other := (map[string]float64{"limit": r.Limit, "oracle": r.Oracle})[r.bound.of]; {
	case r.bound.of != "" && other == 0:
		return
	case r.bound.of != "":
		want *= other
	}
	met := r.Ours <= want
	if r.bound.atLeast {
		met = r.Ours >= want
	}
	r.Met = &met
}

func (r *Row) missed() bool { return r.Met != nil && !*r.Met }

var heads = []string{"scenario", "figure", "ours", "limit", "oracle", "ours/limit", "ours/oracle", "required", "met", "note"}

func (r *Row) cells() []string {
	met := "–"
	if r.Met != nil {
		met = "yes"
		if !*r.Met {
			met = "**no**"
		}
	}
	figure := r.Figure
	if r.Unit != count {
		figure += ", " + string(r.Unit)
	}
	limit := number(r.Limit)
	if r.LimitIs != "" && r.Limit != 0 {
		limit += " " + r.LimitIs
	}
	ours := number(r.Ours)
	if r.Ours == 0 {
		ours = "0"
	}
	return []string{
		r.Scenario, figure, ours, limit, number(r.Oracle), ratio(r.Ours, r.Limit), ratio(r.Ours, r.Oracle), r.Bound, met, r.Note,
	}
}

// number formats v with three significant digits, or as a dash if nothing was measured.
func number(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
}

func ratio(a, b float64) string {
	if b == 0 {
		return "–"
	}
	return strconv.FormatFloat(a/b, 'g', 3, 64)
}

func printText(w io.Writer, rows []*Row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(heads, "\t"))
	for _, r := range rows {
		fmt.Fprintln(t, strings.ReplaceAll(strings.Join(r.cells(), "\t"), "**", ""))
	}
	t.Flush()
}

// markdown returns the table as docs/performance.md shows it.
func markdown(rows []*Row) string {
	var s strings.Builder
	line := func(cells []string) { s.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(heads)
	s.WriteString(strings.Repeat("| --- ", len(heads)) + "|\n")
	last := ""
	for _, r := range rows {
		cells := r.cells()
		if r.Scenario == last {
			cells[0] = ""
		}
		last = r.Scenario
		line(cells)
	}
	return s.String()
}
