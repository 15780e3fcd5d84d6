// Command bench measures the daemon beside limits that it measures itself in the same run, and prints figures and ratios.
//
//	go run ./compat-tests/bench [-programs N] [-runs N] [-json]
//
// It builds the daemon, starts nothing outside a private directory, talks over a unix socket only and stops what it started.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
)

func main() {
	programs := flag.Int("programs", 1000, "number of programs in the boot scenario")
	runs := flag.Int("runs", 3, "repetitions of each measurement; the median counts")
	asJSON := flag.Bool("json", false, "print the rows as JSON")
	dir := flag.String("dir", memoryDir(), "where the daemon keeps its files; the default is in memory where there is such a place, "+
		"because the limits touch no disk")
	daemon := flag.String("daemon", "", "measure this supervisord instead of building ours")
	flag.Parse()
	rows, err := run(*dir, *programs, *runs, *daemon)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if *asJSON {
		json.NewEncoder(os.Stdout).Encode(rows)
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tours\tlimit\tratio\tnote")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Scenario, r.Ours, r.Limit, r.Ratio, r.Note)
	}
	w.Flush()
}

// memoryDir is a directory in memory, or the usual temporary one.
func memoryDir() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return os.TempDir()
}

// Row is one line of the table.
type Row struct {
	Scenario string `json:"scenario"`
	Ours     string `json:"ours"`
	Limit    string `json:"limit"`
	Ratio    string `json:"ratio"`
	Note     string `json:"note"`
}
