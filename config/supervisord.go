package config

import (
	"os"
	"path/filepath"
)

// supervisord reads the daemon's own section in upstream's order, and lays the command line over it (checklist 1G, 105).
func (b *builder) supervisord(o *Overrides) error {
	s := b.section("supervisord", b.global.with("here", b.cfg.Here))
	sup := &b.cfg.Supervisord
	here := b.cfg.Here
	path := func(text string) (string, error) { return parsePath(text, here) }
	dir := func(text string) (string, error) { return parseDir(text, here) }
	text := func(text string) (string, error) { return text, nil }
	err := first(
		read(s, "minfds", "1024", ParseInt, &sup.MinFDs),
		read(s, "minprocs", "200", ParseInt, &sup.MinProcs),
		given(s, "directory", dir, &sup.Directory),
		read(s, "umask", "022", ParseOctal, &sup.Umask),
		read(s, "logfile", "supervisord.log", path, &sup.Logfile),
		read(s, "logfile_maxbytes", "50MB", ParseBytes, &sup.LogfileMaxBytes),
		read(s, "logfile_backups", "10", ParseInt, &sup.LogfileBackups),
		read(s, "loglevel", "info", ParseLogLevel, &sup.LogLevel),
		read(s, "pidfile", "supervisord.pid", path, &sup.Pidfile),
		read(s, "identifier", "supervisor", text, &sup.Identifier),
		read(s, "nodaemon", "false", parseBool, &sup.NoDaemon),
		read(s, "silent", "false", parseBool, &sup.Silent),
		read(s, "childlogdir", tempDir(), dir, &sup.ChildLogDir),
		read(s, "nocleanup", "false", parseBool, &sup.NoCleanup),
		read(s, "strip_ansi", "false", parseBool, &sup.StripANSI),
		b.globalEnvironment,
		given(s, "user", ParseUser, &sup.User),
	)
	if err != nil {
		return err
	}
	o.apply(sup)
	if sup.Logfile != "syslog" {
		sup.Logfile = absolute(sup.Logfile)
	}
	sup.Pidfile = absolute(sup.Pidfile)
	return nil
}

func (b *builder) globalEnvironment() error {
	raw, _ := b.doc.get("supervisord", "environment")
	text, err := b.global.with("here", b.cfg.Here, "host_node_name", b.host).expand(raw, "environment")
	if err != nil {
		return err
	}
	b.cfg.Supervisord.Environment, err = parseEnvironment(text)
	return err
}

// first carries steps out in order until one fails.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// read is the step of reading one option into a field.
func read[T any](s *section, key, fallback string, parse func(string) (T, error), into *T) func() error {
	return func() (err error) {
		*into, err = value(s, key, fallback, parse)
		return err
	}
}

// given is the same for an option without a default.
func given[T any](s *section, key string, parse func(string) (T, error), into *T) func() error {
	return func() (err error) {
		if _, ok := s.raw(key, ""); ok {
			*into, err = value(s, key, "", parse)
		}
		return err
	}
}

func (o *Overrides) apply(s *Supervisord) {
	set(&s.Logfile, o.Logfile)
	set(&s.LogfileMaxBytes, o.LogfileMaxBytes)
	set(&s.LogfileBackups, o.LogfileBackups)
	set(&s.LogLevel, o.LogLevel)
	set(&s.Pidfile, o.Pidfile)
	set(&s.Umask, o.Umask)
	set(&s.Directory, o.Directory)
	set(&s.MinFDs, o.MinFDs)
	set(&s.MinProcs, o.MinProcs)
	set(&s.ChildLogDir, o.ChildLogDir)
	set(&s.Identifier, o.Identifier)
	if o.User != nil {
		s.User = o.User
	}
	s.NoDaemon = s.NoDaemon || o.NoDaemon
	s.Silent = s.Silent || o.Silent
	s.NoCleanup = s.NoCleanup || o.NoCleanup
	s.StripANSI = s.StripANSI || o.StripANSI
}

func set[T any](into, from *T) {
	if from != nil {
		*into = *from
	}
}

// tempDir is where Python puts temporary files: the first usable place of its list.
func tempDir() string {
	places := []string{os.Getenv("TMPDIR"), os.Getenv("TEMP"), os.Getenv("TMP"), "/tmp", "/var/tmp", "/usr/tmp"}
	for _, dir := range places {
		if info, err := os.Stat(dir); dir != "" && err == nil && info.IsDir() {
			return absolute(dir)
		}
	}
	return filepath.Clean(absolute("."))
}
