package httpd

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"sync"
)

// exchange is a request as its handler sees it, and the answer. It belongs to one request
// at a time and is used again, because making one takes half as long as all else that is
// done for a short call (BenchmarkRequest). So a handler must not use its request after
// it has returned, which net/http forbids for the body only.
type exchange struct {
	request  http.Request
	url      url.URL
	body     body
	header   http.Header
	values   []string // the values in header, one after the other
	text     []byte   // the texts in values, one after the other
	response response
}

var exchanges = sync.Pool{New: func() any {
	return &exchange{header: http.Header{}, response: response{header: http.Header{}}}
}}

// release gives the exchange back.
func (x *exchange) release() {
	clear(x.header)
	clear(x.values)
	x.response.reset()
	x.request, x.body = http.Request{}, body{}
	exchanges.Put(x)
}

// body is a request's body, which was read.
type body struct {
	bytes.Reader
	whole []byte
}

// Bytes returns the body. It is valid until the handler returns.
func (b *body) Bytes() []byte { return b.whole }

// Close does nothing.
func (b *body) Close() error { return nil }

// take makes the request as net/http's own server would have made it. Where upstream
// takes requests without a version, the version is HTTP/0.9.
func (x *exchange) take(c *conn) *http.Request {
	x.request = *c.blank
	x.url = url.URL{Path: c.target.path, RawQuery: c.target.query}
	x.body.whole = c.body
	x.body.Reset(c.body)
	x.fillHeader(c.head.fields)
	r := &x.request
	r.Method = methodName(c.head.method)
	r.URL = &x.url
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	switch version := string(c.head.version); version {
	case "1.1":
	case "1.0":
		r.Proto, r.ProtoMinor = "HTTP/1.0", 0
	case "":
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/0.9", 0, 9
	default:
		r.Proto = "HTTP/" + version
	}
	r.Header = x.header
	r.Body = &x.body
	r.ContentLength = int64(len(c.body))
	r.RemoteAddr = c.who.Address
	r.RequestURI = string(c.head.uri)
	if host := x.header["Host"]; len(host) > 0 {
		r.Host = host[0]
		delete(x.header, "Host")
	}
	return r
}

// fillHeader copies a head's fields, except those whose values net/http would refuse.
func (x *exchange) fillHeader(fields []field) {
	x.text, x.values = x.text[:0], x.values[:0]
	for i := range fields {
		x.text = append(x.text, fields[i].value...)
	}
	rest := string(x.text)
	for i := range fields {
		f := &fields[i]
		value := rest[:len(f.value)]
		rest = rest[len(f.value):]
		if !plain(value) {
			continue
		}
		name := headerName(f.name)
		if before, double := x.header[name]; double {
			x.header[name] = append(before, value)
			continue
		}
		x.values = append(x.values, value)
		n := len(x.values)
		x.header[name] = x.values[n-1 : n : n]
	}
}

// methodName returns a method as a string, without making one if it is a usual one.
func methodName(method []byte) string {
	switch string(method) {
	case http.MethodPost:
		return http.MethodPost
	case http.MethodGet:
		return http.MethodGet
	}
	return string(method)
}

// usual are names of headers that clients send, in the usual spelling.
var usual = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Length",
		"Content-Type", "Cookie", "Host", "Origin", "Referer", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host",
	} {
		names[name] = name
	}
	return names
}()

func headerName(name []byte) string {
	if s, ok := usual[string(name)]; ok {
		return s
	}
	return textproto.CanonicalMIMEHeaderKey(string(name))
}
