//go:build linux && (amd64 || arm64)

// Command bench measures the daemon beside Supervisor (Debian's, where it is installed)
// and beside limits that it measures itself in the same run, taking turns, and prints the
// medians, their ratios, and the required values.
//
//	go run ./compat-tests/bench [-run REGEXP] [-runs N] [-programs N] [-growth N,N,…]
//		[-short] [-json] [-o docs/performance.md]
//	go run ./compat-tests/bench -draw -o docs/performance.md
//
// It builds the daemon, starts nothing outside a private directory, uses unix sockets
// only and stops what it started. docs/performance.md explains the rows.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A scenario measures some rows. It fills in everything but the rows' Scenario and what
// judge fills in.
type scenario struct {
	name    string
	measure func(*bench) ([]*Row, error)
	short   bool // part of -short
	early   bool // with -short its daemons are started before all others
}

var scenarios = []scenario{
	{"boot of 1 program", bootOne, false, false},
	{"boot of {n} programs", bootMany, false, false},
	{"{n} children killed at once, to all RUNNING again", stormMany, true, false},
	{"kill -9 of one of 350, to its successor's first instruction", restartOne, false, false},
	{"programs that exit 0 at once", restartRate, false, false},
	{"stopAllProcesses and startAllProcesses, {n} programs", stopStartAll, false, false},
	{"shutdown with 100 groups", shutdown, false, false},
	{"getState and getProcessInfo", smallCalls, false, false},
	{"getAllProcessInfo, {n} programs", allInfo, false, false},
	{"restart while 8 clients poll getAllProcessInfo, {n} programs", restartWhilePolled, false, false},
	{"reread of {n} programs, unchanged", reread, false, false},
	{"log capture, writes of 64 KiB", floodBlocks, true, false},
	{"log capture, writes of 100 bytes", floodLines, true, false},
	{"a single line into its log", singleLine, false, false},
	{"remote events to a listener", events, true, false},
	{"idle, memory and threads", idle, true, true},
	{"supervisorctl status", status, false, false},
	{"growth", grow, false, false},
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "part" {
		part(os.Args[2], os.Args[3:])
		return
	}
	programs := flag.Int("programs", 1000, "number of programs in the scenarios that have many")
	runs := flag.Int("runs", 5, "repetitions of each measurement; the median counts")
	sizes := []int{100, 1000, 4000}
	flag.Func("growth", "numbers of programs that scenario growth compares (default 100,1000,4000)", func(text string) error {
		sizes = nil
		for field := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(field)
			if err != nil {
				return err
			}
			sizes = append(sizes, n)
		}
		return nil
	})
	only := flag.String("run", "", "only the scenarios whose name matches this regular expression")
	short := flag.Bool("short", false, "only what does not depend on time, without the oracle; status 1 if a row is not met")
	list := flag.Bool("list", false, "print the names of the scenarios")
	asJSON := flag.Bool("json", false, "print the rows as JSON")
	doc := flag.String("o", "", "also rewrite the table in this Markdown file, what the file begins with, and the picture beside it")
	onlyDraw := flag.Bool("draw", false, "measure nothing: draw what the file of -o begins with, from its table, and the picture")
	dir := flag.String("dir", memoryDir(), "where the daemons keep their files; the default is in memory where there is such a "+
		"place, because the limits touch no disk")
	daemon := flag.String("daemon", "", "measure this supervisord instead of building ours")
	flag.Parse()
	if *onlyDraw {
		if err := draw(*doc); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if *short && !given("runs") {
		*runs = 1
	}
	o := options{programs: *programs, runs: *runs, sizes: sizes, short: *short, daemon: *daemon, list: *list}
	if err := measureAll(*dir, *only, *doc, *asJSON, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func given(name string) (yes bool) {
	flag.Visit(func(f *flag.Flag) { yes = yes || f.Name == name })
	return yes
}

func measureAll(dir, only, doc string, asJSON bool, o options) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var chosen []scenario
	for _, s := range scenarios {
		s.name = strings.ReplaceAll(s.name, "{n}", fmt.Sprint(o.programs))
		if pattern.MatchString(s.name) && (s.short || !o.short) {
			chosen = append(chosen, s)
		}
	}
	if o.list {
		for _, s := range chosen {
			fmt.Println(s.name)
		}
		return nil
	}
	b, err := newBench(dir, o)
	if err != nil {
		return err
	}
	defer b.close()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-interrupted
		printText(os.Stdout, b.measured())
		b.close()
		os.Exit(1)
	}()
	if err := b.measure(chosen); err != nil {
		printText(os.Stdout, b.measured())
		return err
	}
	rows := b.measured()
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(rows); err != nil {
			return err
		}
	} else {
		printText(os.Stdout, rows)
	}
	if doc != "" {
		if err := rewriteTable(doc, rows); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if o.short && r.missed() {
			return fmt.Errorf("%s, %s: %v, want %s", r.Scenario, r.Figure, r.Ours, r.Bound)
		}
	}
	return nil
}

func (b *bench) measure(chosen []scenario) error {
	for _, s := range chosen {
		if s.early && b.short { // so that the others take none of its time
			if err := b.startIdle(); err != nil {
				return err
			}
		}
	}
	for _, s := range chosen {
		start := time.Now()
		some, err := s.measure(b)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		for _, r := range some {
			if r.Scenario == "" {
				r.Scenario = s.name
			}
			if r.judge(); b.short && !r.Timeless {
				r.Met = nil
			}
		}
		b.mu.Lock()
		b.rows = append(b.rows, some...)
		b.mu.Unlock()
		fmt.Fprintf(os.Stderr, "%s: %.1f s\n", s.name, time.Since(start).Seconds())
	}
	return nil
}

// measured returns the rows so far.
func (b *bench) measured() []*Row {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.rows)
}

// The lines before and after the table.
const (
	tableBegin = "<!-- table: go run ./compat-tests/bench -o docs/performance.md -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

func rewriteTable(path string, rows []*Row) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q", path, tableBegin, tableEnd)
	}
	if err := os.WriteFile(path, []byte(before+tableBegin+"\n"+markdown(rows)+"\n"+tableEnd+after), 0o644); err != nil {
		return err
	}
	return draw(path)
}

// memoryDir returns a directory in memory, or else the usual temporary one.
func memoryDir() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return os.TempDir()
}
