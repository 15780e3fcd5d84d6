package httpd

import (
	"strconv"
	"strings"
	"time"

	"reeve/rpc/transport"
	"reeve/supervisor/process"
)

// The log lines of this package are made here; those about opening sockets are in
// server.go.

// tracing reports whether lines of level Trace are worth making.
func (s *Server) tracing() bool {
	return s.options.Log != nil && (s.options.Tracing == nil || s.options.Tracing())
}

func (s *Server) log(level process.Level, line string) {
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
	level := process.Trace
	if c.admitted && containsError(c.head.line) {
		level = process.Error
	} else if !c.s.tracing() {
		return
	}
	b := make([]byte, 0, 128+min(len(c.head.line), transport.ShownText))
	b = append(b, c.who.Address...)
	b = append(b, " - - ["...)
	b = time.Now().UTC().AppendFormat(b, "02/Jan/2006:15:04:05 +0000")
	b = append(b, `] "`...)
	b = append(b, transport.Printable(c.head.line)...)
	b = append(b, `" `...)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(size), 10)
	c.s.log(level, string(b))
}

func containsError(line []byte) bool {
	for i := range len(line) - len("error") + 1 {
		if equalFold(line[i:i+len("error")], "error") {
			return true
		}
	}
	return false
}

// plain reports whether a text is without control characters.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7F {
			return !strings.ContainsFunc(s, transport.IsControl)
		}
	}
	return true
}
