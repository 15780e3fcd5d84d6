package config

import (
	"path/filepath"
	"strings"
)

// CtlConfig is the section [supervisorctl]; credentials that are not set are nil
// (fact 262).
type CtlConfig struct {
	ServerURL   string
	Username    *string
	Password    *string
	Prompt      string
	HistoryFile string // absolute; empty: none
	Color       string // never, always or auto; upstream has no such option
	Plugins     []Plugin
}

// LoadCtl reads the section that supervisorctl uses. It does not follow [include]
// (fact 33). Without a path it returns the defaults (fact 4). The error is an *Error.
func LoadCtl(path string, environ []string) (*CtlConfig, error) {
	if path == "" {
		return &CtlConfig{ServerURL: "http://localhost:9001", Prompt: "supervisor"}, nil
	}
	file := absolute(path)
	d, err := readMain(path, file)
	if err != nil {
		return nil, asError(err)
	}
	if !d.has("supervisorctl") {
		return nil, &Error{Text: ".ini file does not include supervisorctl section"}
	}
	l := &Loader{Environ: environ}
	b := &builder{doc: d, global: l.names()}
	c := &CtlConfig{}
	plain := b.section("supervisorctl", b.global)
	here := b.section("supervisorctl", b.global.with("here", filepath.Dir(file)))
	optional := func(s string) (*string, error) { return &s, nil }
	if err := first(
		read(here, "serverurl", "http://localhost:9001", asIs, &c.ServerURL),
		read(plain, "prompt", "supervisor", asIs, &c.Prompt),
		given(plain, "username", optional, &c.Username),
		given(plain, "password", optional, &c.Password),
		read(here, "history_file", "", asIs, &c.HistoryFile),
		read(plain, "color", "never", asIs, &c.Color),
	); err != nil {
		return nil, asError(err)
	}
	if p, ok := strings.CutPrefix(c.ServerURL, "unix://"); ok {
		c.ServerURL = "unix://" + absolute(tilde(p))
	}
	if c.HistoryFile != "" {
		c.HistoryFile = absolute(tilde(c.HistoryFile))
	}
	if c.Plugins, err = b.plugins("ctlplugin:", "supervisor.ctl_factory", CtlFactories); err != nil {
		return nil, asError(err)
	}
	return c, nil
}
