package main

import (
	"fmt"
	"io"
	"strings"

	"reeve/rpc/client"
)

// All text that users see is written through this file, by these rules (fact 266: what
// goes to standard output and what to standard error):
//
//   - The output of an action, errors included, goes to standard output, one line at a
//     time, so that a script reading a pipe sees each line as soon as it is due. Only
//     usage errors of the command line, failures of log streams and our own hints go to
//     standard error.
//   - Upstream's text is a contract, including the spaces at the end of a line. Colour is
//     used only at the user's explicit request (--color, color=), never by a guess from
//     the terminal, and only wraps text: without it no byte changes.
//   - Hints appear only in the interactive shell, and only if standard error is a
//     terminal.
//   - Output that cannot be written is a failure, reported once at the end (sink.go); the
//     action is carried out nevertheless.
type output struct {
	out, err io.Writer
	color    bool
	hints    bool
	// failErr sends errors to err, because out carries a document (--json).
	failErr bool
}

// line prints one line.
func (o *output) line(text string) { fmt.Fprintf(o.out, "%s\n", text) }

// text prints lines.
func (o *output) text(lines string) { fmt.Fprint(o.out, lines) }

func (o *output) linef(format string, args ...any) { o.line(fmt.Sprintf(format, args...)) }

// fail prints one line that reports a failure.
func (o *output) fail(text string) {
	w := o.out
	if o.failErr {
		w = o.err
	}
	fmt.Fprintf(w, "%s\n", o.paint(red, text))
}

func (o *output) failf(format string, args ...any) { o.fail(fmt.Sprintf(format, args...)) }

// hintf prints a hint, which upstream does not have.
func (o *output) hintf(format string, args ...any) {
	if o.hints {
		fmt.Fprintf(o.err, format+"\n", args...)
	}
}

// Colours, as the parameter of the terminal's escape sequence.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
)

func (o *output) paint(color, text string) string {
	if !o.color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

var stateColors = map[string]string{
	"RUNNING": green, "STARTING": yellow, "STOPPING": yellow, "BACKOFF": yellow,
	"FATAL": red, "UNKNOWN": red, "STOPPED": dim, "EXITED": dim,
}

// statuses prints the table of `status` (fact 272) in one write.
func (o *output) statuses(infos []client.ProcessInfo) {
	width := 30
	for _, info := range infos {
		width = max(width, runeLen(displayName(info.Group, info.Name)))
	}
	var b strings.Builder
	for _, info := range infos {
		pad(&b, displayName(info.Group, info.Name), width+3)
		b.WriteString(o.paint(stateColors[info.StateName], info.StateName))
		pad(&b, "", 10-len(info.StateName))
		b.WriteString(info.Description)
		b.WriteByte('\n')
	}
	_, _ = io.WriteString(o.out, b.String())
}

// avail prints the table of `avail` in one write.
func (o *output) avail(infos []client.ConfigInfo) {
	var b strings.Builder
	for _, info := range infos {
		inUse, auto := "avail", "manual"
		if info.InUse {
			inUse = "in use"
		}
		if info.Autostart {
			auto = "auto"
		}
		pad(&b, displayName(info.Group, info.Name), 32)
		fmt.Fprintf(&b, " %-9s %-9s %d:%d\n", inUse, auto, info.GroupPrio, info.ProcessPrio)
	}
	_, _ = io.WriteString(o.out, b.String())
}

// pad writes text left-justified in width columns (characters, as Python counts).
func pad(b *strings.Builder, text string, width int) {
	b.WriteString(text)
	for range width - runeLen(text) {
		b.WriteByte(' ')
	}
}

// topics prints a heading and names in columns, ordered down the columns, at most 79 wide
// (fact 289).
func (o *output) topics(heading string, names []string) {
	o.line(heading)
	o.line(strings.Repeat("=", len(heading)))
	for _, row := range columns(names, 79) {
		o.line(row)
	}
	o.line("")
}

// columns arranges names in the fewest rows that fit in width. Every name is padded to
// its column, including the last in a row.
func columns(names []string, width int) []string {
	var lines []string
	for rows := 1; rows <= len(names); rows++ {
		lines = make([]string, rows)
		total := -2
		for start := 0; start < len(names); start += rows {
			column := names[start:min(start+rows, len(names))]
			widest := 0
			for _, name := range column {
				widest = max(widest, len(name))
			}
			total += widest + 2
			for i, name := range column {
				if start > 0 {
					lines[i] += "  "
				}
				lines[i] += fmt.Sprintf("%-*s", widest, name)
			}
		}
		if total <= width {
			break
		}
	}
	return lines
}
