// Package transport has what the transports (rpc/httpd is one) and the handlers that are
// mounted on them agree on. Neither side imports the other.
//
// A transport refuses what it must before any handler runs: wrong credentials, requests
// beyond its limits, browsers on behalf of other sites' pages (Mount.Guard). Then it
// calls the handler with a request whose URL.Path is decoded once and keeps its
// parameters (from the first semicolon), and whose context
//
//   - says who sent it: package caller;
//   - bounds what it may cost: package budget;
//   - lets it be handed over to another image of the daemon: package carry;
//   - ends when the client goes away or the transport closes.
//
// A handler needs nothing but its *http.Request and http.ResponseWriter, and works under
// net/http and net/http/httptest, too. It calls budget.Lasts before it waits for long or
// streams; sends what it has with Flush; sets Connection: close if the client must not
// send further requests; and panics with http.ErrAbortHandler to break an answer off.
// Streams end with the request's context, or because the handler's own Close was called:
// transports do not end them, as those of net/http do not.
package transport
