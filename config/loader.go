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

// Loader reads one configuration, again and again. It is not safe for concurrent use.
type Loader struct {
	// Path is the main file as the user named it; messages show it so. It is read by its absolute name, so that a daemon that
	// changed its directory still finds it (checklist 7).
	Path string
	// Environ are the variables that %(ENV_X)s knows.
	Environ      []string
	HostNodeName string
	// Overrides are the values of the command line; they win over the file's, which are checked all the same (checklist 105).
	Overrides Overrides

	file  string   // absolute
	known []EnvVar // what [supervisord] environment ever had: such names are never forgotten (checklist 98)
}

// Overrides are values of the command line; nil is not given.
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

// NewLoader makes a Loader for this process: its environment, its host's name.
func NewLoader(path string) *Loader {
	return &Loader{Path: path, Environ: os.Environ(), HostNodeName: nodeName()}
}

// Load reads the configuration. The error is an *Error.
func (l *Loader) Load() (*Config, error) {
	if l.file == "" {
		l.file = absolute(l.Path)
	}
	cfg := &Config{Path: l.Path, Here: filepath.Dir(l.file)}
	d, err := readMain(l.Path, l.file)
	if err != nil {
		return nil, asError(err)
	}
	if err := l.include(d, cfg); err != nil {
		return nil, asError(err)
	}
	if err := l.build(d, cfg); err != nil {
		return nil, asError(err)
	}
	return cfg, nil
}

// asError makes sure that whatever is wrong is an *Error.
func asError(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{err.Error()}
}

// readMain reads the main file: shown is its name in messages, file the one to open (checklist 6).
func readMain(shown, file string) (*document, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{"could not find config file " + shown}
	}
	d := newDocument()
	err := d.readAs(shown, file)
	var path *fs.PathError
	if errors.As(err, &path) {
		return nil, &Error{"could not read config file " + shown}
	}
	return d, err
}

// names are those known everywhere: the environment.
func (l *Loader) names() names {
	n := newNames()
	for _, v := range l.Environ {
		if key, value, ok := strings.Cut(v, "="); ok {
			n.texts["ENV_"+key] = value
		}
	}
	return n.withEnv(l.known)
}

// build reads all sections.
func (l *Loader) build(d *document, cfg *Config) error {
	if !d.has("supervisord") {
		return &Error{".ini file does not include supervisord section"}
	}
	b := &builder{doc: d, cfg: cfg, host: l.HostNodeName}
	b.global = l.names()
	if err := b.supervisord(&l.Overrides); err != nil {
		return err
	}
	for _, v := range cfg.Supervisord.Environment {
		l.known = setVar(l.known, v.Key, v.Value)
	}
	b.global = l.names()
	for _, step := range []func() error{b.groups, b.servers, b.rpcInterfaces} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// builder turns the sections of a document into a Config.
type builder struct {
	doc    *document
	cfg    *Config
	host   string
	global names // ENV_ names
}

// section is one section being read: what its values may refer to, and how complaints about it end.
type section struct {
	b    *builder
	name string
	// names are known to all of its values; early ones in the first phase of a program (checklist 40).
	names names
}

func (b *builder) section(name string, n names) *section { return &section{b: b, name: name, names: n} }

// raw is the text of a key before expansion.
func (s *section) raw(key, fallback string) (text string, given bool) {
	if text, given = s.b.doc.get(s.name, key); given {
		return text, true
	}
	return fallback, false
}

// text is the expanded text of a key. Values that are not in the file are not expanded.
func (s *section) text(key, fallback string) (string, error) {
	raw, given := s.raw(key, fallback)
	if !given {
		return raw, nil
	}
	return s.names.expand(raw, s.name+"."+key)
}

// value reads a key: its text is expanded, then parsed.
func value[T any](s *section, key, fallback string, parse func(string) (T, error)) (T, error) {
	text, err := s.text(key, fallback)
	if err != nil {
		var zero T
		return zero, err
	}
	return parse(text)
}

// Find returns the first configuration file that exists where both programs look for one (checklist 1); the list is for the
// message if there is none.
func Find(argv0 string) (path string, searched []string) {
	base := ""
	if dir := textualDir(argv0); dir != "" || strings.Contains(argv0, "/") {
		base = textualDir(dir)
	}
	places := []string{
		join2(base, "etc/supervisord.conf"), join2(base, "supervisord.conf"), "supervisord.conf", "etc/supervisord.conf",
		"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
	}
	i := slices.IndexFunc(places, func(p string) bool { _, err := os.Stat(p); return err == nil })
	if i < 0 {
		return "", places
	}
	return places[i], places
}

// textualDir is Python's dirname: everything before the last slash.
func textualDir(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return ""
	}
	if head := strings.TrimRight(path[:i], "/"); head != "" {
		return head
	}
	return path[:i+1]
}

func join2(dir, name string) string {
	if dir == "" {
		return name
	}
	return join(dir, name)
}

// ErrNotFound makes the message of a search without a result (checklist 3).
func ErrNotFound(searched []string) error {
	return &Error{fmt.Sprintf("No config file found at default paths (%s); use the -c option to specify a config file at a different path",
		strings.Join(searched, ", "))}
}
