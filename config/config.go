// Package config reads supervisord.conf: text in, an immutable, fully expanded Config
// out.
//
// A file passes through dialect.go, which reads lines by upstream's rules into sections
// and keys that know where they came from; include.go, which adds the files named by
// [include]; template.go, which finds out what programs inherit; and one file per kind of
// section, which expands and checks the values from a table of options. Every problem is
// returned as one *Error before anything has changed. Its text is upstream's where
// upstream has one.
package config

import (
	"time"

	"reeve/config/health"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// Config is one configuration. It is plain data and must not be changed.
type Config struct {
	Path        string // the main file, as given
	Here        string // its directory, absolute
	Supervisord Supervisord
	// Groups are sorted by priority, then name; two may have the same name
	// (facts 95, 96).
	Groups        []*Group
	Servers       []Server // in the order in which they are opened (fact 90)
	RPCInterfaces []Plugin
	// ServerURL is the address of the daemon that children get by default; empty: none
	// (fact 91).
	ServerURL string
	// InOrder are the [program:x] sections as plug-ins see them that start programs in
	// order; nil if no event listener runs such a plug-in.
	InOrder []order.PluginProgram
	// Scaled are the scales with which the configuration was read and that it follows,
	// Unscaled those that it does not.
	Scaled   []Scale    `json:",omitempty"`
	Unscaled []Unscaled `json:",omitempty"`
	Warnings []string   // for the main log
	Infos    []string
	// Origins are where the keys come from; nil in a configuration that is kept, which
	// would only hold memory with them.
	Origins *Origins `json:"-"`
}

// EnvVar is one environment variable.
type EnvVar struct{ Key, Value string }

// User is a user known to the system.
type User struct {
	Name string // as written
	UID  uint32
	GID  uint32 // the primary group
}

// Supervisord is the section [supervisord] with the command line applied on top
// (facts 1G, 105: options, and the command line over the file).
type Supervisord struct {
	Logfile         string // absolute, or "syslog"
	LogfileMaxBytes int64
	LogfileBackups  int
	LogLevel        int // upstream's number: 50 for critical … 3 for blather
	Pidfile         string
	Umask           int
	Directory       string // empty: unchanged
	NoDaemon        bool
	Silent          bool
	MinFDs          int
	MinProcs        int
	NoCleanup       bool
	ChildLogDir     string
	User            *User
	StripANSI       bool
	Environment     []EnvVar
	Identifier      string
	SurviveCrash    bool
	KillOrphans     bool
	MaxStarting     int    // how many programs may be STARTING at once; 0: any number
	StateFile       string `json:",omitempty"` // empty: not given; see StatePath
}

// Kind is the kind of section that a group comes from.
type Kind int

// The kinds, in the order of groups with equal priority and name (fact 96).
const (
	KindHeterogeneous Kind = iota
	KindProgram
	KindEventListener
	KindFastCGI
)

// Group is a process group.
type Group struct {
	Name      string
	Kind      Kind
	Priority  int
	Processes []*Process // stored order (facts 70, 75)
	Listener  *Listener  // only for event listener groups
}

// Listener holds the options that an [eventlistener:x] has and a program does not.
type Listener struct {
	BufferSize    int
	Events        []string // upper case, in file order, without duplicates
	ResultHandler string   // one of Handlers
	// LengthInBytes makes the `len` of an event header count the bytes of the payload
	// instead of its characters (fact 196).
	LengthInBytes bool
}

// Process is one process of a group.
type Process struct {
	Name      string
	Program   string // the name of its section, after the colon
	Command   string
	Directory string // empty: the daemon's
	Umask     *int
	User      *User
	Priority  int
	process.Policy
	// RedirectStderr sends stderr to where stdout goes.
	RedirectStderr bool
	Stdout, Stderr LogConfig
	Environment    []EnvVar // global variables, then the program's own
	ServerURL      *string  // nil: use Config.ServerURL; empty: children get none
	FastCGI        *FastCGI // the socket that becomes its stdin
	Listen         Listen   `json:",omitzero"` // the sockets that it gets from us
	Essential      Essential
	KeepStopped    bool            `json:",omitempty"` // once stopped by hand it stays so
	Checks         health.Settings // of readiness and health
	DependsOn      string          // as written
	Needs          []order.Need    // what it means
	OnDependency   order.OnDependency
}

// Essential says when the end of a program is the end of supervisord. An end that was
// asked for never is.
type Essential int

// The choices of essential=.
const (
	NotEssential   Essential = iota
	EssentialFatal           // when it is FATAL
	EssentialExit            // then, or when it has ended and is not started again
)

// LogConfig says what happens to the output of one channel, stdout or stderr.
type LogConfig struct {
	File string // empty: none, or see Auto
	Auto bool
	// Empty says that the file was given as an empty name. There is no log, but
	// getAllConfigInfo shows the difference.
	Empty           bool
	MaxBytes        int64
	Backups         int
	CaptureMaxBytes int64
	Events          bool
	Syslog          bool
}

// FastCGI is the socket of an [fcgi-program:x] (facts 77-80).
type FastCGI struct {
	URL     string
	Network string // unix or tcp
	Address string
	Backlog int // 0: the system's maximum
	Owner   *Owner
	Mode    uint32
}

// Listen is the sockets that the daemon holds for a program.
type Listen struct {
	Sockets   []ListenSocket
	Mode      uint32 // of the files of unix sockets
	Owner     *Owner // of the same
	Backlog   int    // 0: the system's maximum
	ReusePort bool
	FCGI      bool // the one socket becomes descriptor 0
	// IdleTimeout is after which time without connections the program is stopped; 0: never.
	IdleTimeout time.Duration
}

// ListenSocket is one of these sockets.
type ListenSocket struct {
	Name    string // in LISTEN_FDNAMES
	Network string // unix or tcp
	Address string
}

// URL returns the address as a file has it.
func (s ListenSocket) URL() string { return s.Network + ":" + s.Address }

// Owner is the owner of a socket file. A GID of -1 leaves the group unchanged.
type Owner struct{ UID, GID int }

// Server is one HTTP server (facts 87-92).
type Server struct {
	Section  string
	Path     string // path of a unix socket; empty: TCP
	Mode     uint32
	Owner    *Owner
	Host     string // empty: all interfaces
	Port     int
	Username string
	Password string
	// AllowedHosts are the names (NAME, NAME:PORT, *.DOMAIN or *) that browsers may use
	// for the server besides its own.
	AllowedHosts []string
	// TrustedProxies are peers whose X-Forwarded-Host counts: addresses, networks, or *
	// alone for all.
	TrustedProxies []string
	MaxConnections int // 0: not given
}

// Plugin is a section that names code: [rpcinterface:x] or [ctlplugin:x].
type Plugin struct {
	Name    string
	Factory string
	Options map[string]string
}
