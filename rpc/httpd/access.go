package httpd

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The log lines of this package are made here; those about opening sockets are in
// server.go.

// tracing reports whether lines of level Trace are worth making.
func (s *Server) tracing() bool {
	return s.options.Log != nil && (s.options.Tracing == nil || s.options.Tracing())
}

func (s *Server) log(level Level, line string) {
	if s.options.Log != nil {
		s.options.Log(level, line)
	}
}

// access logs a request that was answered (facts 138 and 139: log lines, HTTP messages
// with "error" are ERRO). size includes the head of the reply. A line that contains
// "error" in any case, even in the URL, has level Error, as upstream; but only if the
// client was admitted: unknown clients must not fill the log. The time is UTC and says
// so; upstream puts the local zone beside the same UTC clock time.
func (c *conn) access(code, size int) {
	level := Trace
	if c.admitted && containsError(c.head.line) {
		level = Error
	} else if !c.s.tracing() {
		return
	}
	b := make([]byte, 0, 128+min(len(c.head.line), shownText))
	b = append(b, c.peer...)
	b = append(b, " - - ["...)
	b = time.Now().UTC().AppendFormat(b, "02/Jan/2006:15:04:05 +0000")
	b = append(b, `] "`...)
	b = append(b, printable(c.head.line)...)
	b = append(b, `" `...)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(size), 10)
	c.s.log(level, string(b))
}

// shownText is the longest text of a client that a log line repeats, in bytes.
const shownText = 1 << 10

// shorten cuts what a client sent to shownText bytes, at a character, and appends dots.
func shorten[S string | []byte](s S) S {
	if len(s) <= shownText {
		return s
	}
	cut := shownText
	for cut > shownText-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return S(string(s[:cut]) + "...")
}

func containsError(line []byte) bool {
	for i := range len(line) - len("error") + 1 {
		if equalFold(line[i:i+len("error")], "error") {
			return true
		}
	}
	return false
}

// printable keeps a client from writing its own or long lines into the log: it shortens
// the text and shows control characters as escapes.
func printable[S string | []byte](s S) string {
	s = shorten(s)
	if !strings.ContainsFunc(string(s), isControl) {
		return string(s)
	}
	var b strings.Builder
	for _, r := range string(s) {
		if isControl(r) {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7F && r < 0xA0 }

// quoted returns the first 200 bytes of a body, quoted.
func quoted(body []byte) string {
	more := ""
	if len(body) > 200 {
		body, more = body[:200], "..."
	}
	q := strconv.Quote(string(body))
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + more + "'"
}
