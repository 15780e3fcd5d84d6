package httpd

import (
	"net/netip"
	"os"
	"time"

	"reeve/rpc/budget"
	"reeve/supervisor/process"
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

// Options are shared by the endpoints of a Server.
type Options struct {
	// Namespaces are the configured RPC namespaces, in order, for the log line "RPC
	// interface 'NAME' initialized".
	Namespaces []string
	// Log writes a line to the daemon's log. It must be safe for concurrent use. nil:
	// nothing is logged.
	Log func(level process.Level, line string)
	// Tracing reports whether lines of level Trace are wanted; if not, they are not even
	// made. nil: they are wanted.
	Tracing func() bool
	// Stale is called before a stale socket file is removed; nil: upstream's line goes to
	// stderr (fact 223: stale sockets).
	Stale func(path string)
	// Remade is called when a socket file that was removed was made again, with another
	// descriptor. nil: nobody has to know.
	Remade func()
	// Limits bounds clients; a zero field means that of DefaultLimits.
	Limits Limits
	// Memory bounds what requests and replies hold.
	Memory budget.Limits
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
	DelayFor: 5 * time.Second,
}
