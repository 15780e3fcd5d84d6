package httpd

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// headRoom is how many bytes are kept free before the body in a connection's output
// buffer, so that head and body go out in one write.
const headRoom = 512

// reasons are upstream's reason phrases where they differ from net/http's.
var reasons = map[int]string{
	302: "Moved Temporarily", 408: "Request Time-out", 413: "Request Entity Too Large", 414: "Request-URI Too Large",
	504: "Gateway Time-out", 505: "HTTP Version not supported",
}

func reason(code int) string {
	if r, ok := reasons[code]; ok {
		return r
	}
	return http.StatusText(code)
}

// errorBody appends upstream's error page (fact 214: body of an error). why is markup
// that explains the error.
func errorBody(b []byte, code int, why string) []byte {
	b = append(b, "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n<p>Error code "...)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, ".\r\n<p>Message: "...)
	b = append(b, reason(code)...)
	b = append(b, ".\r\n"...)
	b = append(b, why...)
	return append(b, "</body>\r\n"...)
}

// ErrorPage answers with a status and upstream's error page (fact 214), to HEAD too, as
// upstream does.
func ErrorPage(w http.ResponseWriter, code int) {
	body := errorBody(nil, code, "")
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r, ok := w.(*response); ok {
		r.bodyForHead = true
	}
	w.WriteHeader(code)
	_, _ = w.Write(body)
}

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
	b = append(b, reason(code)...)
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

// sharedBuffer is the size of the largest output buffer that is kept for other
// connections.
const sharedBuffer = 8 << 20

// outBuffers holds big output buffers that are not in use, for the next connection that
// needs one.
var outBuffers sync.Pool // of *[]byte

// begin returns the output buffer, empty but for headRoom bytes.
func (c *conn) begin() []byte {
	if cap(c.out) < headRoom {
		if big, ok := outBuffers.Get().(*[]byte); ok {
			c.out = *big
		} else {
			c.out = make([]byte, 0, 2048)
		}
	}
	return c.out[:headRoom]
}

// shareOut leaves a big output buffer to other connections.
func (c *conn) shareOut() {
	if cap(c.out) > keptBuffer {
		big := c.out
		c.out = nil
		if cap(big) <= sharedBuffer {
			outBuffers.Put(&big)
		}
	}
}

// send sends what was appended to begin's buffer as the body of a reply. extra holds more
// header lines, each ending in CRLF.
func (c *conn) send(out []byte, code int, contentType, extra string) {
	c.out = out[:0]
	var room [headRoom]byte
	h := c.appendHead(room[:0], code, contentType, len(out)-headRoom)
	h = append(h, extra...)
	h = append(h, crlf...)
	if len(h) > headRoom { // no reply of ours has so large a head
		out, h = append(h, out[headRoom:]...), nil
	} else {
		out = out[headRoom-len(h):]
	}
	copy(out, h)
	if c.hold(out) || c.write(out) {
		c.access(code, len(out))
	}
}

// error answers with an error page.
func (c *conn) error(code int) { c.explain(code, "") }

// explain answers with an error page that says why, in markup. A client takes the body of
// a reply to HEAD for the next reply, so the connection ends after it.
func (c *conn) explain(code int, why string) {
	c.keep = c.keep && string(c.head.method) != http.MethodHead
	c.send(errorBody(c.begin(), code, why), code, "text/html", "")
}

// refuse answers with an error page and closes the connection: what follows cannot be
// told apart from the refused request.
func (c *conn) refuse(code int) {
	c.keep = false
	c.error(code)
	c.linger = true
}
