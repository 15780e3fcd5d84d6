package config_test

import (
	"errors"
	"strings"
	"testing"

	"reeve/config"
)

// TestLogTextKeepsSecrets: the text for a log says what is wrong and where, without
// values of environment=, passwords, environment variables or lines of the file; the
// error itself is still upstream's.
func TestLogTextKeepsSecrets(t *testing.T) {
	const in = " in section 'program:p' (file: 'DIR/s.conf')"
	for text, want := range map[string]string{
		"[supervisord]\nenvironment=A=s3cret,B":                                   "invalid value of supervisord.environment",
		"[supervisord]\nenvironment=A=\"s3cret":                                   "invalid value of supervisord.environment",
		"[supervisord]\nenvironment=A=\"s3cret%(nope)s\"":                         "invalid value of supervisord.environment",
		"[supervisord]\n[program:p]\ncommand=x\nenvironment=s3cret":               "invalid value of program:p.environment" + in,
		"[supervisord]\n[program:p]\ncommand=x\nenvironment=A=\"s3cret%\"":        "invalid value of program:p.environment" + in,
		"[supervisord]\n[program:p]\ncommand=x --password=s3cret %(nope)s":        "Format string for 'program:p.command' contains names ('nope') which cannot be expanded" + in,
		"[supervisord]\n[program:p]\ncommand=x -ps3cret%":                         "Format string for 'program:p.command' is badly formatted: incomplete format" + in,
		"[supervisord]\n[program:p]\ncommand=x\nautostart=%(ENV_TOKEN)s":          "invalid value of program:p.autostart" + in,
		"[supervisord]\n[inet_http_server]\nport=%(ENV_TOKEN)s":                   "invalid value of inet_http_server.port",
		"[supervisord]\n[unix_http_server]\nfile=x\nchown=%(ENV_TOKEN)s":          "invalid value of unix_http_server.chown",
		"[supervisord]\n[unix_http_server]\nfile=x\nusername=u\npassword=s3cret%": "invalid value of unix_http_server.password",
		"[supervisord]\nuser=%(ENV_TOKEN)s":                                       "invalid value of supervisord.user",
		"[unix_http_server]\npassword\ns3cret\n":                                  "Source contains parsing errors: 'DIR/s.conf'\n\t[line  2]\n\t[line  3]",
		"password=s3cret":                                                         "File contains no section headers.\nfile: 'DIR/s.conf', line: 1",
	} {
		_, err := load(t, text)
		if err == nil {
			t.Errorf("%q is accepted", text)
			continue
		}
		if got := relative(errors.New(config.LogText(err))); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", text, got, want)
		}
		if strings.Contains(text, "=s3cret") && !strings.Contains(text, "ENV_") && !strings.Contains(err.Error(), "s3cret") && !strings.Contains(err.Error(), "quotation") {
			t.Errorf("%q: the error lost what it complains about: %v", text, err)
		}
	}
}
