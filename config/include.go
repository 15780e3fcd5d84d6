package config

import (
	"os"
	"path/filepath"
	"strings"
)

// include adds the files that [include] names (checklist 24-33). In all values of a file the text %(here)s is replaced by that
// file's directory as soon as it was read; that happens only if there is an [include], as upstream has it.
func (l *Loader) include(d *document, cfg *Config) error {
	if !d.has("include") {
		return nil
	}
	d.replaceHere(cfg.Here)
	patterns, ok := d.get("include", "files")
	if !ok {
		return &Error{Text: ".ini file has [include] section, but no files setting"}
	}
	patterns, err := l.names().with("here", cfg.Here, "host_node_name", l.HostNodeName).expand(patterns, "include.files")
	if err != nil {
		return err
	}
	for _, pattern := range strings.FieldsFunc(patterns, isSpace) {
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

// readIncluded skips what can't be opened (checklist 29).
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

// replaceHere replaces in all values of all sections. What a section inherits from [DEFAULT] becomes its own that way, while
// [DEFAULT] keeps the text for sections to come.
func (d *document) replaceHere(here string) {
	for _, name := range d.names() {
		for _, key := range d.keys(name) {
			if v, _ := d.get(name, key); strings.Contains(v, "%(here)s") {
				d.set(d.section(name), key, strings.ReplaceAll(v, "%(here)s", here))
			}
		}
	}
}
