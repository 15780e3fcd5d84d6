package main

import (
	"os"
	"strings"
)

// history holds the lines entered in the shell and is kept in a plain text file if one is
// configured (fact 291). Errors of the file are ignored. A nil history is not saved.
type history struct {
	file  string
	lines []string
}

// loadHistory reads file; an empty name means no history file.
func loadHistory(file string) *history {
	h := &history{file: file}
	if file == "" {
		return h
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return h
	}
	for line := range strings.Lines(string(data)) {
		h.lines = append(h.lines, strings.TrimRight(line, "\r\n"))
	}
	return h
}

// add appends a line unless it is empty or the same as the last one, and reports whether
// it did.
func (h *history) add(line string) bool {
	if line == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return false
	}
	h.lines = append(h.lines, line)
	return true
}

func (h *history) save() {
	if h == nil || h.file == "" {
		return
	}
	var b strings.Builder
	for _, line := range h.lines {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	_ = os.WriteFile(h.file, []byte(b.String()), 0o600)
}
