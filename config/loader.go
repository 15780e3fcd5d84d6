package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Loader reads one configuration, any number of times. It is not safe for concurrent use.
type Loader struct {
	// Path is the main file as the user named it; messages use this name. The file is
	// opened by its absolute name, so that a daemon that changed its directory still
	// finds it (fact 7).
	Path string
	// Environ are the variables available as %(ENV_X)s.
	Environ      []string
	HostNodeName string
	// Overrides are the values of the command line. They take precedence over the file's
	// values, which are checked nevertheless (fact 105).
	Overrides Overrides

	// file is absolute. It is set by NewLoader, otherwise by the first Load.
	file string
	// known holds all variables that [supervisord] environment has ever set: ENV_ names
	// are never forgotten (fact 98).
	known []EnvVar
}

// Overrides are values of the command line; nil or false means not given.
type Overrides struct {
	Logfile         *string
	LogfileMaxBytes *int64
	LogfileBackups  *int
	LogLevel        *int
	Pidfile         *string
	Umask           *int
	Directory       *string
	NoDaemon        bool
	Silent          bool
	MinFDs          *int
	MinProcs        *int
	NoCleanup       bool
	ChildLogDir     *string
	User            *User
	StripANSI       bool
	Identifier      *string
}

// NewLoader returns a Loader with this process's environment, its host name as reported
// by uname (fact 46) and its working directory.
func NewLoader(path string) *Loader {
	name, _ := os.Hostname()
	return &Loader{Path: path, Environ: os.Environ(), HostNodeName: name, file: absolute(path)}
}

// HandedLoader is a Loader as plain data, for a program that follows in this process.
type HandedLoader struct {
	Path, File string
	Overrides  Overrides
	Known      []EnvVar `json:",omitempty"`
}

// HandOver returns what TakeLoader needs. While a Load hangs it has to be without known,
// the variables that were ever set.
func (l *Loader) HandOver(known bool) HandedLoader {
	h := HandedLoader{Path: l.Path, File: l.file, Overrides: l.Overrides}
	if known {
		h.Known = l.known
	}
	return h
}

// TakeLoader returns a Loader that goes on from what another one has handed over: for it
// the working directory is what that was when the first of them was made.
func TakeLoader(h HandedLoader, environ []string) *Loader {
	l := NewLoader(h.Path)
	l.Environ, l.file, l.Overrides, l.known = environ, h.File, h.Overrides, h.Known
	return l
}

// Load reads the configuration, in which programs are scaled as the caller says. The error
// is an *Error.
func (l *Loader) Load(scales ...Scale) (*Config, error) {
	cfg, d, err := l.read()
	if err == nil {
		err = l.include(d, cfg, nil)
	}
	if err == nil {
		err = l.build(d, cfg, nil, scales)
	}
	if err != nil {
		return nil, asError(err)
	}
	cfg.Origins = &Origins{d}
	return cfg, nil
}

// read reads the main file.
func (l *Loader) read() (*Config, *document, error) {
	if l.file == "" {
		l.file = absolute(l.Path)
	}
	d, err := readMain(l.Path, l.file)
	return &Config{Path: l.Path, Here: filepath.Dir(l.file)}, d, err
}

// readMain reads the main file, which messages call shown (fact 6: missing and unreadable
// files).
func readMain(shown, file string) (*document, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, &Error{Text: "could not find config file " + shown}
	}
	d := newDocument()
	err := d.readAs(shown, file)
	var path *fs.PathError
	if errors.As(err, &path) {
		return nil, &Error{Text: "could not read config file " + shown}
	}
	return d, err
}

// names returns the names known everywhere: the environment.
func (l *Loader) names() names {
	n := newNames()
	for _, v := range l.Environ {
		if key, value, ok := strings.Cut(v, "="); ok {
			n.texts["ENV_"+key] = value
		}
	}
	return n.withEnv(l.known)
}

// build reads all sections into cfg, and notes their values in t.
func (l *Loader) build(d *document, cfg *Config, t *trace, scales []Scale) error {
	if !d.has("supervisord") {
		return &Error{Text: ".ini file does not include supervisord section"}
	}
	b := &builder{doc: d, cfg: cfg, host: l.HostNodeName, trace: t, scales: scales}
	b.global = l.names()
	if err := b.supervisord(&l.Overrides); err != nil {
		return err
	}
	for _, v := range cfg.Supervisord.Environment {
		l.known = setVar(l.known, v.Key, v.Value)
	}
	b.global = l.names()
	return first(b.rpcInterfaces, b.templates, b.groups, b.listeners, b.dependencies, b.inOrder, b.servers, func() error { return b.user(l.Overrides.User) })
}

// Find returns the first configuration file that exists in the places where both programs
// look for one (fact 1). searched is the list of places, for the message if there is
// none.
func Find(argv0 string) (path string, searched []string) {
	base := textualDir(textualDir(argv0))
	places := []string{
		join(base, "etc/supervisord.conf"), join(base, "supervisord.conf"), "supervisord.conf", "etc/supervisord.conf",
		"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
	}
	i := slices.IndexFunc(places, func(p string) bool { _, err := os.Stat(p); return err == nil })
	if i < 0 {
		return "", places
	}
	return places[i], places
}

// ErrNotFound returns the error of a search without a result (fact 3).
func ErrNotFound(searched []string) error {
	return &Error{Text: fmt.Sprintf("No config file found at default paths (%s); use the -c option to specify a config file at a different path",
		strings.Join(searched, ", "))}
}
