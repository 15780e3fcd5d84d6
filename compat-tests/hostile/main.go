// Command hostile runs the tests in which something outside of the daemon fails for real:
// those that docs/faults.md names, and the others whose name begins with TestHostile.
//
//	go run ./compat-tests/hostile [-run REGEXP] [-long] [-v]
//
//	go run ./compat-tests/hostile -for 1h [-seed N] [-life 10m] [-race=false] [-keep]
//
// Without flags it does what .ci/run has of them, as a part of `go test ./...`. With -long
// the tests do more: larger numbers, longer waits. What can't be had on this machine is
// skipped, and named at the end with what is missing.
//
// With -for it is the long run instead (package longrun): random programs, faults and kills
// for so long, and a seed that repeats what went wrong.
//
// The tests of this package need more than the machine's own kernel shows:
//
//   - a second kernel (kernel_linux_test.go): package user-mode-linux, root
//   - a real systemd (systemd_linux_test.go): root, namespaces, a writable cgroup
//
// All others are in compat-tests, beside the tests of the same subject. Errors of files
// are made by strace there (inject in hostile_inject_linux_test.go), lack of processes by
// a cgroup, slow and dead file systems by FUSE and by a frozen ext4.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"reeve/compat-tests/hostile/longrun"
)

var (
	only    = flag.String("run", "", "only the tests that `REGEXP` matches")
	long    = flag.Bool("long", false, "larger numbers and longer waits")
	verbose = flag.Bool("v", false, "print what the tests print")

	lasting = flag.Duration("for", 0, "the long run, for `DURATION`, instead of the tests")
	seed    = flag.Uint64("seed", 0, "of the long run: the first `SEED`; 0: any")
	life    = flag.Duration("life", 0, "of the long run: how long each daemon lives (default: a sixth of it all)")
	race    = flag.Bool("race", true, "of the long run: a daemon with the race detector")
	keep    = flag.Bool("keep", false, "of the long run: keep the files of a life that went wrong")
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == longrun.AsChild {
		longrun.Child(os.Args[2:])
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	do := run
	if *lasting > 0 {
		do = runLong
	}
	ok, err := do()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run runs the tests and reports whether none failed.
func run() (ok bool, err error) {
	pattern := *only
	if pattern == "" {
		named, err := namedTests("docs/faults.md")
		if err != nil {
			return false, fmt.Errorf("cannot read which tests there are, in the root of the repository: %w", err)
		}
		pattern = "^(TestHostile.*|" + strings.Join(named, "|") + ")$"
	}
	cmd := exec.Command("go", "test", "-count=1", "-json", "-timeout=30m", "-run", pattern, "./compat-tests", "./compat-tests/hostile")
	cmd.Stderr = os.Stderr
	if *long {
		cmd.Env = append(os.Environ(), "REEVE_LONG=1")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	report(bufio.NewReader(out))
	return cmd.Wait() == nil, nil
}

// runLong is the long run. It is interrupted in order.
func runLong() (ok bool, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return longrun.Run(ctx, longrun.Options{
		For: *lasting, Life: *life, Seed: *seed, Race: *race, Keep: *keep,
		Out: func(format string, args ...any) {
			fmt.Printf(time.Now().Format("15:04:05 ")+format+"\n", args...)
		},
	})
}

// namedTests returns the names of tests in a page.
func namedTests(page string) ([]string, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	names := regexp.MustCompile(`\bTest\w+`).FindAllString(string(text), -1)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// event is a line that `go test -json` prints.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// report prints a line for each test, and all that one that failed has said.
func report(lines *bufio.Reader) {
	said := map[string]*strings.Builder{}
	count := map[string]int{}
	var skipped []string
	for decoder := json.NewDecoder(lines); ; {
		var e event
		if decoder.Decode(&e) != nil {
			break
		}
		id := e.Package + " " + e.Test
		if said[id] == nil {
			said[id] = new(strings.Builder)
		}
		switch e.Action {
		case "output":
			said[id].WriteString(e.Output)
			if *verbose {
				fmt.Print(e.Output)
			}
		case "build-output":
			fmt.Print(e.Output)
		case "pass", "fail", "skip":
			if e.Test == "" && e.Action != "fail" {
				continue // a package
			}
			count[e.Action]++
			fmt.Printf("%s %6.1f s  %s\n", e.Action, e.Elapsed, e.Test)
			if e.Action == "fail" && !*verbose {
				fmt.Print(said[id])
			}
			if e.Action == "skip" {
				skipped = append(skipped, e.Test+": "+reason(said[id].String()))
			}
		}
	}
	for _, s := range skipped {
		fmt.Println("skipped:", s)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
}

// reason is what a test has said about why it is skipped.
func reason(said string) string {
	for line := range strings.Lines(said) {
		if _, text, ok := strings.Cut(line, "_test.go:"); ok {
			_, text, _ = strings.Cut(text, ": ")
			return strings.TrimSpace(text)
		}
	}
	return "no reason given"
}
