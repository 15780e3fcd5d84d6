// Conformance writes docs/conformance.md: for each fact of the compatibility checklist,
// which tests show it and their results.
//
//	go run ./compat-tests/conformance
//		runs all tests and writes the page
//	go test -json ./... | go run ./compat-tests/conformance -check -
//		prints what go test prints, and fails if the page differs from the run's results
//	go run ./compat-tests/conformance FILE
//		uses the results of a run that go test -json wrote to FILE
//
// Run it in the root of the module. If the oracle is missing, or as an ordinary user,
// some tests are skipped; -check then compares the other rows.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

const page = "docs/conformance.md"

func main() {
	check := flag.Bool("check", false, "compare "+page+" with the results instead of writing it")
	flag.Parse()
	if err := run(*check, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(check bool, from string) error {
	if os.Getenv("REEVE_PEER") != "" {
		return errors.New("REEVE_PEER is set: that shows nothing of ours")
	}
	facts, err := readFacts(factsText)
	if err != nil {
		return err
	}
	cites, err := findCites(".")
	if err != nil {
		return err
	}
	if from == "" && !check {
		// The tests that follow read the page, too.
		if err := refresh(facts, cites); err != nil {
			return err
		}
	}
	res, testsErr := load(from)
	if res == nil {
		return testsErr
	}
	rows, err := makeRows(facts, cites, res)
	if err != nil {
		return err
	}
	if check {
		return errors.Join(testsErr, compare(rows))
	}
	return errors.Join(testsErr, write(rows))
}

// refresh writes the page for the current sources, with the results that it has.
func refresh(facts []fact, cites map[string][]cite) error {
	rows, err := makeRows(facts, cites, nil)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(page)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	was := map[string]string{}
	for _, r := range readRows(string(text)) {
		was[r.id] = r.result
	}
	for i, r := range rows {
		rows[i].result = cmp.Or(was[r.id], "MISSING")
	}
	return write(rows)
}

// load runs the tests, or reads the output of go test -json: from a file, or from
// standard input for "-".
func load(from string) (results, error) {
	switch from {
	case "-":
		return readResults(os.Stdin, os.Stdout)
	case "":
		cmd := exec.Command("go", "test", "-count=1", "-json", "./...")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		res, err := readResults(out, os.Stdout)
		return res, errors.Join(err, cmd.Wait())
	}
	file, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readResults(file, io.Discard)
}

// compare returns an error that lists where the page differs from the run. Facts whose
// tests were skipped here are not compared: they need the CI machine.
func compare(rows []row) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	have := map[string]row{}
	for _, r := range readRows(string(text)) {
		have[r.id] = r
	}
	stale, less := []string{}, []string{}
	for _, r := range rows {
		switch was := have[r.id]; {
		case was.what == r.what && was.tests == r.tests && was.result == r.result:
		case was.what == r.what && was.tests == r.tests && r.skipped && r.result != "FAILED":
			less = append(less, r.id)
		default:
			stale = append(stale, fmt.Sprintf("%s: the page says %q of %s, this run %q of %s", r.id, was.result, was.tests, r.result, r.tests))
		}
	}
	if len(less) > 0 {
		fmt.Println("skipped: the facts", strings.Join(less, " "), "were not compared with upstream here")
	}
	if len(stale) > 0 {
		return fmt.Errorf("%s is stale; write it again with go run ./compat-tests/conformance\n%s", page, strings.Join(stale, "\n"))
	}
	return nil
}
