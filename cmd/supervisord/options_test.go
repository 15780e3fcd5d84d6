package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reeve/config"
	"reeve/config/getopt"
)

func Test101CommandLineErrors(t *testing.T) {
	for _, c := range []struct {
		args string
		want string
	}{
		{"-Z", "option -Z not recognized"},
		{"--bogus", "option --bogus not recognized"},
		{"-c", "option -c requires argument"},
		{"--configuration", "option --configuration requires argument"},
		{"--nodaemon=1", "option --nodaemon must not have an argument"},
		{"--min 3", "option --min not a unique prefix"},
		{"foo it's", `positional arguments are not supported: ['foo', "it's"]`},
		{"-h foo", "positional arguments are not supported: ['foo']"},
		{"-n -n", "conflicting command line option '-n'"},
		{"-n --nodaemon", "conflicting command line option '--nodaemon'"},
		{"-i x -i x", "conflicting command line option '-i'"},
		{"-m 9", "invalid value for -m '9': 9 can not be converted to an octal type"},
		{"-m 9 -h", "invalid value for -m '9': 9 can not be converted to an octal type"},
		{"--loglevel=bad", "invalid value for --loglevel 'bad': bad logging level name 'bad'"},
		{"-e warning", "invalid value for -e 'warning': bad logging level name 'warning'"},
		{"-y 1x", "invalid value for -y '1x': invalid literal for int() with base 10: '1x'"},
		{"-z x", "invalid value for -z 'x': invalid literal for int() with base 10: 'x'"},
		{"-a 1.5", "invalid value for -a '1.5': invalid literal for int() with base 10: '1.5'"},
		{"--minprocs x", "invalid value for --minprocs 'x': invalid literal for int() with base 10: 'x'"},
		{"-d /nodir", "invalid value for -d '/nodir': /nodir is not an existing directory"},
		{"-q /nodir", "invalid value for -q '/nodir': /nodir is not an existing directory"},
		{"-l /nodir/x", "invalid value for -l '/nodir/x': The directory named as part of the path /nodir/x does not exist"},
		{"-j /nodir/x", "invalid value for -j '/nodir/x': The directory named as part of the path /nodir/x does not exist"},
	} {
		_, err := parseOptions(strings.Fields(c.args))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.args, err, c.want)
		}
	}
}

// TestAbbreviationsAreUpstreams: every prefix of a long option of upstream's means what it
// means there; options of our own have to be written in full.
func TestAbbreviationsAreUpstreams(t *testing.T) {
	upstream := []string{
		"help", "configuration", "version", "nodaemon", "user", "umask", "directory", "logfile", "logfile_maxbytes", "logfile_backups",
		"loglevel", "pidfile", "identifier", "childlogdir", "minfds", "minprocs", "nocleanup", "strip_ansi", "profile_options", "silent",
	}
	meant := func(word string) string {
		var all []string
		for _, long := range upstream {
			if long == word {
				return long
			}
			if strings.HasPrefix(long, word) {
				all = append(all, long)
			}
		}
		if len(all) == 1 {
			return all[0]
		}
		return ""
	}
	words := []string{"check", "chec", "json", "j", "handoff-check", "handoff"}
	for _, long := range upstream {
		for i := range long {
			words = append(words, long[:i+1])
		}
	}
	for _, word := range words {
		got := ""
		table := new(options).table()
		for i := range table {
			table[i].Set = func(string) error {
				got = table[i].Long
				return nil
			}
		}
		_, err := getopt.Parse(table, []string{"--" + word, "value"}, nil)
		if strings.HasPrefix(got, "check") || got == "json" || "--"+got == checkOption {
			if got != word {
				t.Errorf("--%s is taken for --%s", word, got)
			}
			continue
		}
		if want := meant(word); got != want {
			t.Errorf("--%s means %q, upstream %q (%v)", word, got, want, err)
		}
	}
}

func Test2AValues(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	o, err := parseOptions(strings.Fields("-nsc x.conf -u root -m 0o27 -d / -l log -y 1KB -z 3 -e TRACE --pid=/p -i id -q . -k -a 5 -t --minprocs=6" +
		" --profile_options=calls"))
	if err != nil {
		t.Fatal(err)
	}
	v := o.overrides
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"configuration", o.path, "x.conf"},
		{"nodaemon", v.NoDaemon, true},
		{"silent", v.Silent, true},
		{"user", v.User.UID, uint32(0)},
		{"umask", *v.Umask, 0o27},
		{"directory", *v.Directory, "/"},
		{"logfile", *v.Logfile, filepath.Join(dir, "log")},
		{"logfile_maxbytes", *v.LogfileMaxBytes, int64(1024)},
		{"logfile_backups", *v.LogfileBackups, 3},
		{"loglevel", *v.LogLevel, 5},
		{"pidfile", *v.Pidfile, "/p"},
		{"identifier", *v.Identifier, "id"},
		{"childlogdir", *v.ChildLogDir, "."},
		{"nocleanup", v.NoCleanup, true},
		{"minfds", *v.MinFDs, 5},
		{"strip_ansi", v.StripANSI, true},
		{"minprocs", *v.MinProcs, 6},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if o, err = parseOptions([]string{"-l", "syslog", "-i", "", "-y", "0"}); err != nil {
		t.Fatal(err)
	}
	// Empty values on the command line override the file's (fact 106).
	if v := o.overrides; *v.Logfile != "syslog" || *v.Identifier != "" || *v.LogfileMaxBytes != 0 {
		t.Errorf("syslog and empty values: %q, %q, %d", *v.Logfile, *v.Identifier, *v.LogfileMaxBytes)
	}
	if o, err = parseOptions([]string{"-u", "no such user"}); err != nil || o.userErr == nil {
		t.Errorf("a bad user: %v now, %v later; it must wait until the configuration is read", err, o.userErr)
	}
}

func Test2AHelpAndVersion(t *testing.T) {
	t.Attr("checklist", "10A.9")
	for args, want := range map[string]string{
		"-v": config.Version + "\n", "--vers": config.Version + "\n", "-v -v": config.Version + "\n", "-v -m 9": config.Version + "\n",
		"-?": "supervisord -- ", "-h": "supervisord -- ", "--help": "supervisord -- ", "-n -h -n -n": "supervisord -- ",
	} {
		o, err := parseOptions(strings.Fields(args))
		if err != nil || o.print == nil {
			t.Errorf("%s: error %v, prints: %v", args, err, o.print != nil)
			continue
		}
		var b strings.Builder
		o.print(&b, "/bin/supervisord")
		if !strings.HasPrefix(b.String(), want) {
			t.Errorf("%s prints %.60q…, want %q…", args, b.String(), want)
		}
	}
}

// TestHelpNamesEveryOption: each has an entry `-x/--word` or `--word` with a description.
func TestHelpNamesEveryOption(t *testing.T) {
	var b strings.Builder
	if err := printHelp(&b, "/bin/supervisord"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\nUsage: /bin/supervisord [options]\n") {
		t.Error("no usage line")
	}
	for _, o := range new(options).table() {
		name := "--" + o.Long
		switch {
		case o.Long == "", "--"+o.Long == checkOption:
			continue // the help omits -?, and what is not for people
		case o.Short != "":
			name = "-" + o.Short + "/" + name
		}
		entry := "\n" + name + " -- "
		if o.Value {
			entry = "\n" + name + " "
		}
		if o.Long == "check" {
			entry = "\n--check [FILE] -- "
		}
		if !strings.Contains(b.String(), entry) {
			t.Errorf("the help does not have %q", entry)
		}
	}
}

func TestLogfileOnTheCommandLineStaysThere(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	o, err := parseOptions([]string{"-l", "x.log", "-j", "x.pid"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir("/"); err != nil {
		t.Fatal(err)
	}
	if got := *o.overrides.Logfile; got != filepath.Join(dir, "x.log") {
		t.Errorf("-l x.log became %s", got)
	}
	if got := *o.overrides.Pidfile; got != filepath.Join(dir, "x.pid") {
		t.Errorf("-j x.pid became %s", got)
	}
}
