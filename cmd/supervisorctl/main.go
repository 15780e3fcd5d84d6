// Command supervisorctl controls a running supervisord, ours or upstream's, from the command line or from its own shell.
//
// The way through it: main reads options and config (options.go), takes the action apart (ctl.go) and runs its row of the table
// (table.go, verbs_*.go); shell.go repeats that for lines typed. Text is printed by output.go only, which says by which rules.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

func main() { os.Exit(run(os.Args)) }

// run is the whole program but for the exit. Only one run may happen at a time: it owns the terminal.
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
	return exitOK // always, whatever happened in the shell (checklist 271)
}

func stdoutIsTerminal() bool { return term.IsTerminal(int(os.Stdout.Fd())) }

// printUsageError says what is wrong with the command line or the config file, and returns the exit status.
func printUsageError(stdout io.Writer, program string, err error) int {
	if text, ok := helpRequested(err, program); ok {
		fmt.Fprint(stdout, text)
		return exitOK
	}
	fmt.Fprintf(os.Stderr, "Error: %s\nFor help, use %s -h\n", err, program)
	return exitInvalidArgs
}
