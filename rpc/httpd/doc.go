// Package httpd serves XML-RPC, log tails and web pages over unix and TCP sockets.
//
// It has its own reader of HTTP/1 heads, because upstream takes heads that net/http refuses (no Host, a path as Host, blanks in
// names) and scripts rely on it (checklist 210-216). An ordinary net/http.Handler serves the pages nevertheless: see
// Options.Web.
//
// A connection is one goroutine with one small buffer; a request is one read and one write. Clients do not wait for one another,
// and nothing a client does or leaves out holds up anybody else: heads, bodies and the time for each are bounded (Limits), and
// a client that does not take its reply is dropped when the time to write is over.
//
// What a client may do is decided in front of all handlers: who it is (auth.go), and whether a browser was made to ask by a page
// of another site (site.go decides, guard.go refuses). What it may cost is bounded, too: connections per listener (room.go),
// memory (package budget), and lines of the log (access.go, refusals.go).
//
// Requests of one connection are answered in order, one after the other (pipelining). While an answer takes long, the
// connection is watched: when the client closes it the context of the request ends.
package httpd
