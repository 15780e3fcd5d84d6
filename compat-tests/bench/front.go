//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What docs/performance.md begins with, eight rows and a picture, is drawn from the table
// that the page holds: -o does so after it has written the table, -draw without measuring
// anything, and a test compares.

// The lines before and after the drawn part.
const (
	frontBegin = "<!-- front: go run ./compat-tests/bench -draw -o docs/performance.md -->\n"
	frontEnd   = "<!-- end of the front -->\n"
)

// notice is one of the rows that people notice first.
type notice struct {
	scenario, figure string // where it stands in the table
	text             string
}

var notices = []notice{
	{"boot of 1000 programs", "time, ms", "1,000 programs are up"},
	{"kill -9 of one of 350, to its successor's first instruction", "p50, µs", "a program that was killed runs again"},
	{"stopAllProcesses and startAllProcesses, 1000 programs", "stop, ms", "1,000 programs are stopped"},
	{"getAllProcessInfo, 1000 programs", "time of a call, ms", "the states of 1,000 programs, over XML-RPC"},
	{"supervisorctl status", "CPU, 10 programs, ms", "`supervisorctl status`, CPU"},
	{"remote events to a listener", "rate, /s", "events to a listener"},
	{"log capture, writes of 100 bytes", "CPU, CPU s/GB", "output in lines of 100 bytes, CPU"},
	{"memory with 1000 running programs", "PSS, MiB", "memory with 1,000 programs"},
}

// entry is a row of the table, read back.
type entry struct {
	scenario, figure string
	ours, oracle     float64 // 0: not measured
	better           int     // 1: more is better; -1: less is; 0: unknown. The bound says so
}

// unit is what stands behind the last comma of the figure.
func (e *entry) unit() string { return e.figure[strings.LastIndex(e.figure, ", ")+2:] }

// times is how many times better ours is.
func (e *entry) times() float64 {
	if e.better > 0 {
		return e.ours / e.oracle
	}
	return e.oracle / e.ours
}

// entries reads the table of a page.
func entries(page string) (all []entry, err error) {
	_, rest, ok := strings.Cut(page, tableBegin)
	table, _, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		return nil, errors.New("the page has no table")
	}
	scenario := ""
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != len(heads) || strings.Contains(cells[0], "---") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[0] == heads[0] {
			continue
		}
		if cells[0] != "" {
			scenario = cells[0]
		}
		e := entry{scenario: scenario, figure: cells[1], better: map[string]int{"≥": 1, "≤": -1}[strings.Fields(cells[7])[0]]}
		if e.ours, err = figure(cells[2]); err == nil {
			e.oracle, err = figure(cells[4])
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the row %s, %s: %w", scenario, e.figure, err)
		}
		all = append(all, e)
	}
	return all, nil
}

func figure(cell string) (float64, error) {
	if cell == "–" {
		return 0, nil
	}
	return strconv.ParseFloat(cell, 64)
}

// noticed returns the rows of the table that people notice first, with their texts.
func noticed(all []entry) (rows []entry, texts []string) {
	for _, n := range notices {
		for _, e := range all {
			if e.scenario == n.scenario && e.figure == n.figure && e.oracle > 0 && e.better != 0 {
				rows, texts = append(rows, e), append(texts, n.text)
			}
		}
	}
	return rows, texts
}

// front returns the part of the page before the table.
func front(all []entry) string {
	var s strings.Builder
	s.WriteString("\n| | reeve | Supervisor | better by |\n| --- | --- | --- | --- |\n")
	rows, texts := noticed(all)
	for i, e := range rows {
		fmt.Fprintf(&s, "| %s | %s | %s | %s |\n", texts[i], human(e.ours, e.unit()), human(e.oracle, e.unit()), factor(&e))
	}
	s.WriteString("\n![How many times better each figure is than Supervisor's](performance.svg)\n\n")
	measured, behind := 0, []string{}
	for _, e := range all {
		if e.oracle == 0 || e.better == 0 {
			continue
		}
		measured++
		if e.times() < 1 {
			behind = append(behind, fmt.Sprintf("%s: %s (%s, Supervisor %s)", e.scenario, strings.TrimSuffix(e.figure, ", "+e.unit()),
				human(e.ours, e.unit()), human(e.oracle, e.unit())))
		}
	}
	fmt.Fprintf(&s, "Of the %d figures of the full table that both have, %d are better than Supervisor's.", measured, measured-len(behind))
	if len(behind) > 0 {
		s.WriteString(" Not so:\n\n- " + strings.Join(behind, "\n- "))
	}
	return s.String() + "\n\n"
}

// human formats a figure with its unit, in three digits.
func human(v float64, unit string) string {
	switch unit {
	case "µs", "ms":
		seconds := v / map[string]float64{"µs": 1e6, "ms": 1e3}[unit]
		switch {
		case seconds >= 1:
			return number(seconds) + " s"
		case seconds >= 1e-3:
			return number(seconds*1e3) + " ms"
		}
		return number(seconds*1e6) + " µs"
	case "CPU s/GB":
		return number(v) + " s/GB"
	case "CPU ms/s":
		return number(v) + " ms/s"
	case "/s":
		return thousands(v) + "/s"
	case "MiB", "MB/s":
		return number(v) + " " + unit
	}
	return strings.TrimSuffix(number(v), ".0") // a count
}

// thousands formats a number with commas.
func thousands(v float64) string {
	s := number(v)
	if whole, _, cut := strings.Cut(s, "."); !cut {
		for i := len(whole) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
	}
	return s
}

func factor(e *entry) string {
	v := e.times()
	if v >= 10 {
		return thousands(v) + " times"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " times"
}

// draw draws what is before the table of a page, and the picture beside it.
func draw(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, svg, err := drawn(string(page))
	if err != nil {
		return fmt.Errorf("cannot draw %s: %w", path, err)
	}
	return errors.Join(os.WriteFile(path, []byte(text), 0o644), os.WriteFile(pictureOf(path), []byte(svg), 0o644))
}

func pictureOf(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".svg" }

// drawn returns the page as it should be, and its picture.
func drawn(page string) (text, svg string, err error) {
	before, rest, ok := strings.Cut(page, frontBegin)
	_, after, ok2 := strings.Cut(rest, frontEnd)
	if !ok || !ok2 {
		return "", "", fmt.Errorf("it has no lines %q and %q", frontBegin, frontEnd)
	}
	all, err := entries(page)
	if err != nil {
		return "", "", err
	}
	return before + frontBegin + front(all) + frontEnd + after, picture(noticed(all)), nil
}
