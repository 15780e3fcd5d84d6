package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"reeve/config"
	"reeve/config/pytext"
)

// Values are printed on standard output, as a configuration that says where each line is
// from; what may not be meant is printed on standard error.

// check is --check: it prints what a start would read, or the error with which it would
// fail.
func check(argv0 string, loader *config.Loader, opt *options) int {
	r, err := loader.Check(opt.part)
	if err == nil {
		err = opt.userErr
	}
	status := exitOK
	if err != nil {
		status = usage(argv0, err)
	}
	var failed error
	switch {
	case opt.json:
		failed = printJSON(os.Stdout, r, err)
	case err == nil:
		failed = printReport(os.Stdout, r)
		printFindings(os.Stderr, r)
	}
	if failed != nil {
		fmt.Fprintf(os.Stderr, "Error: cannot print that: %v\n", failed)
		return exitFailure
	}
	return status
}

// checkResult is the answer in JSON.
type checkResult struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	*config.Report
}

func printJSON(w io.Writer, r *config.Report, err error) error {
	result := checkResult{OK: err == nil, Report: r}
	if err != nil {
		result = checkResult{Error: err.Error()}
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// commentColumn is where the places begin, unless a value is longer.
const commentColumn = 48

func printReport(w io.Writer, r *config.Report) error {
	out := bufio.NewWriter(w)
	for _, file := range r.Files {
		fmt.Fprintf(out, "; read: %s\n", file)
	}
	for _, s := range r.Sections {
		fmt.Fprintf(out, "\n[%s]\n", s.Name)
		for _, v := range s.Values {
			first, rest, more := strings.Cut(v.Text, "\n")
			fmt.Fprintf(out, "%-*s ; %s\n", commentColumn, v.Key+" = "+first, origin(v))
			if more {
				fmt.Fprintf(out, "    %s\n", strings.ReplaceAll(rest, "\n", "\n    "))
			}
		}
	}
	return out.Flush()
}

// origin says where a value is from.
func origin(v config.Value) string {
	words := []string{}
	if v.From != config.FromFile {
		words = append(words, v.From)
	}
	if v.File != "" {
		words = append(words, at(v.Place))
	}
	if v.With != nil {
		words = append(words, "with "+strings.Join(v.With, " and "))
	}
	if v.First {
		words = append(words, "the first process")
	}
	return strings.Join(words, ", ")
}

func at(p config.Place) string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

func printFindings(w io.Writer, r *config.Report) {
	for _, f := range r.Findings {
		level, place := "warning", ""
		if f.Ignored {
			level = "note"
		}
		if f.File != "" {
			place = at(f.Place) + ": "
		}
		fmt.Fprintf(w, "%s: %s\n", level, pytext.Stderr(place+f.Text))
	}
}
