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

	// Path is the file of a unix socket, absolute. Empty: TCP.
	Path string
	Mode os.FileMode // of the socket file
	UID  int         // owner of the socket file; -1: unchanged
	GID  int

	// Host and Port of a TCP socket; an empty Host is every interface. An IPv6 address may be in brackets; anything else is
	// IPv4 only (checklist 224).
	Host string
	Port int

	// Username asks for basic authentication on every path. Password is plain, or {SHA} and 40 hex digits (checklist 222).
	Username string
	Password string

	// AllowedHosts are further names of this server: NAME, NAME:PORT, *.DOMAIN or *. Browsers may use them.
	AllowedHosts []string
	// TrustedProxies may say in X-Forwarded-Host by what name they were called; TrustAll: every peer may.
	TrustedProxies []netip.Prefix
	TrustAll       bool
	// MaxConnections bounds the connections; 0: 512.
	MaxConnections int
}

// RPC carries out calls.
type RPC interface {
	// Call appends the whole reply document to dst (xmlrpc.AppendReply) and returns it. An error that is a *xmlrpc.Fault is
	// sent as a fault, any other as status 500; dst is then forgotten. Call may take as long as it needs: ctx ends when the
	// client goes away or the server closes. It is called from many goroutines. dst must not be kept.
	Call(ctx context.Context, call xmlrpc.Call, dst []byte) ([]byte, error)
	// Prompt tells whether a method waits for nothing but the supervisor's loop: replies before that one may wait for it.
	Prompt(method string) bool
}

// Logs finds the files that /logtail and /mainlogtail stream. An error, or a file that is not there, is status 404.
type Logs interface {
	// ProcessLog returns the log of a process. name is as the client gave it: PROCESS or GROUP:PROCESS. channel is "stdout" or
	// "stderr".
	ProcessLog(ctx context.Context, name, channel string) (path string, err error)
	// MainLog returns the daemon's own log.
	MainLog() (path string, err error)
}

// Level is how urgent a log line is.
type Level int

// The levels that httpd uses; names as in upstream's loglevel.
const (
	Trace Level = iota
	Info
	Warn
	Error
	Critical
)

// Options are what the endpoints of a Server share.
type Options struct {
	// Namespaces are the RPC namespaces configured, in order, for the log line "RPC interface 'NAME' initialized".
	Namespaces []string
	// Log writes a line to the daemon's log; safe for concurrent use. nil: nothing is logged.
	Log func(level Level, line string)
	// Tracing tells whether lines of level Trace are wanted at all; if not they are not even made. nil: they are.
	Tracing func() bool
	// Stale is told of each stale socket file that is removed; nil: a line on stderr as upstream's (checklist 223).
	Stale func(path string)
	// Limits; zero fields mean DefaultLimits.
	Limits Limits
	// Memory bounds what requests and replies hold.
	Memory budget.Limits
}

// Handlers answer the requests.
type Handlers struct {
	// RPC answers POST to /RPC2; nil: status 404.
	RPC RPC
	// Logs finds the logs to stream; nil: every one is status 404.
	Logs Logs
	// Web answers everything else. nil: /ok.html, and errors as upstream's for what is not there (checklist 219, 295).
	// The handler gets requests whose URL.Path is decoded and begins with exactly one slash, whose Host may be empty, and whose
	// body was read. Its writer is an http.Flusher: what it writes is sent when it flushes (so server-sent events work), at the
	// end, and whenever 64 KiB have gathered; a reply that is never flushed has a Content-Length. The request's context ends
	// when the client goes away or the server closes, and carries the budget of the reply. ErrorPage makes errors of upstream's
	// form; LocalName tells what to use instead of an empty Host; SiteOf tells whether another site's page is behind a request,
	// which only the handler can judge. What takes long has to ask Lasts first.
	Web http.Handler
}

// Limits bound what a client may cost.
type Limits struct {
	Head int // bytes of a head; longer is status 400
	Body int // bytes of a body; longer is status 413

	IdleFor  time.Duration // from one request to the first byte of the next (checklist 220)
	HeadFor  time.Duration // from a head's first byte to its last; of the first head from the connection on
	BodyFor  time.Duration // from a head's last byte to the last of its body
	WriteFor time.Duration // for each 256 KiB of a reply
	WatchFor time.Duration // how long an answer may take before the connection is watched for the client going away
	PollFor  time.Duration // between two looks at a log that is streamed
	DelayFor time.Duration // the longest delay of the answer to a login, of a peer whose logins fail again and again
}

// DefaultLimits are the limits of the design, with times that only a client that has gone astray exceeds.
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
