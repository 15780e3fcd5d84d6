package httpd

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"reeve/rpc/transport"
)

// headRoom is how many bytes are kept free before the body in a connection's output
// buffer, so that head and body go out in one write.
const headRoom = 512

// dateText caches the text of the Date header for a second.
type dateText struct {
	second int64
	text   string
}

var lastDate atomic.Pointer[dateText]

func date() string {
	now := time.Now()
	if d := lastDate.Load(); d != nil && d.second == now.Unix() {
		return d.text
	}
	d := &dateText{now.Unix(), now.UTC().Format(http.TimeFormat)}
	lastDate.Store(d)
	return d.text
}

// appendHead appends the status line, the headers that every reply has (fact 213: Server
// and Date), and Connection if keeping the connection requires it (fact 215: keep-alive).
// length < 0: no Content-Length. The caller appends the empty line that ends the head.
func (c *conn) appendHead(b []byte, code int, contentType string, length int) []byte {
	b = append(b, "HTTP/"...)
	if len(c.head.version) > 0 {
		b = append(b, c.head.version...)
	} else {
		b = append(b, "None"...) // fact 212: the version is repeated in the answer
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, ' ')
	b = append(b, transport.Reason(code)...)
	b = append(b, "\r\nServer: reeve\r\nX-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\nDate: "...)
	b = append(b, date()...)
	if contentType != "" {
		b = append(b, "\r\nContent-Type: "...)
		b = append(b, contentType...)
	}
	if length >= 0 {
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(length), 10)
	}
	if c.keep && string(c.head.version) == "1.0" {
		b = append(b, "\r\nConnection: Keep-Alive"...)
	}
	return append(b, crlf...)
}

// begin returns the output buffer, empty but for headRoom bytes.
func (c *conn) begin() []byte {
	if cap(c.out) < headRoom {
		c.out = make([]byte, 0, 2048)
	}
	return c.out[:headRoom]
}

// send sends what was appended to begin's buffer as the body of a reply. extra holds more
// header lines, each ending in CRLF.
func (c *conn) send(out []byte, code int, contentType, extra string) {
	c.out = out[:0]
	if c.resumed != nil && c.resumed.Reply != nil {
		c.keep = false // another reply has begun
		return
	}
	var room [headRoom]byte
	h := c.appendHead(room[:0], code, contentType, len(out)-headRoom)
	h = append(h, extra...)
	h = append(h, crlf...)
	if size, ok := c.sendWith(h, out); ok {
		c.access(code, size)
	}
}

// sendWith sends a head and the body that follows the first headRoom bytes of out,
// together.
func (c *conn) sendWith(h, out []byte) (size int, ok bool) {
	if len(h) > headRoom {
		out = slices.Concat(h, out[headRoom:])
	} else {
		out = out[headRoom-len(h):]
		copy(out, h)
	}
	return len(out), c.hold(out) || c.write(out)
}

// error answers with an error page.
func (c *conn) error(code int) { c.explain(code, "") }

// explain answers with an error page that says why, in markup. A client takes the body of
// a reply to HEAD for the next reply, so the connection ends after it.
func (c *conn) explain(code int, why string) {
	c.keep = c.keep && string(c.head.method) != http.MethodHead
	c.send(transport.AppendErrorPage(c.begin(), code, why), code, "text/html", "")
}

// refuse answers with an error page and closes the connection: what follows cannot be
// told apart from the refused request.
func (c *conn) refuse(code int) {
	c.keep = false
	c.error(code)
	c.linger = true
}
