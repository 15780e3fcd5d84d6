package httpd

import (
	"context"
	"net"
	"net/http"
)

// Server is a set of open endpoints.
type Server struct{}

// Open opens the endpoints in the order given (checklist 90 wants TCP before unix) and serves them until Close or Shutdown. If
// one cannot be opened the others are closed again; the error's text is upstream's (checklist 111) and is fit to be shown as it is.
func Open(endpoints []Endpoint, options Options) (*Server, error) { return &Server{}, nil }

// Addrs are the addresses that the endpoints listen on, in their order.
func (s *Server) Addrs() []net.Addr { return nil }

// Close stops listening, removes the socket files that this Server made, and drops all connections.
func (s *Server) Close() error { return nil }

// Shutdown stops listening and removes the socket files like Close, drops idle connections, and waits until the requests in
// flight were answered or ctx ends; then it drops what is left. Streams of logs and events end at once.
func (s *Server) Shutdown(ctx context.Context) error { return nil }

// ErrorPage answers with a status and upstream's error page (checklist 214).
func ErrorPage(w http.ResponseWriter, code int) {}

// LocalName is the server's own name and port as upstream would put them into a redirect for a request without Host
// (checklist 301): of a unix socket "<unix domain socket>" and its path.
func LocalName(r *http.Request) (name, port string) { return "", "" }
