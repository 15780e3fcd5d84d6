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
	// UpdateByProcess makes `update` restart only the processes that have to be.
	UpdateByProcess bool
	Plugins         []Plugin
}

// LoadCtl reads the section that supervisorctl uses. It does not follow [include]
// (fact 33). Without a path it returns the defaults (fact 4). The error is an *Error.
func LoadCtl(path string, environ []string) (*CtlConfig, error) {
	file, d := absolute(path), newDocument()
	if path != "" {
		var err error
		if d, err = readMain(path, file); err != nil {
			return nil, asError(err)
		}
		if !d.has("supervisorctl") {
			return nil, &Error{Text: ".ini file does not include supervisorctl section"}
		}
	}
	l := &Loader{Environ: environ}
	b := &builder{doc: d, global: l.names()}
	c := &CtlConfig{}
	if err := b.section("supervisorctl", b.global).read(c.options(filepath.Dir(file))); err != nil {
		return nil, asError(err)
	}
	if p, ok := strings.CutPrefix(c.ServerURL, "unix://"); ok {
		c.ServerURL = "unix://" + absolute(tilde(p))
	}
	if c.HistoryFile != "" {
		c.HistoryFile = absolute(tilde(c.HistoryFile))
	}
	var err error
	if c.Plugins, err = b.plugins("ctlplugin:", ctlFactory, CtlFactories); err != nil {
		return nil, asError(err)
	}
	return c, nil
}
