package httpd

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Log lines of this package have their home here; those of opening sockets are in server.go.

// tracing tells whether lines of level Trace are worth making.
func (s *Server) tracing() bool {
	return s.options.Log != nil && (s.options.Tracing == nil || s.options.Tracing())
}

func (s *Server) log(level Level, line string) {
	if s.options.Log != nil {
		s.options.Log(level, line)
	}
}

// access writes the line of a request that was answered (checklist 138, 139). size counts the head of the reply too. A line
// with "error" in it, in any case and be it in the URL, has level Error, as upstream; but only if the client was let in: the
// log is not for strangers to fill. The time is UTC and says so; upstream puts
// the local zone beside the same UTC clock time.
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

// longest text of a client that a line of the log repeats
const shownText = 1 << 10

// shorten cuts what a client sent to a length fit for the log.
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

// printable keeps a client from writing lines of its own, or long ones, into the log: control characters are shown as escapes.
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

// quoted shows the begin of a body.
func quoted(body []byte) string {
	more := ""
	if len(body) > 200 {
		body, more = body[:200], "..."
	}
	q := strconv.Quote(string(body))
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + more + "'"
}
