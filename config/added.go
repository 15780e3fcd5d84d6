package config

import "strings"

// Setting is a key of a section and its text before expansion.
type Setting struct{ Key, Value string }

// Program reads settings as if they stood in a section [program:name] of the main file that cfg was read from, for a group of
// cfg; [DEFAULT] does not count. The error is an *Error.
func (l *Loader) Program(cfg *Config, group, name string, settings []Setting) ([]*Process, error) {
	section := "program:" + name
	d := newDocument()
	d.begin(section, cfg.Path)
	for _, s := range settings {
		if s.Key != "" { // as unknown as any other key that we do not read
			d.set(d.section(section), strings.ToLower(s.Key), s.Value)
		}
	}
	own := *cfg
	own.Warnings = nil // those of a file are for the start of the daemon
	b := &builder{doc: d, cfg: &own, host: l.HostNodeName, global: l.names()}
	processes, err := b.processes(section, group)
	if err != nil {
		return nil, asError(err)
	}
	return processes, nil
}
