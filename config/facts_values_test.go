package config_test

import (
	"fmt"
	"testing"

	"reeve/config"
)

// parses runs a parser on texts; a text that it refuses is shown by its error.
func parses[T any](t *testing.T, parse func(string) (T, error), facts map[string]string) {
	t.Helper()
	for text, want := range facts {
		v, err := parse(text)
		got := fmt.Sprint(v)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func Test048Integers(t *testing.T) {
	parses(t, config.ParseInt, map[string]string{
		"1": "1", " +7\n": "7", "-3": "-3", "1_000": "1000", "007": "7", "x": "invalid literal for int() with base 10: 'x'",
		"": "invalid literal for int() with base 10: ''", "1__0": "invalid literal for int() with base 10: '1__0'",
		"_1": "invalid literal for int() with base 10: '_1'", "1.0": "invalid literal for int() with base 10: '1.0'",
		"１２": "12", "-٣_٤": "-34", "𝟗𝟘": "90", "²": "invalid literal for int() with base 10: '²'",
	})
}

func Test049ByteSizes(t *testing.T) {
	parses(t, config.ParseBytes, map[string]string{
		"0": "0", "10": "10", "1KB": "1024", "1 kb": "1024", "2Mb": "2097152", "1gb": "1073741824", "-1": "-1",
		"1TB": "invalid literal for int() with base 10: '1tb'", "1b": "invalid literal for int() with base 10: '1b'",
		"１KB": "1024", "1.5MB": "invalid literal for int() with base 10: '1.5'", "MB": "invalid literal for int() with base 10: ''",
	})
}

func Test050OctalNumbers(t *testing.T) {
	parses(t, config.ParseOctal, map[string]string{
		"022": "18", "22": "18", "0o22": "18", "0O22": "18", "０２２": "18", "0": "0", "9": "9 can not be converted to an octal type",
		"": " can not be converted to an octal type", "0x1": "0x1 can not be converted to an octal type",
	})
}

func Test051Signals(t *testing.T) {
	number := func(text string) (int, error) {
		s, err := config.ParseSignal(text)
		return int(s), err
	}
	parses(t, number, map[string]string{
		"TERM": "15", " sigterm ": "15", "9": "9", "hup": "1", "0": "0", "31": "31", "SIGINT": "2",
		"FOO": "value 'FOO' is not a valid signal name", "99": "value '99' is not a valid signal number",
		"": "value '' is not a valid signal name", "-1": "value '-1' is not a valid signal number",
		"33": "value '33' is not a valid signal number",
	})
}

func Test053Paths(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	parses(t, config.ParseDir, map[string]string{
		dir: dir, "~": dir, "~/": dir + "/", dir + "/x": dir + "/x is not an existing directory", "": " is not an existing directory",
	})
	parses(t, config.ParsePath, map[string]string{
		"bare": "bare", "~/f": dir + "/f", dir + "/f": dir + "/f",
		dir + "/x/f": "The directory named as part of the path " + dir + "/x/f does not exist",
	})
}

func Test054Users(t *testing.T) {
	uid := func(text string) (uint32, error) {
		u, err := config.ParseUser(text)
		if err != nil {
			return 0, err
		}
		return u.UID, nil
	}
	parses(t, uid, map[string]string{
		"root": "0", "0": "0", "no-such-user-here": "Invalid user name no-such-user-here", "4000000123": "Invalid user id 4000000123",
	})
}

// The options of [supervisord], shown by a few of them.
func Test063Supervisord(t *testing.T) {
	checkFacts(t, []fact{
		{"defaults", "", "20 18 1024 200 52428800 10 supervisor false "},
		{"047 boolean", "nodaemon=On", "20 18 1024 200 52428800 10 supervisor true "},
		{"047 no boolean", "nodaemon=maybe", "Error: not a valid boolean value: 'maybe'"},
		{"047 empty", "nodaemon=", "Error: not a valid boolean value: ''"},
		{"1G level", "loglevel=BLATHER", "3 18 1024 200 52428800 10 supervisor false "},
		{"1G no level", "loglevel=warning", "Error: bad logging level name 'warning'"},
		{"1G numbers", "umask=077\nminfds=1\nminprocs=2\nlogfile_maxbytes=1KB\nlogfile_backups=0", "20 63 1 2 1024 0 supervisor false "},
		{"039 names", "identifier=%(here)s-%(ENV_N)s", "20 18 1024 200 52428800 10 DIR-5 false "},
		{"042 environment", "environment=A=\"1\",B='x y' ,\n C=3,", "20 18 1024 200 52428800 10 supervisor false A=1|B=x y|C=3"},
		{"060 half a pair", "environment=A", "Error: Unexpected end of key/value pairs in value 'A'"},
		{"060 no quotation", "environment=A=\"", "Error: No closing quotation"},
		{"064 profile_options", "profile_options=x", "20 18 1024 200 52428800 10 supervisor false "},
	}, func(cfg *config.Config) string {
		s := cfg.Supervisord
		return fmt.Sprint(s.LogLevel, s.Umask, s.MinFDs, s.MinProcs, s.LogfileMaxBytes, s.LogfileBackups, " "+s.Identifier+" ", s.NoDaemon, " "+vars(s.Environment))
	})
}

func Test063SectionMustExist(t *testing.T) {
	_, _, err := loadFiles(t, map[string]string{"s.conf": "[program:a]\ncommand=x\n"})
	if err == nil || err.Error() != ".ini file does not include supervisord section" {
		t.Errorf("error %v", err)
	}
}

func Test105CommandLineWinsAndTheFileIsChecked(t *testing.T) {
	dir := write(t, map[string]string{"ok.conf": "[supervisord]\nidentifier=file\n", "bad.conf": "[supervisord]\nloglevel=bad\n"})
	empty, level := "", 10
	over := config.Overrides{Identifier: &empty, LogLevel: &level}
	cfg, err := (&config.Loader{Path: dir + "/ok.conf", Overrides: over}).Load()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Supervisord.Identifier != "" || cfg.Supervisord.LogLevel != 10 {
		t.Errorf("got %+v", cfg.Supervisord)
	}
	if _, err := (&config.Loader{Path: dir + "/bad.conf", Overrides: over}).Load(); err == nil || err.Error() != "bad logging level name 'bad'" {
		t.Errorf("error %v", err)
	}
}
