// Package httpd serves XML-RPC, log tails and web pages over unix and TCP sockets.
//
// It has its own reader of HTTP/1 heads, because upstream accepts heads that net/http
// refuses (no Host, a path as Host, spaces in names) and scripts rely on that (facts
// 210-216: heads, versions, connections). The pages are served by an ordinary
// net/http.Handler nevertheless: see Handlers.Web.
//
// A connection is one goroutine with one small buffer; a request is one read and one
// write. Clients do not wait for one another, and nothing that a client does or fails to
// do delays another: heads, bodies and the time for each are bounded (Limits), and a
// client that does not read its reply is dropped when the write deadline has passed.
//
// What a client may do is decided before any handler runs: who it is (auth.go), and
// whether a page of another site is behind a browser's request (site.go decides, guard.go
// refuses). What it may cost is bounded too: connections per listener (room.go), memory
// (package budget), and log lines (access.go, refusals.go).
//
// Requests on one connection are answered one after the other, in order (pipelining).
// While an answer takes long, the connection is watched: when the client closes it, the
// request's context ends.
package httpd
