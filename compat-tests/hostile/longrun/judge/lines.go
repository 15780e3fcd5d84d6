package judge

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Line returns line n of a run, as it is written. Channel is 0 or 1.
func Line(process, id string, channel int, n uint64, padding int) string {
	return fmt.Sprintf("> %s %s %d %d %s<\n", process, id, channel, n, strings.Repeat("-", padding))
}

// Slack is what may be missing from a log: a daemon that is killed takes what it has read
// and not written with it.
type Slack struct {
	Gaps  int // how many gaps
	Bytes int // and how long all are together
}

type position struct {
	run     *Run
	channel int
}

// Lines holds a log against the runs of its process: every line that was written is there
// once and in order. What else is in the log does not matter.
func Lines(log []byte, process string, runs []Run, channels []int, slack Slack) []string {
	var wrong list
	next := map[position]uint64{}
	byID := map[string]*Run{}
	for i := range runs {
		byID[runs[i].ID()] = &runs[i]
		for _, c := range channels {
			next[position{&runs[i], c}] = runs[i].Streams[c].Checked + 1
		}
	}
	gaps, lost := 0, 0
	var last *Run
	number := 0
	length := 40
	for text := range bytes.Lines(log) {
		number++
		id, channel, n, ok := parse(text, process)
		if !ok {
			if bytes.HasPrefix(text, []byte("> ")) || bytes.HasSuffix(text, []byte("<\n")) {
				if slack.Gaps == 0 {
					wrong.add("%s: line %d of its log is torn: %.200q", process, number, text)
				}
			}
			continue
		}
		length = len(text)
		run := byID[id]
		if run == nil {
			wrong.add("%s: line %d of its log is of no run that is known: %.200q", process, number, text)
			continue
		}
		if last != nil && run.Began < last.Began {
			wrong.add("%s: line %d of its log is of run %s, after lines of the later run %s", process, number, id, last.ID())
		}
		last = run
		at := position{run, channel}
		want, ok := next[at]
		switch {
		case !ok:
			wrong.add("%s: line %d of its log belongs into another log: %.200q", process, number, text)
		case n < want:
			wrong.add("%s: line %d of its log is there twice, or out of order: run %s, channel %d, has %d where %d is to follow", process, number, id, channel, n, want)
		case n > want && slack.Gaps == 0:
			wrong.add("%s: run %s, channel %d: %d to %d are missing before line %d of its log", process, id, channel, want, n-1, number)
		case n > want:
			gaps++
			lost += int(n-want) * length
		}
		next[at] = max(next[at], n+1)
	}
	for i := range runs {
		for _, c := range channels {
			s, got := runs[i].Streams[c], next[position{&runs[i], c}]-1
			switch {
			case got > s.Intended:
				wrong.add("%s: run %s, channel %d: line %d is in its log, and %d were written", process, runs[i].ID(), c, got, s.Intended)
			case got < s.Done && slack.Gaps == 0:
				wrong.add("%s: run %s, channel %d: lines %d to %d are not in its log", process, runs[i].ID(), c, got+1, s.Done)
			case got < s.Done:
				gaps++
				lost += int(s.Done-got) * length
			}
		}
	}
	// A buffer may have held lines of both channels, or of several runs.
	if gaps > 2*slack.Gaps || lost > slack.Bytes {
		wrong.add("%s: %d gaps in its log, of about %d bytes; after %d kills of the daemon at most %d bytes may be missing", process, gaps, lost, slack.Gaps, slack.Bytes)
	}
	return wrong
}

// parse reads what Line has made.
func parse(text []byte, process string) (id string, channel int, n uint64, ok bool) {
	f := strings.Fields(string(text))
	if len(f) != 6 || f[0] != ">" || f[1] != process || f[5] != strings.Repeat("-", len(f[5])-1)+"<" || !bytes.HasSuffix(text, []byte("\n")) {
		return "", 0, 0, false
	}
	channel, err := strconv.Atoi(f[3])
	if err != nil || channel < 0 || channel > 1 {
		return "", 0, 0, false
	}
	n, err = strconv.ParseUint(f[4], 10, 64)
	return f[2], channel, n, err == nil
}
