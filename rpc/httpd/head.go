package httpd

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"reeve/rpc/transport"
)

// head is a request's head. Its slices point into the buffer it was parsed from.
type head struct {
	line    []byte // the whole request line, for the log
	method  []byte
	uri     []byte
	version []byte // what follows HTTP/; empty if the line has no version
	fields  []field
}

type field struct{ name, value []byte }

var (
	crlf    = []byte("\r\n")
	headEnd = []byte("\r\n\r\n") // bare line feeds never end a head (fact 210)

	errGarbage = errors.New("not the head of an HTTP request")
	errEmpty   = errors.New("nothing before the end of the head")
)

// maxVersion bounds the version, because the reply repeats it.
const maxVersion = 16

// parse parses a head; b is everything up to, not including, headEnd. errEmpty: there are
// only empty lines, upon which upstream closes the connection (fact 210). errGarbage:
// anything else that is not a request (fact 211: request lines).
//
// It accepts what upstream accepts: no header is required, names may contain spaces, a
// bare line feed is part of its line.
func (h *head) parse(b []byte) error {
	h.fields = h.fields[:0]
	for bytes.HasPrefix(b, crlf) {
		b = b[2:]
	}
	if len(b) == 0 {
		return errEmpty
	}
	if !utf8.Valid(b) {
		return errGarbage
	}
	h.line, b = cutLine(b)
	if err := h.requestLine(); err != nil {
		return err
	}
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			if len(h.fields) == 0 {
				return errGarbage
			}
			last := &h.fields[len(h.fields)-1]
			if framing(last.name) {
				return errGarbage
			}
			last.value = append(bytes.Clone(last.value), line[1:]...)
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if n := len(name); n > 0 && (name[n-1] == ' ' || name[n-1] == '\t') && framing(bytes.TrimRight(name, " \t")) {
			return errGarbage
		}
		h.fields = append(h.fields, field{name, bytes.Trim(value, " \t")})
	}
	return nil
}

// framing reports whether a header says where the request ends. Those must be
// unambiguous: where a proxy in front of us reads one differently, a client could hide a
// second request.
func framing(name []byte) bool {
	return len(name) == len("Content-Length") && equalFold(name, "Content-Length") ||
		len(name) == len("Transfer-Encoding") && equalFold(name, "Transfer-Encoding")
}

func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, crlf)
	return line, rest
}

// requestLine parses METHOD SP URI, or METHOD SP URI SP HTTP/x.y, with single spaces
// (fact 211).
func (h *head) requestLine() error {
	var ok bool
	var rest []byte
	h.version = nil
	h.method, rest, ok = bytes.Cut(h.line, []byte(" "))
	if !ok || len(h.method) == 0 {
		return errGarbage
	}
	h.uri, rest, ok = bytes.Cut(rest, []byte(" "))
	if len(h.uri) == 0 {
		return errGarbage
	}
	if !ok {
		return nil
	}
	if h.version, ok = bytes.CutPrefix(rest, []byte("HTTP/")); !ok || len(h.version) == 0 || len(h.version) > maxVersion {
		return errGarbage
	}
	for _, c := range h.version {
		if (c < '0' || c > '9') && c != '.' {
			return errGarbage
		}
	}
	return nil
}

// get returns the first header of that name, in any case. Upstream requires a space after
// the colon (fact 216: header look-up); here it is optional.
func (h *head) get(name string) (value []byte, ok bool) {
	for i := range h.fields {
		if f := &h.fields[i]; len(f.name) == len(name) && equalFold(f.name, name) {
			return f.value, true
		}
	}
	return nil, false
}

// equalFold compares ASCII regardless of case. The lengths must be equal.
func equalFold(b []byte, s string) bool {
	for i := range len(s) {
		x, y := b[i], s[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// is reports whether the header is there with that value, both in any case.
func (h *head) is(name, value string) bool {
	v, ok := h.get(name)
	return ok && len(v) == len(value) && equalFold(v, value)
}

// contentLength reads the header Content-Length. status is 0 if it is valid, else the
// status to answer: as upstream, 500 if it is not a number and 400 if it is negative;
// here also 400 for any sign or for several that differ, and 413 beyond limit.
func (h *head) contentLength(limit int) (n, status int) {
	v, given := h.get("Content-Length")
	for i := range h.fields {
		if f := &h.fields[i]; given && len(f.name) == len("Content-Length") && equalFold(f.name, "Content-Length") && !bytes.Equal(f.value, v) {
			return 0, 400
		}
	}
	if len(v) == 0 {
		return 0, 0
	}
	digits := v
	if v[0] == '-' || v[0] == '+' {
		digits = v[1:]
	}
	if len(digits) == 0 {
		return 0, 500
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, 500
		}
		n = min(n*10+int(c-'0'), limit+1)
	}
	switch {
	case len(digits) < len(v):
		return 0, 400
	case n > limit:
		return 0, 413
	}
	return n, 0
}

// target is a URI taken apart.
type target struct {
	path  string // before the first ? or #
	query string // without the ?
}

// decodeURI decodes the percent escapes before the last ?, once (fact 218: paths are
// decoded once). Bytes that are not UTF-8 then are replaced.
func decodeURI(uri []byte) string {
	path, query := uri, []byte(nil)
	if i := bytes.LastIndexByte(uri, '?'); i >= 0 {
		path, query = uri[:i], uri[i:]
	}
	return transport.Unquote(string(path)) + string(query)
}

func splitURI(uri string) (t target) {
	uri, _, _ = strings.Cut(uri, "#")
	t.path, t.query, _ = strings.Cut(uri, "?")
	return t
}
