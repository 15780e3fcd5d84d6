package compat

import (
	"regexp"
	"slices"
	"strings"
)

// chatter matches the lines whose number depends on how output was cut into reads and on
// how quick a child is; they are shown only on request.
var chatter = regexp.MustCompile(`output:\n?$|closed, stopped monitoring|waiting for \S+ to stop\n?$`)

// newLog returns the main log's complete lines since the last look.
func (in *instance) newLog(args []string) []string {
	text := in.settledLog()
	if len(text) < in.logMark {
		in.logMark = 0
	}
	text = text[in.logMark:]
	text = text[:strings.LastIndexByte(text, '\n')+1]
	in.logMark += len(text)
	var lines []string
	for line := range strings.Lines(text) {
		if chatter.MatchString(line) && !slices.ContainsFunc(args, chatter.MatchString) {
			continue
		}
		if len(args) == 0 || slices.ContainsFunc(args, func(re string) bool { return regexp.MustCompile(re).MatchString(line) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// settledLog reads the main log until it has stopped growing: our daemon does not wait
// for the disk before it answers. The log may be empty only if it replaced one that was
// shown.
func (in *instance) settledLog() string {
	text, looks := "", 0
	in.poll(func() bool {
		before := text
		text = in.read("supervisord.log")
		looks++
		return looks > 1 && text == before && (text != "" || in.logMark > 0)
	})
	return text
}

// stepLog shows the main log's new lines that match one of the expressions.
func stepLog(in *instance, w *strings.Builder, args []string) error {
	for _, line := range in.newLog(args) {
		w.WriteString(line)
	}
	return nil
}

// stepLogSet shows the same lines sorted, and each text once, for lines without a fixed
// order.
func stepLogSet(in *instance, w *strings.Builder, args []string) error {
	var lines []string
	for _, line := range in.newLog(args) {
		lines = append(lines, in.normal(line))
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		w.WriteString(line)
	}
	return nil
}

func stepLogMark(in *instance, _ *strings.Builder, _ []string) error {
	in.newLog(nil)
	return nil
}
