package transport

import (
	"net/http"
	"strconv"
)

// reasons are upstream's reason phrases where they differ from net/http's.
var reasons = map[int]string{
	302: "Moved Temporarily", 408: "Request Time-out", 413: "Request Entity Too Large", 414: "Request-URI Too Large",
	504: "Gateway Time-out", 505: "HTTP Version not supported",
}

// Reason returns upstream's reason phrase for a status.
func Reason(code int) string {
	if r, ok := reasons[code]; ok {
		return r
	}
	return http.StatusText(code)
}

// AppendErrorPage appends upstream's error page (fact 214: body of an error). why is
// markup that explains the error.
func AppendErrorPage(b []byte, code int, why string) []byte {
	b = append(b, "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n<p>Error code "...)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, ".\r\n<p>Message: "...)
	b = append(b, Reason(code)...)
	b = append(b, ".\r\n"...)
	b = append(b, why...)
	return append(b, "</body>\r\n"...)
}

// BodyKeeper is a ResponseWriter that can send the body of an answer to HEAD.
type BodyKeeper interface {
	// KeepBody is called before the head is written.
	KeepBody()
}

// ErrorPage answers with a status and upstream's error page (fact 214). Upstream sends it
// to HEAD, too; so does a transport that is a BodyKeeper.
func ErrorPage(w http.ResponseWriter, code int) {
	body := AppendErrorPage(nil, code, "")
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if k, ok := w.(BodyKeeper); ok {
		k.KeepBody()
	}
	w.WriteHeader(code)
	_, _ = w.Write(body)
}

// HasLength reports whether a request says how long its body is. One with an empty body
// does so only if there is a Content-Length.
func HasLength(r *http.Request) bool {
	return r.ContentLength > 0 || r.ContentLength == 0 && r.Header.Get("Content-Length") != ""
}
