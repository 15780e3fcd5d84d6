// Package config reads supervisord.conf: text to an immutable, fully expanded Config.
//
// The way of a file: dialect.go reads upstream's line rules into sections and keys that know where they stood; include.go adds
// the files named by [include]; the files for each kind of section expand and check the values by tables of options. Whatever
// is wrong comes out as one *Error, whose text is upstream's where upstream has one, before anything was changed.
package config

import (
	"syscall"
	"time"
)

// Config is one configuration. It is plain data and must not be changed.
type Config struct {
	Path          string // of the main file, as it was given
	Here          string // its directory, absolute
	Supervisord   Supervisord
	Groups        []*Group // by priority, then name; two may have one name (checklist 95, 96)
	Servers       []Server // in the order in which they are opened (checklist 90)
	RPCInterfaces []Plugin
	ServerURL     string   // what children are told; empty: there is none (checklist 91)
	Warnings      []string // for the main log
	Infos         []string
}

// EnvVar is one variable.
type EnvVar struct{ Key, Value string }

// User is a user that exists.
type User struct {
	Name string // as written
	UID  uint32
	GID  uint32 // the primary group
}

// Supervisord is the section [supervisord] with the command line on top (checklist 1G, 105).
type Supervisord struct {
	Logfile         string // absolute, or "syslog"
	LogfileMaxBytes int64
	LogfileBackups  int
	LogLevel        int // upstream's number: 50 for critical … 3 for blather
	Pidfile         string
	Umask           int
	Directory       string // empty: none
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
}

// Kind is the kind of a group.
type Kind int

// The kinds, in the order that decides between equals (checklist 96).
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
	Processes []*Process // stored order (checklist 70, 75)
	Listener  *Listener  // of an event listener group
}

// Listener is what [eventlistener:x] has beyond a program.
type Listener struct {
	BufferSize    int
	Events        []string // upper case, as written, without doubles
	ResultHandler string   // one of Handlers
	LengthInBytes bool     // `len` in front of a payload counts bytes, not characters (fact 196)
}

// Autorestart says what follows an exit.
type Autorestart int

// The choices.
const (
	AutorestartNever Autorestart = iota
	AutorestartUnexpected
	AutorestartAlways
)

// Process is one process of a group.
type Process struct {
	Name         string
	Program      string // the part of its section's name behind the colon
	Command      string
	Directory    string // empty: the daemon's
	Umask        *int
	User         *User
	Priority     int
	Autostart    bool
	Autorestart  Autorestart
	StartFor     time.Duration
	StartRetries int
	StopSignal   syscall.Signal
	StopWait     time.Duration
	StopAsGroup  bool
	KillAsGroup  bool
	ExitCodes    []int
	// RedirectStderr sends stderr where stdout goes.
	RedirectStderr bool
	Stdout, Stderr LogConfig
	Environment    []EnvVar // global and own, own last
	ServerURL      *string  // nil: Config.ServerURL; empty: children are told none
	FastCGI        *FastCGI // the socket that is its stdin
}

// LogConfig is what is done with one channel.
type LogConfig struct {
	File            string // empty: none, or Auto
	Auto            bool
	Empty           bool // no file, but as an empty name: getAllConfigInfo shows the difference
	MaxBytes        int64
	Backups         int
	CaptureMaxBytes int64
	Events          bool
	Syslog          bool
}

// FastCGI is the socket of a [fcgi-program:x] (facts 77-80).
type FastCGI struct {
	URL     string
	Network string // unix or tcp
	Address string
	Backlog int // 0: the system's maximum
	Owner   *Owner
	Mode    uint32
}

// Owner owns a socket file; -1 leaves the group as it is.
type Owner struct{ UID, GID int }

// Server is one HTTP server (facts 87-92).
type Server struct {
	Section  string
	Path     string // of a unix socket; empty: TCP
	Mode     uint32
	Owner    *Owner
	Host     string // empty: all interfaces
	Port     int
	Username string
	Password string
	// AllowedHosts are names, NAME:PORT, *.DOMAIN or * that browsers may use for the server besides its own.
	AllowedHosts []string
	// TrustedProxies are peers whose X-Forwarded-Host counts: addresses, networks, or * alone for all.
	TrustedProxies []string
	MaxConnections int // 0: not given
}

// Plugin is a section that names code: [rpcinterface:x], [ctlplugin:x].
type Plugin struct {
	Name    string
	Factory string
	Options map[string]string
}
