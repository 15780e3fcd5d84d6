package main

import (
	"fmt"
	"io"
	"strings"

	"reeve/rpc/client"
)

// All text that users see is written through this file, by these rules (checklist 266):
//
//   - What an action has to say, errors included, goes to standard output, one line at a time, so that a script reading a pipe
//     sees the line when the thing happened. Only usage errors of the command line, failures of log streams and our own hints
//     go to standard error.
//   - Upstream's text is a contract, down to the blanks at the end of a line. Colour is the user's explicit wish (--color,
//     color=), never a guess from the terminal, and only wraps text: without it no byte changes.
//   - Hints appear only in the interactive shell, and only if standard error is a terminal.
//   - Output that cannot be written is a failure, reported once at the end (sink.go); an action is carried out all the same.
type output struct {
	out, err io.Writer
	color    bool
	hints    bool
	failErr  bool // messages about failures go to err, because out carries a document (--json)
}

// line prints one line.
func (o *output) line(text string) { fmt.Fprintf(o.out, "%s\n", text) }

// linef formats one line.
func (o *output) linef(format string, args ...any) { o.line(fmt.Sprintf(format, args...)) }

// fail prints one line that tells of a failure.
func (o *output) fail(text string) {
	w := o.out
	if o.failErr {
		w = o.err
	}
	fmt.Fprintf(w, "%s\n", o.paint(red, text))
}

func (o *output) failf(format string, args ...any) { o.fail(fmt.Sprintf(format, args...)) }

// hintf prints advice that upstream does not give.
func (o *output) hintf(format string, args ...any) {
	if o.hints {
		fmt.Fprintf(o.err, format+"\n", args...)
	}
}

// Colours as terminals know them.
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

// statuses prints the table of `status` (checklist 272) in one write.
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

// pad writes text, left-justified in width columns (characters, as Python counts).
func pad(b *strings.Builder, text string, width int) {
	b.WriteString(text)
	for range width - runeLen(text) {
		b.WriteByte(' ')
	}
}

// topics prints a heading and names in columns, column by column, at most 79 wide (checklist 289).
func (o *output) topics(heading string, names []string) {
	o.line(heading)
	o.line(strings.Repeat("=", len(heading)))
	for _, row := range columns(names, 79) {
		o.line(row)
	}
	o.line("")
}

// columns lays names out in as few rows as fit into width. Every name is padded to its column, the last of a row too.
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
