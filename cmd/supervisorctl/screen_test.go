package main

import (
	"strings"
	"unicode/utf8"
)

// screen emulates as much of a terminal as line editors use, so that what a user sees can
// be compared whatever bytes produced it.
type screen struct {
	lines    [][]rune
	row, col int
}

// render writes text to an empty screen and returns its lines without trailing spaces.
func render(text string) string {
	s := &screen{lines: [][]rune{nil}}
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch {
		case r == 0x1b:
			text = s.escape(text)
		case r == '\r':
			s.col = 0
		case r == '\n':
			s.down()
		case r == '\b':
			s.col = max(0, s.col-1)
		case r >= ' ':
			s.put(r)
		}
	}
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (s *screen) down() {
	s.row++
	if s.row == len(s.lines) {
		s.lines = append(s.lines, nil)
	}
}

func (s *screen) put(r rune) {
	line := s.lines[s.row]
	for len(line) <= s.col {
		line = append(line, ' ')
	}
	line[s.col] = r
	s.lines[s.row] = line
	s.col++
}

// escape performs one control sequence and returns what follows it.
func (s *screen) escape(text string) string {
	if !strings.HasPrefix(text, "[") {
		return text[min(1, len(text)):]
	}
	end := strings.IndexFunc(text[1:], func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		return ""
	}
	parameter, final, rest := text[1:1+end], text[1+end], text[2+end:]
	n := 0
	for _, d := range parameter {
		if d < '0' || d > '9' {
			return rest // a mode or colour: not visible
		}
		n = n*10 + int(d-'0')
	}
	switch final {
	case 'C':
		s.col += max(n, 1)
	case 'D':
		s.col = max(0, s.col-max(n, 1))
	case 'G':
		s.col = max(n, 1) - 1
	case 'A':
		s.row = max(0, s.row-max(n, 1))
	case 'B':
		for range max(n, 1) {
			s.down()
		}
	case 'K':
		if line := s.lines[s.row]; n == 0 && s.col < len(line) {
			s.lines[s.row] = line[:s.col]
		}
	case 'P':
		if line := s.lines[s.row]; s.col < len(line) {
			s.lines[s.row] = append(line[:s.col:s.col], line[min(len(line), s.col+max(n, 1)):]...)
		}
	case '@':
		line := s.lines[s.row]
		s.lines[s.row] = append(append(line[:s.col:s.col], []rune(strings.Repeat(" ", max(n, 1)))...), line[s.col:]...)
	}
	return rest
}
