// Command supervisorctl controls a running supervisord, ours or upstream's, from the
// command line or from its own shell.
//
// main reads options and config (options.go), splits the action (ctl.go) and runs its row
// of the table (table.go, verbs_*.go); shell.go repeats that for typed lines. All text is
// printed by output.go, which states the rules for it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"reeve/config/pytext"
)

func main() { os.Exit(run(os.Args)) }

// run is the whole program except the exit; it returns the exit status. Only one run may
// be active at a time: it owns the terminal.
func run(argv []string) int {
	guard.watch()
	stdout := &sink{to: os.Stdout}
	return stdout.finish(runWith(argv, stdout), os.Stderr)
}

func runWith(argv []string, stdout *sink) int {
	set, err := loadSettings(argv, os.Environ())
	if err != nil {
		return printUsageError(stdout, argv[0], err)
	}
	out := &output{out: stdout, err: os.Stderr, color: set.wantsColor(stdoutIsTerminal)}
	c := &ctl{set: set, out: out}
	past := loadHistory("")
	if len(set.args) == 0 {
		past = loadHistory(set.historyFile)
		out.hints = term.IsTerminal(int(os.Stderr.Fd()))
	}
	c.input = newPlainReader(os.Stdin, stdout, past)
	if len(set.args) > 0 {
		c.command(context.Background(), strings.Join(set.args, " "))
		return c.exit
	}
	if canEdit() {
		if edit, err := newEditReader(past, c.completeWord); err == nil {
			c.input = edit
		}
	}
	c.shell()
	// The shell always exits with 0, whatever happened in it (fact 271).
	return exitOK
}

func stdoutIsTerminal() bool { return term.IsTerminal(int(os.Stdout.Fd())) }

// printUsageError prints what is wrong with the command line or the config file, or the
// help if that was asked for, and returns the exit status.
func printUsageError(stdout io.Writer, program string, err error) int {
	if text, ok := helpRequested(err, program); ok {
		fmt.Fprint(stdout, text)
		return exitOK
	}
	fmt.Fprintf(os.Stderr, "Error: %s\nFor help, use %s -h\n", pytext.Stderr(err.Error()), pytext.Stderr(program))
	return exitInvalidArgs
}
