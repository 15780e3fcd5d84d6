package config

// supervisord reads the daemon's own section in upstream's order and applies the command
// line on top (facts 1G, 105).
func (b *builder) supervisord(o *Overrides) error {
	s := b.section("supervisord", b.global.with("here", b.cfg.Here))
	sup := &b.cfg.Supervisord
	err := first(
		read(s, "minfds", "1024", ParseInt, &sup.MinFDs),
		read(s, "minprocs", "200", ParseInt, &sup.MinProcs),
		given(s, "directory", ParseDir, &sup.Directory),
		given(s, "user", asIs, &b.userText),
		read(s, "umask", "022", ParseOctal, &sup.Umask),
		read(s, "logfile", "supervisord.log", ParsePath, &sup.Logfile),
		read(s, "logfile_maxbytes", "50MB", ParseBytes, &sup.LogfileMaxBytes),
		read(s, "logfile_backups", "10", ParseInt, &sup.LogfileBackups),
		read(s, "loglevel", "info", ParseLogLevel, &sup.LogLevel),
		read(s, "pidfile", "supervisord.pid", ParsePath, &sup.Pidfile),
		read(s, "identifier", "supervisor", asIs, &sup.Identifier),
		read(s, "nodaemon", "false", parseBool, &sup.NoDaemon),
		read(s, "silent", "false", parseBool, &sup.Silent),
		read(s, "childlogdir", tempDir(), ParseDir, &sup.ChildLogDir),
		read(s, "nocleanup", "false", parseBool, &sup.NoCleanup),
		read(s, "strip_ansi", "false", parseBool, &sup.StripANSI),
		func() error { return b.globalEnvironment(s) },
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

// globalEnvironment reads the variables set for all programs. Upstream's releases expand
// them twice and know host_node_name only the second time; what they refuse is expanded
// once, with all names (fact 43).
func (b *builder) globalEnvironment(s *section) error {
	raw, _ := s.raw("environment", "")
	all := s.names.with("host_node_name", b.host)
	text, err := expandTwice(raw,
		func(text string) (string, error) { return s.names.expand(text, "supervisord.environment") },
		func(text string) (string, error) { return all.expand(text, "environment") })
	if err != nil {
		var again error
		if text, again = all.expand(raw, "environment"); again != nil {
			return s.hide(err, "environment")
		}
	}
	b.cfg.Supervisord.Environment, err = parseEnvironment(text)
	return s.hide(err, "environment")
}

// user looks up the daemon's user, after everything else has been read. One given on the
// command line takes its place (fact 109).
func (b *builder) user(override *User) (err error) {
	if _, ok := b.doc.get("supervisord", "user"); ok && override == nil {
		b.cfg.Supervisord.User, err = ParseUser(b.userText)
		err = b.section("supervisord", b.global).hide(err, "user")
	}
	return err
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
	s.User = o.User
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
