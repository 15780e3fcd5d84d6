package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Test262Precedence: the command line wins over the file, the file over the defaults.
func Test262Precedence(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, "[supervisorctl]\nserverurl=unix://%(here)s/x.sock\nusername=u\npassword=%(ENV_P)s\nprompt=p\nhistory_file=%(here)s/h\ncolor=true\n")
	dir := filepath.Dir(file)
	s, err := loadSettings([]string{"ctl", "-c", file}, []string{"P=secret"})
	if err != nil {
		t.Fatal(err)
	}
	if s.serverURL != "unix://"+dir+"/x.sock" || *s.username != "u" || *s.password != "secret" || s.prompt != "p" ||
		s.historyFile != dir+"/h" || s.color != "auto" || !s.interactive {
		t.Errorf("from the file: %+v", s)
	}
	s, err = loadSettings([]string{"ctl", "--color", "-c" + file, "--serv=http://h", "-u", "", "-pq", "-r", "other", "status", "-c", "x"}, []string{"P="})
	if err != nil {
		t.Fatal(err)
	}
	if s.serverURL != "http://h" || *s.username != "" || *s.password != "q" || s.historyFile != "other" || s.color != "always" ||
		s.interactive || len(s.args) != 3 {
		t.Errorf("from the command line: %+v", s)
	}
	s, err = loadSettings([]string{"ctl", "-c", writeConfig(t, "[supervisorctl]\n"), "pid"}, nil)
	if err != nil || s.serverURL != "http://localhost:9001" || s.username != nil || s.password != nil || s.prompt != "supervisor" ||
		s.historyFile != "" || s.color != "" {
		t.Errorf("defaults: %+v, %v", s, err)
	}
}

// TestColorIsNeverAbbreviated: `--c` and `--co` are upstream's abbreviations of
// --configuration.
func TestColorIsNeverAbbreviated(t *testing.T) {
	t.Parallel()
	file := writeConfig(t, "[supervisorctl]\ncolor=never\n")
	for _, option := range []string{"--c", "--co", "--con"} {
		if s, err := loadSettings([]string{"ctl", option, file, "pid"}, nil); err != nil || s.color != "" {
			t.Errorf("%s: %+v, %v", option, s, err)
		}
	}
}

func TestOptionErrors(t *testing.T) {
	t.Parallel()
	plugin := writeConfig(t, "[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=a:b\n")
	blue := writeConfig(t, "[supervisorctl]\ncolor=blue\n")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-s", "foo"}, "invalid value for -s 'foo': value 'foo' is not a URL"},
		{[]string{"--serverurl=unix:", "pid"}, "invalid value for --serverurl 'unix:': value 'unix:' is not a URL"},
		{[]string{"-c", "/nonexistent/x"}, "could not find config file /nonexistent/x"},
		{[]string{"-c", plugin}, "a:b cannot be resolved within [ctlplugin:x]: Python code can't be run here; remove the section, or name " +
			"supervisorwildcards.controllerplugin:make_wildcards_controllerplugin, supervisor_quick:make_quick_controllerplugin, " +
			"supervisorserialrestart.controllerplugin:make_serialrestart_controllerplugin, supervisor_cache.controllerplugin:make_cache_controllerplugin or mr.laforge.controllerplugin:make_laforge_controllerplugin"},
		{[]string{"-c", blue}, "supervisorctl.color is 'blue', not never, auto or always"},
		{[]string{"--history-file=x"}, "option --history-file not recognized"},
	} {
		if _, err := loadSettings(append([]string{"ctl"}, test.args...), nil); err == nil || err.Error() != test.want {
			t.Errorf("%q: %v, want %s", test.args, err, test.want)
		}
	}
	for _, option := range []string{"-h", "-?", "--help", "-ih"} {
		if _, err := loadSettings([]string{"ctl", option}, nil); !errors.Is(err, errHelp) {
			t.Errorf("%s: %v", option, err)
		}
	}
}
