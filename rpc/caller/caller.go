// Package caller says who sent a request, and from where.
//
// A transport makes an Identity once its own checks have passed, and puts it into the
// request's context; handlers, log lines and whatever decides about access read it there
// with Of, and need not know which transport it was. An Identity never changes: a request
// that differs from the one before on its connection gets another.
package caller

import (
	"context"
	"net/netip"
)

// Identity is the sender of a request. The zero value is a sender that no transport has
// vouched for.
type Identity struct {
	// User is the name that was proved; empty where Auth is not Password.
	User string
	Auth Auth

	// Address is the peer as log lines name it: IP:PORT, or localhost:0 for a unix socket
	// (fact 138: log lines of requests).
	Address string
	IP      netip.Addr // of a TCP peer, else not valid
	Unix    *Process   // at the other end of a unix socket; nil if the system does not say

	Site   Site
	Server Server
}

// Auth is how a sender was authenticated.
type Auth int

// The ways. More of them come with more transports.
const (
	Unknown  Auth = iota // not at all: no transport has set the identity
	Unasked              // the server asks for no credentials
	Password             // a name and its password
)

// Site is where a request comes from. A browser sends the requests of any page that a
// person views, with that person's network access and credentials, so a browser's request
// must come from a page of this server; other clients are not restricted.
type Site int

// The sites.
const (
	Unsure Site = iota // a browser that does not say; a person must confirm the action
	Script             // not a browser
	// a browser, for a page of this server or for its user (a typed address, a bookmark)
	Own
	Foreign // a browser, for a page of another site
)

// Process is a process on this machine, as it was when it connected.
type Process struct {
	PID      int // 0 if the system does not say
	UID, GID int
}

// Server is the server that received a request, by the names that upstream has for it.
type Server struct {
	Section string // of the configuration
	// Name and Port are what a redirect of a request without Host contains (fact 301): for
	// a unix socket "<unix domain socket>" and its path.
	Name, Port string
}

type key struct{}

var nobody Identity

// With returns a context that carries an identity, which must not be changed afterwards.
func With(ctx context.Context, who *Identity) context.Context {
	return context.WithValue(ctx, key{}, who)
}

// Of returns the identity that a context carries. It is never nil: without one it is the
// zero Identity. The caller must not change it.
func Of(ctx context.Context) *Identity {
	if who, ok := ctx.Value(key{}).(*Identity); ok {
		return who
	}
	return &nobody
}
