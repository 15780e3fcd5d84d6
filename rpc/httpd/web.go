package httpd

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// serveWeb hands a request to an ordinary http.Handler.
func (c *conn) serveWeb(length bool) {
	h := c.s.handlers.Web
	if h == nil {
		h = http.HandlerFunc(withoutWeb)
	}
	method := string(c.head.method)
	path := "/" + strings.TrimLeft(c.target.path, "/")
	if (method == http.MethodGet || method == http.MethodPost) && isPage(path) {
		switch {
		case c.target.params:
			c.error(http.StatusNotFound) // upstream hangs (fact 306: path parameters)
			return
		case method == http.MethodPost && !length:
			c.error(http.StatusLengthRequired)
			return
		case len(c.head.version) == 0:
			// upstream fails without a version (fact 212)
			c.error(http.StatusInternalServerError)
			return
		}
	}
	if !c.flush() {
		return
	}
	w := &response{c: c, head: method == http.MethodHead, out: c.begin()}
	c.watch.begin(c, c.s.options.Limits.WatchFor)
	h.ServeHTTP(w, c.webRequest(method, path))
	w.finish()
}

type connKey struct{}

// webRequest returns the request as net/http's own server would have made it.
func (c *conn) webRequest(method, path string) *http.Request {
	r := &http.Request{
		Method:        method,
		URL:           &url.URL{Path: path, RawQuery: c.target.query},
		Proto:         "HTTP/" + string(c.head.version),
		ProtoMajor:    1,
		Header:        make(http.Header, len(c.head.fields)),
		Body:          io.NopCloser(bytes.NewReader(c.body)),
		ContentLength: int64(len(c.body)),
		RemoteAddr:    c.peer,
		RequestURI:    string(c.head.uri),
	}
	if string(c.head.version) != "1.0" {
		r.ProtoMinor = 1
	}
	for _, f := range c.head.fields {
		if strings.ContainsFunc(string(f.value), isControl) {
			continue
		}
		r.Header.Add(string(f.name), string(f.value))
	}
	r.Host = r.Header.Get("Host")
	r.Header.Del("Host")
	return r.WithContext(c.ctx)
}

// SiteOf returns where a request comes from: Script if it is not one of this package's.
func SiteOf(r *http.Request) Site {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		return Script
	}
	return c.site
}

// LocalName returns the server's own name and port, as upstream puts them into a redirect
// for a request without Host (fact 301: an action answers with a redirection). For a unix
// socket they are "<unix domain socket>" and its path.
func LocalName(r *http.Request) (name, port string) {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		return "localhost", "80"
	}
	return c.endpoint.name, c.endpoint.port
}

// response is the ResponseWriter of one request. As in net/http it is for one goroutine
// at a time.
type response struct {
	c           *conn
	header      http.Header
	code        int    // 0: WriteHeader was not called yet
	out         []byte // headRoom bytes, then what was written and not yet sent
	sent        int
	head        bool // the request was HEAD
	bodyForHead bool
	streaming   bool // the head is sent
	chunked     bool
	failed      bool
}

func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *response) WriteHeader(code int) {
	if w.code == 0 && code >= 200 {
		w.code = code
		w.header = w.Header().Clone() // later changes do not count
	}
}

func (w *response) bodyless() bool {
	return w.head && !w.bodyForHead || w.code == http.StatusNoContent || w.code == http.StatusNotModified
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.failed:
		return 0, io.ErrClosedPipe
	case w.code == http.StatusNoContent || w.code == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case w.bodyless():
		return len(b), nil
	}
	w.out = append(w.out, b...)
	if len(w.out) > keptBuffer {
		w.Flush()
	}
	if w.failed {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

// Flush sends what was written so far. A flushed reply without a Content-Length ends with
// an empty chunk or with the connection.
func (w *response) Flush() {
	if w.failed {
		return
	}
	w.WriteHeader(http.StatusOK)
	body := w.out[headRoom:]
	w.out = w.out[:headRoom]
	var b []byte
	if !w.streaming {
		w.streaming = true
		known := w.header.Get("Content-Length") != "" || w.bodyless()
		w.chunked = !known && w.c.keep && string(w.c.head.version) == "1.1"
		if !known && !w.chunked {
			w.c.keep = false
		}
		b = w.appendHead(-1)
	}
	if len(body) > 0 {
		b = appendChunk(b, body, w.chunked)
	}
	w.write(b)
}

// FlushError is Flush for http.ResponseController.
func (w *response) FlushError() error {
	w.Flush()
	if w.failed {
		return io.ErrClosedPipe
	}
	return nil
}

func (w *response) write(b []byte) {
	w.failed = !w.c.write(b)
	w.sent += len(b)
}

// appendHead returns the whole head, with the final empty line. length counts if the
// handler set no Content-Length; < 0: none.
func (w *response) appendHead(length int) []byte {
	contentType := w.header.Get("Content-Type")
	w.header.Del("Content-Type")
	if w.head && w.bodyForHead {
		w.c.keep = false // see conn.explain
	}
	for _, ours := range []string{"Server", "Date", "Connection", "Transfer-Encoding", "X-Content-Type-Options", "Cross-Origin-Resource-Policy"} {
		w.header.Del(ours)
	}
	if n, err := strconv.Atoi(w.header.Get("Content-Length")); err == nil {
		length = n
	}
	w.header.Del("Content-Length")
	b := w.c.appendHead(nil, w.code, contentType, length)
	var more bytes.Buffer
	_ = w.header.Write(&more)
	b = append(b, more.Bytes()...)
	if w.chunked {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	return append(b, crlf...)
}

// finish sends the rest after the handler has returned, and logs the request.
func (w *response) finish() {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.failed:
		return
	case w.streaming:
		w.Flush()
		if w.chunked && !w.failed {
			w.write([]byte("0\r\n\r\n"))
		}
	default:
		length := len(w.out) - headRoom
		if w.code == http.StatusNoContent || w.code == http.StatusNotModified {
			length = -1
		}
		w.write(append(w.appendHead(length), w.out[headRoom:]...))
	}
	w.c.out = w.out[:0]
	if !w.failed {
		w.c.access(w.code, w.sent)
	}
}
