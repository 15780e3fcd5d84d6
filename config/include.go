package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// include adds the files that [include] names (checklist 24-33). In all values of a file the text %(here)s is replaced by that
// file's directory as soon as it was read; that happens only if there is an [include], as upstream has it.
func (l *Loader) include(d *document, cfg *Config) error {
	if !d.has("include") {
		return nil
	}
	patterns, ok := d.get("include", "files")
	if !ok {
		return &Error{".ini file has [include] section, but no files setting"}
	}
	patterns, err := l.names().with("here", cfg.Here, "host_node_name", l.HostNodeName).expand(patterns, "include.files")
	if err != nil {
		return err
	}
	d.replaceHere(cfg.Here)
	for _, pattern := range strings.FieldsFunc(patterns, isSpace) {
		if !filepath.IsAbs(pattern) {
			pattern = join(cfg.Here, pattern)
		}
		matches := glob(pattern)
		if len(matches) == 0 {
			cfg.Warnings = append(cfg.Warnings, fmt.Sprintf("No file matches via include %q", pattern))
		}
		for _, path := range matches {
			cfg.Infos = append(cfg.Infos, fmt.Sprintf("Included extra file %q during parsing", path))
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

func (d *document) replaceHere(here string) {
	for _, s := range d.ini.Sections() {
		for _, k := range s.Keys() {
			if v := k.Value(); strings.Contains(v, "%(here)s") {
				k.SetValue(strings.ReplaceAll(v, "%(here)s", here))
			}
		}
	}
}

// join puts a name behind a directory without cleaning either: messages show the result.
func join(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// glob lists what matches a pattern, sorted. A * or ? at the begin of a name does not match a dot; [!x] means not x; ** is a *
// (checklist 26).
func glob(pattern string) []string {
	pattern = strings.ReplaceAll(pattern, `\`, `\\`)
	pattern = strings.ReplaceAll(pattern, "[!", "[^")
	matches, err := filepath.Glob(pattern)
	if err != nil { // a bracket that is never closed stands for itself
		matches, err = filepath.Glob(strings.ReplaceAll(pattern, "[", `\[`))
	}
	if err != nil {
		return nil
	}
	matches = slices.DeleteFunc(matches, func(path string) bool { return hiddenBy(path, pattern) })
	slices.Sort(matches)
	return matches
}

// hiddenBy tells whether a name begins with a dot where the pattern has none.
func hiddenBy(path, pattern string) bool {
	names, wants := strings.Split(path, "/"), strings.Split(filepath.Clean(pattern), "/")
	for i, name := range names {
		if i < len(wants) && strings.HasPrefix(name, ".") && !strings.HasPrefix(wants[i], ".") {
			return true
		}
	}
	return false
}
