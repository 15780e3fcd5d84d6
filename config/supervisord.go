package config

import "errors"

// errBothKeepers refuses two keys that ask for opposite things.
var errBothKeepers = errors.New("survive_crash and kill_orphans in section [supervisord] exclude each other: programs can't both go on and be killed")

// supervisord reads the daemon's own section in upstream's order and applies the command
// line on top (facts 1G, 105).
func (b *builder) supervisord(o *Overrides) error {
	s := b.section("supervisord", b.global.with("here", b.cfg.Here))
	sup := &b.cfg.Supervisord
	if err := s.read(b.supervisordOptions()); err != nil {
		return err
	}
	if sup.SurviveCrash && sup.KillOrphans {
		return errBothKeepers
	}
	o.apply(sup)
	if sup.Logfile != "syslog" {
		sup.Logfile = absolute(sup.Logfile)
	}
	sup.Pidfile = absolute(sup.Pidfile)
	s.follows("logfile", sup.Logfile)
	s.follows("pidfile", sup.Pidfile)
	b.trace.commandLine(o)
	if sup.StateFile != "" {
		sup.StateFile = absolute(sup.StateFile)
	}
	return nil
}

// globalEnvironment reads the variables set for all programs. Upstream's releases expand
// them twice and know host_node_name only the second time; what they refuse is expanded
// once, with all names (fact 43).
func (b *builder) globalEnvironment(s *section, o *option) error {
	raw := s.raw(o)
	all := s.names.with("host_node_name", b.host)
	text, err := expandTwice(raw,
		func(text string) (string, error) { return s.names.expand(text, "supervisord.environment") },
		func(text string) (string, error) { return all.expand(text, "environment") })
	if err != nil {
		var again error
		if text, again = all.expand(raw, "environment"); again != nil {
			return err
		}
	}
	b.cfg.Supervisord.Environment, err = parseEnvironment(text)
	s.noteVars(b.cfg.Supervisord.Environment)
	return err
}

// user looks up the daemon's user, after everything else has been read. One given on the
// command line takes its place (fact 109).
func (b *builder) user(override *User) (err error) {
	if _, ok := b.doc.get("supervisord", "user"); ok && override == nil {
		b.cfg.Supervisord.User, err = ParseUser(b.userText)
		err = b.section("supervisord", b.global).hide(&option{key: "user"}, err)
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
