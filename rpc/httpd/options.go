package httpd

import (
	"context"
	"net/http"
	"net/netip"
	"os"
	"time"

	"reeve/rpc/budget"
	"reeve/rpc/xmlrpc"
)

// Endpoint is one [unix_http_server] or [inet_http_server] section.
type Endpoint struct {
	Section string // name of the section as written, for the log

	// Path is the absolute path of a unix socket. Empty: TCP.
	Path string
	Mode os.FileMode // of the socket file
	UID  int         // owner of the socket file; -1: unchanged
	GID  int

	// Host and Port of a TCP socket; an empty Host means every interface. An IPv6 address
	// may be in brackets; anything else is IPv4 only (fact 224: listen backlog,
	// SO_REUSEADDR, IPv4).
	Host string
	Port int

	// Username, if not empty, requires basic authentication on every path. Password is
	// plain, or {SHA} and 40 hex digits (fact 222: schemes, passwords).
	Username string
	Password string

	// AllowedHosts are further names by which browsers may use this server: NAME,
	// NAME:PORT, *.DOMAIN or *.
	AllowedHosts []string
	// TrustedProxies are the peers whose X-Forwarded-Host is believed; with TrustAll
	// every peer's is.
	TrustedProxies []netip.Prefix
	TrustAll       bool
	// MaxConnections bounds the number of connections; 0 means 512.
	MaxConnections int
}

// RPC carries out XML-RPC calls. Its methods are called from many goroutines.
type RPC interface {
	// Call appends the whole reply document to dst (xmlrpc.AppendReply) and returns it.
	// An error that is a *xmlrpc.Fault is sent as a fault, any other as status 500; the
	// result is then ignored. Call may take as long as it needs: ctx ends when the client
	// goes away or the server closes. dst must not be kept.
	Call(ctx context.Context, call xmlrpc.Call, dst []byte) ([]byte, error)
	// Prompt reports whether a method waits for nothing but the supervisor's loop:
	// earlier replies on the connection may then be held until its reply.
	Prompt(method string) bool
}

// Logs finds the files that /logtail and /mainlogtail stream. An error, or a file that is
// not there, is status 404.
type Logs interface {
	// ProcessLog returns the log of a process. name is as the client gave it: PROCESS or
	// GROUP:PROCESS. channel is "stdout" or "stderr".
	ProcessLog(ctx context.Context, name, channel string) (path string, err error)
	// MainLog returns the daemon's own log.
	MainLog() (path string, err error)
}

// Level is the severity of a log line.
type Level int

// The levels that httpd uses, named as in upstream's loglevel.
const (
	Trace Level = iota
	Info
	Warn
	Error
	Critical
)

// Options are shared by the endpoints of a Server.
type Options struct {
	// Namespaces are the configured RPC namespaces, in order, for the log line "RPC
	// interface 'NAME' initialized".
	Namespaces []string
	// Log writes a line to the daemon's log. It must be safe for concurrent use. nil:
	// nothing is logged.
	Log func(level Level, line string)
	// Tracing reports whether lines of level Trace are wanted; if not, they are not even
	// made. nil: they are wanted.
	Tracing func() bool
	// Stale is called before a stale socket file is removed; nil: upstream's line goes to
	// stderr (fact 223: stale sockets).
	Stale func(path string)
	// Limits bounds clients; a zero field means that of DefaultLimits.
	Limits Limits
	// Memory bounds what requests and replies hold.
	Memory budget.Limits
}

// Handlers answer the requests that were admitted.
type Handlers struct {
	// RPC answers POST to /RPC2; nil: status 404.
	RPC RPC
	// Logs finds the logs to stream; nil: status 404 for every log.
	Logs Logs
	// Web answers everything else. nil: /ok.html, and upstream's errors for everything
	// else (facts 219 and 295: static files, pages). The handler gets requests whose
	// URL.Path is decoded and begins with exactly one slash, whose Host may be empty, and
	// whose body was read. Its writer is an http.Flusher: what it writes is sent when it
	// flushes (so server-sent events work), at the end, and whenever 64 KiB have
	// collected; a reply that is never flushed has a Content-Length. The request's
	// context ends when the client goes away or the server closes, and carries the budget
	// of the reply. ErrorPage makes errors of upstream's form; LocalName returns what to
	// use instead of an empty Host; SiteOf reports whether another site's page is behind
	// a request, which only the handler can judge. A handler that takes long must call
	// Lasts first.
	Web http.Handler
}

// Limits bound what a client may cost.
type Limits struct {
	Head int // bytes of a head; longer is status 400
	Body int // bytes of a body; longer is status 413

	IdleFor time.Duration // from one request to the first byte of the next (fact 220)
	// from a head's first byte, or for the first head from the connection, to its last
	HeadFor  time.Duration
	BodyFor  time.Duration // from a head's last byte to the last of its body
	WriteFor time.Duration // for each 256 KiB of a reply
	WatchFor time.Duration // how long an answer may take before its client is watched
	PollFor  time.Duration // between two reads of a streamed log
	// the longest delay of the answer to a peer whose logins keep failing
	DelayFor time.Duration
}

// DefaultLimits are the usual limits; only a faulty client exceeds their times.
var DefaultLimits = Limits{
	Head: 64 << 10,
	Body: 64 << 20,

	IdleFor:  30 * time.Minute,
	HeadFor:  15 * time.Second,
	BodyFor:  30 * time.Minute,
	WriteFor: 5 * time.Minute,
	WatchFor: 500 * time.Millisecond,
	PollFor:  100 * time.Millisecond,
	DelayFor: 5 * time.Second,
}
