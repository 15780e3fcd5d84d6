package httpd

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// response is the ResponseWriter of one request. As in net/http it is for one goroutine
// at a time, until the handler returns.
type response struct {
	c         *conn
	header    http.Header
	code      int          // 0: WriteHeader was not called yet
	mime      string       // of these three, what the header was then
	length    int          // -1: not declared
	more      bytes.Buffer // all other fields
	out       []byte       // headRoom bytes, then what was written and not yet sent
	sent      int
	head      bool // the request was HEAD
	keepBody  bool // send the body though it was HEAD
	streaming bool // the head is sent
	flushed   bool // by the handler
	chunked   bool
	failed    bool
}

// begin starts the answer to the connection's request.
func (w *response) begin(c *conn) {
	w.c, w.out = c, c.begin()
	w.head = string(c.head.method) == http.MethodHead
}

// goOn makes it the rest of a reply that was handed over.
func (w *response) goOn(r *HandedReply) {
	w.code, w.length, w.sent = r.Code, r.Length, r.Sent
	w.chunked, w.c.keep = r.Chunked, r.Keep
	w.streaming, w.flushed, w.c.watch.replied = true, true, true
}

// reset makes it fit for another request.
func (w *response) reset() {
	header, more := w.header, w.more
	clear(header)
	if more.Reset(); more.Cap() > keptBuffer {
		more = bytes.Buffer{}
	}
	*w = response{header: header, more: more}
}

func (w *response) Header() http.Header { return w.header }

// KeepBody implements transport.BodyKeeper.
func (w *response) KeepBody() { w.keepBody = true }

// ours are the fields that the server makes itself, from the handler's or without them.
var ours = map[string]bool{
	"Server": true, "Date": true, "X-Content-Type-Options": true, "Cross-Origin-Resource-Policy": true,
	"Connection": true, "Transfer-Encoding": true, "Content-Type": true, "Content-Length": true,
}

func (w *response) WriteHeader(code int) {
	if w.code != 0 || code < 200 {
		return
	}
	w.code, w.length = code, -1
	more := false // later changes of the header do not count
	for name, values := range w.header {
		switch {
		case len(values) == 0:
		case name == "Content-Type":
			w.mime = values[0]
		case name == "Content-Length":
			if n, err := strconv.Atoi(values[0]); err == nil {
				w.length = n
			}
		case name == "Connection" && values[0] == "close":
			w.c.keep, w.c.linger = false, true
		default:
			more = more || !ours[name]
		}
	}
	if more {
		_ = w.header.WriteSubset(&w.more, ours)
	}
}

func (w *response) bodyless() bool {
	return w.head && !w.keepBody || w.code == http.StatusNoContent || w.code == http.StatusNotModified
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.c.carry.Handed():
		return len(b), nil // the successor sends it
	case w.failed:
		return 0, io.ErrClosedPipe
	case w.code == http.StatusNoContent || w.code == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case w.bodyless():
		return len(b), nil
	case w.length >= 0 && len(w.out)+len(b) > keptBuffer:
		w.flush()
		w.write(b) // is not copied
	default:
		if w.out = append(w.out, b...); len(w.out) > keptBuffer {
			w.flush()
		}
	}
	if w.failed {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

// Flush sends what was written so far. A flushed reply without a Content-Length ends with
// an empty chunk or with the connection.
func (w *response) Flush() {
	w.flushed = true
	w.flush()
}

// FlushError is Flush for http.ResponseController.
func (w *response) FlushError() error {
	w.Flush()
	if w.failed {
		return io.ErrClosedPipe
	}
	return nil
}

func (w *response) flush() {
	if w.failed || w.c.carry.Handed() {
		return
	}
	w.WriteHeader(http.StatusOK)
	body := w.out[headRoom:]
	w.out = w.out[:headRoom]
	var b []byte
	if !w.streaming {
		w.streaming = true
		known := w.length >= 0 || w.bodyless()
		w.chunked = !known && w.c.keep && string(w.c.head.version) == "1.1"
		if !known && !w.chunked {
			w.c.keep = false
		}
		b = w.appendHead(nil, -1)
	}
	if len(body) > 0 {
		b = appendChunk(b, body, w.chunked)
	}
	w.write(b)
}

func (w *response) write(b []byte) {
	w.failed = w.failed || !w.c.write(b)
	w.sent += len(b)
}

// appendHead appends the whole head, with the final empty line. length counts if the
// handler declared none; < 0: it has none.
func (w *response) appendHead(b []byte, length int) []byte {
	if w.head && w.keepBody {
		w.c.keep = false // see conn.explain
	}
	if w.length >= 0 {
		length = w.length
	}
	b = w.c.appendHead(b, w.code, w.mime, length)
	b = append(b, w.more.Bytes()...)
	if w.chunked {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	return append(b, crlf...)
}

func appendChunk(b, data []byte, chunked bool) []byte {
	if !chunked {
		return append(b, data...)
	}
	b = strconv.AppendInt(b, int64(len(data)), 16)
	b = append(b, crlf...)
	b = append(b, data...)
	return append(b, crlf...)
}

// finish sends the rest after the handler has returned, and logs the request, unless it
// was a stream: upstream does not log those.
func (w *response) finish() {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.failed:
		return
	case !w.streaming:
		length := len(w.out) - headRoom
		if w.code == http.StatusNoContent || w.code == http.StatusNotModified {
			length = -1
		}
		var room [headRoom]byte
		size, ok := w.c.sendWith(w.appendHead(room[:0], length), w.out)
		w.sent, w.failed = size, !ok
	default:
		w.flush()
		if w.chunked && !w.failed {
			w.write([]byte("0\r\n\r\n"))
		}
	}
	w.c.out = w.out[:0]
	if !w.failed && (!w.flushed || w.length >= 0) {
		w.c.access(w.code, w.sent)
	}
}
