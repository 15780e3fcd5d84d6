package main

import (
	"bufio"
	"io"
	"os"
	"slices"
	"strings"
)

// The editor needs two escape sequences: one moves right, one erases the rest of the
// line. A dumb terminal has neither. plainScreen keeps the line that the editor wants to
// show and draws the changes with characters, spaces, backspaces and newlines only, as
// readline does on such a terminal. Each character counts as one column wide.
type plainScreen struct {
	to   *bufio.Writer
	from *bufio.Reader
	pipe *os.File // where the editor writes
	done chan struct{}

	want, shown []rune
	col, at     int // the cursor: where the editor wants it, and where it is
	flushed     chan struct{}
}

// beginPlainScreen starts drawing on to; end stops it.
func beginPlainScreen(to io.Writer) (*plainScreen, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s := &plainScreen{
		to: bufio.NewWriter(to), from: bufio.NewReader(r), pipe: w, done: make(chan struct{}),
		flushed: make(chan struct{}, 1),
	}
	go func() {
		defer close(s.done)
		defer r.Close()
		for s.step() {
		}
	}()
	return s, nil
}

func (s *plainScreen) end() {
	_ = s.pipe.Close()
	<-s.done
}

// Control characters of our own, which the editor does not print.
const (
	flushMark  = 0
	forgetMark = 1
)

// flush waits until everything written so far is on the terminal. The next line begins
// where the cursor is then.
func (s *plainScreen) flush() {
	if _, err := s.pipe.Write([]byte{flushMark}); err == nil {
		<-s.flushed
	}
}

// forget says that someone else has written to the terminal: the line is no longer there.
func (s *plainScreen) forget() { _, _ = s.pipe.Write([]byte{forgetMark}) }

// step handles one character or mark, and draws when there is no further input for now.
// It returns false at the end of input.
func (s *plainScreen) step() bool {
	c, _, err := s.from.ReadRune()
	if err != nil {
		return false
	}
	switch c {
	case flushMark:
		s.draw()
		s.want, s.shown, s.col, s.at = nil, nil, 0, 0
		select {
		case s.flushed <- struct{}{}:
		default: // a name contains this character
		}
		return true
	case forgetMark:
		s.shown, s.at = nil, 0
		return true
	case '\x1b':
		s.mark()
	case '\r':
		s.col = 0
	case '\n':
		s.draw()
		_, _ = s.to.WriteString("\n")
		s.want, s.shown, s.col, s.at = nil, nil, 0, 0
	case '\a':
		_, _ = s.to.WriteString("\a")
	default:
		for len(s.want) <= s.col {
			s.want = append(s.want, ' ')
		}
		s.want[s.col] = c
		s.col++
	}
	if s.from.Buffered() == 0 {
		s.draw()
	}
	return true
}

// mark reads `[NUMBER LETTER` after an escape.
func (s *plainScreen) mark() {
	number := 0
	for {
		c, _, err := s.from.ReadRune()
		switch {
		case err != nil:
			return
		case c >= '0' && c <= '9':
			number = min(number*10+int(c-'0'), 1<<15)
		case c == 'C':
			s.col += max(number, 1)
			return
		case c == 'K':
			s.want = s.want[:min(len(s.want), s.col)]
			return
		case c >= '@' && c <= '~' && c != '[': // such as clear the screen: ignored
			return
		}
	}
}

// draw updates the line on the terminal and leaves the cursor where the editor wants it.
func (s *plainScreen) draw() {
	same := 0
	for same < min(len(s.want), len(s.shown)) && s.want[same] == s.shown[same] {
		same++
	}
	if same < len(s.want) || same < len(s.shown) {
		s.move(same)
		_, _ = s.to.WriteString(string(s.want[same:]) + strings.Repeat(" ", max(len(s.shown)-len(s.want), 0)))
		s.at = max(len(s.want), len(s.shown))
		s.shown = slices.Clone(s.want)
	}
	s.move(s.col)
	_ = s.to.Flush()
}

// move moves the cursor to a column: left by backspaces, right by writing the characters
// again.
func (s *plainScreen) move(col int) {
	if col < s.at {
		_, _ = s.to.WriteString(strings.Repeat("\b", s.at-col))
	}
	for ; s.at < col; s.at++ {
		c := ' '
		if s.at < len(s.shown) {
			c = s.shown[s.at]
		}
		_, _ = s.to.WriteString(string(c))
	}
	s.at = col
}
