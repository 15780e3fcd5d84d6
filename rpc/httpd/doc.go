// Package httpd is the transport for upstream's clients: HTTP/1 over unix and TCP
// sockets. What answers the requests are ordinary http.Handlers, which are mounted on it
// and do not know it; package transport has what both sides agree on.
//
// It has its own reader of HTTP/1 heads, because upstream accepts heads that net/http
// refuses (no Host, a path as Host, spaces in names) and scripts rely on that (facts
// 210-216: heads, versions, connections). A handler sees such a request as net/http's
// own server would have made it (request.go) and answers it as it would there
// (response.go).
//
// A connection is one goroutine with one small buffer; a request is one read and one
// write. Clients do not wait for one another, and nothing that a client does or fails to
// do delays another: heads, bodies and the time for each are bounded (Limits), and a
// client that does not read its reply is dropped when the write deadline has passed.
//
// What a client may do is decided before any handler runs: who it is (auth.go), and
// whether a page of another site is behind a browser's request (site.go decides, guard.go
// refuses). What is known then about the sender travels in the request's context
// (peer.go, package caller). What a client may cost is bounded too: connections per
// listener (room.go), memory (package budget), and log lines (access.go, refusals.go).
//
// Requests on one connection are answered one after the other, in order (pipelining).
// While an answer takes long, the connection is watched: when the client closes it, the
// request's context ends.
//
// A Server can be handed over to a successor, in this process or in the image that
// replaces it (handover.go, takeover.go): BeginHandOver, FinishHandOver, Take. Clients
// notice nothing: who connects meanwhile waits, what was received and not answered is
// answered there, and what a slow client has not read goes out from there. Every
// goroutine of a connection ends at a point between two steps, which is what HandedConn
// describes; waits for the client are ended by deadlines that have passed, which lose no
// byte. A request is handed over unanswered only if its handler says so (package carry).
package httpd
