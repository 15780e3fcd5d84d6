package config

import "strings"

// Setting is a key of a section and its value before expansion.
type Setting struct{ Key, Value string }

// Program reads settings as if they were a section [program:name] of the main file that
// cfg was read from, for a group of cfg. [DEFAULT] is not inherited. cfg is not changed,
// and warnings are discarded. The error is an *Error.
func (l *Loader) Program(cfg *Config, group, name string, settings []Setting) ([]*Process, error) {
	section := "program:" + name
	d := newDocument()
	d.begin(section, cfg.Path)
	for _, s := range settings {
		// An empty key is ignored like any other key that we do not read.
		if s.Key != "" {
			d.set(d.section(section), strings.ToLower(s.Key), s.Value)
		}
	}
	own := *cfg
	// Warnings about a file are logged when the daemon starts.
	own.Warnings = nil
	b := &builder{doc: d, cfg: &own, host: l.HostNodeName, global: l.names()}
	if err := b.templates(); err != nil {
		return nil, asError(err)
	}
	processes, err := b.processes(section, group)
	if err != nil {
		return nil, asError(err)
	}
	for _, p := range processes {
		if p.DependsOn != "" {
			return nil, &Error{Text: "depends_on is not possible for a program that is added at run time (" + p.Name + ")"}
		}
	}
	return processes, nil
}
