package config

import (
	"os"
	"path/filepath"
	"strings"

	"reeve/config/pytext"
)

// include adds the files named by [include] (facts 24-33). As soon as a file has been
// read, %(here)s is replaced by that file's directory in all values; like upstream, only
// if there is an [include].
func (l *Loader) include(d *document, cfg *Config, t *trace) error {
	if !d.has("include") {
		return nil
	}
	d.replaceHere(cfg.Here)
	b := &builder{doc: d, cfg: cfg, trace: t}
	s := b.section("include", l.names().with("here", cfg.Here, "host_node_name", l.HostNodeName))
	var patterns string
	if err := s.read(includeOptions(&patterns)); err != nil {
		return err
	}
	for _, pattern := range strings.FieldsFunc(patterns, pytext.IsSpace) {
		if !filepath.IsAbs(pattern) {
			pattern = join(cfg.Here, pattern)
		}
		matches := glob(pattern)
		if len(matches) == 0 {
			cfg.Warnings = append(cfg.Warnings, `No file matches via include "`+pattern+`"`)
		}
		for _, path := range matches {
			cfg.Infos = append(cfg.Infos, `Included extra file "`+path+`" during parsing`)
			if err := d.readIncluded(path); err != nil {
				return err
			}
			d.replaceHere(absolute(filepath.Dir(path)))
		}
	}
	return nil
}

// readIncluded adds a file, but skips one that cannot be opened (fact 29).
func (d *document) readIncluded(path string) error {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	f.Close()
	return d.read(path)
}

// replaceHere replaces %(here)s in all values of all sections. A value inherited from
// [DEFAULT] thereby becomes the section's own, while [DEFAULT] keeps the original text
// for later sections.
func (d *document) replaceHere(here string) {
	for _, name := range d.names() {
		for _, key := range d.keys(name) {
			if v, from, _ := d.source(name, key); strings.Contains(v, "%(here)s") {
				d.set(d.section(name), key, strings.ReplaceAll(v, "%(here)s", here))
				if from != name {
					d.places[keyName{name, key}] = place{d.place(from, key), true}
				}
			}
		}
	}
}
