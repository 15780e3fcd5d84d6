package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fileSettings are the keys of [supervisorctl]; nil means not there.
type fileSettings struct {
	serverURL, username, password, prompt, historyFile *string
	color                                              string
}

// readConfig reads the config file: the one named, which must exist and have the section, or the first of the usual places, or
// none at all (checklist 261).
func readConfig(program string, named *string) (*fileSettings, error) {
	file := ""
	if named != nil {
		file = *named
	}
	if file == "" {
		d := filepath.Dir(filepath.Dir(program))
		for _, place := range []string{
			filepath.Join(d, "etc/supervisord.conf"), filepath.Join(d, "supervisord.conf"), "supervisord.conf", "etc/supervisord.conf",
			"/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
		} {
			if _, err := os.Stat(place); err == nil {
				file = place
				break
			}
		}
		if file == "" {
			return &fileSettings{}, nil
		}
	}
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("could not find config file %s", file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("could not read config file %s", file)
	}
	sections := parseINI(string(data))
	keys, ok := sections["supervisorctl"]
	if !ok {
		return nil, errors.New(".ini file does not include supervisorctl section")
	}
	for name := range sections {
		if strings.HasPrefix(name, "ctlplugin:") {
			return nil, fmt.Errorf("cannot load the plugin of section [%s]: it is Python code, which this supervisorctl cannot run", name)
		}
	}
	here, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	return fileKeys(keys, here)
}

// fileKeys turns the section's text into settings.
func fileKeys(keys map[string]string, here string) (*fileSettings, error) {
	s := &fileSettings{}
	names := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		names["ENV_"+name] = value
	}
	get := func(key string, to **string) error {
		raw, ok := keys[key]
		if !ok {
			return nil
		}
		text, err := expand(raw, "supervisorctl."+key, names)
		*to = &text
		return err
	}
	if err := errors.Join(get("prompt", &s.prompt), get("username", &s.username), get("password", &s.password)); err != nil {
		return nil, err
	}
	names["here"] = here
	if err := errors.Join(get("serverurl", &s.serverURL), get("history_file", &s.historyFile)); err != nil {
		return nil, err
	}
	if s.serverURL != nil {
		if path, ok := strings.CutPrefix(*s.serverURL, "unix://"); ok {
			*s.serverURL = "unix://" + absolute(path)
		}
	}
	if s.historyFile != nil && *s.historyFile != "" {
		*s.historyFile = absolute(*s.historyFile)
	}
	return s, s.setColor(keys["color"])
}

func (s *fileSettings) setColor(value string) error {
	switch strings.ToLower(value) {
	case "", "never", "no", "false", "off", "0":
	case "auto", "yes", "true", "on", "1":
		s.color = "auto"
	case "always":
		s.color = "always"
	default:
		return fmt.Errorf("invalid 'color' value %s in section 'supervisorctl'", pythonRepr(value))
	}
	return nil
}

// absolute normalises a path as upstream does: the home directory for a tilde, the current one for a relative path.
func absolute(path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + path[1:]
		}
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// expand replaces %(name)s and %%.
func expand(raw, option string, names map[string]string) (string, error) {
	var b strings.Builder
	for rest := raw; rest != ""; {
		before, after, found := strings.Cut(rest, "%")
		b.WriteString(before)
		if !found {
			break
		}
		if tail, ok := strings.CutPrefix(after, "%"); ok {
			b.WriteByte('%')
			rest = tail
			continue
		}
		name, tail, closed := strings.Cut(strings.TrimPrefix(after, "("), ")s")
		if !closed || !strings.HasPrefix(after, "(") {
			return "", fmt.Errorf("Format string %s for %s is badly formatted: incomplete format", pythonRepr(raw), pythonRepr(option))
		}
		value, ok := names[name]
		if !ok {
			var known []string
			for n := range names {
				known = append(known, n)
			}
			slices.Sort(known)
			return "", fmt.Errorf("Format string %s for %s contains names (%s) which cannot be expanded. Available names: %s",
				pythonRepr(raw), pythonRepr(option), pythonRepr(name), strings.Join(known, ", "))
		}
		b.WriteString(value)
		rest = tail
	}
	return b.String(), nil
}

// parseINI reads sections and keys. It is here until package config reads the file for us: it knows comments, continued lines
// and [DEFAULT], and passes over what it does not understand.
func parseINI(text string) map[string]map[string]string {
	sections := map[string]map[string]string{}
	defaults := map[string]string{}
	var section map[string]string
	key := ""
	for line := range strings.Lines(text) {
		indented := line[0] == ' ' || line[0] == '\t'
		line = stripComment(line)
		switch {
		case line == "":
		case indented && key != "" && section != nil:
			section[key] = strings.TrimSpace(section[key] + "\n" + line)
		case line[0] == '[' && strings.Contains(line, "]"):
			name := line[1:strings.LastIndexByte(line, ']')]
			key = ""
			if name == "DEFAULT" {
				section = defaults
				continue
			}
			if sections[name] == nil {
				sections[name] = map[string]string{}
			}
			section = sections[name]
		case section != nil:
			if i := strings.IndexAny(line, "=:"); i > 0 {
				key = strings.ToLower(strings.TrimSpace(line[:i]))
				section[key] = strings.TrimSpace(line[i+1:])
			}
		}
	}
	for _, section := range sections {
		for key, value := range defaults {
			if _, ok := section[key]; !ok {
				section[key] = value
			}
		}
	}
	return sections
}

// stripComment cuts a line at a `;` or `#` that begins it or follows a blank.
func stripComment(line string) string {
	for i, r := range line {
		if (r == ';' || r == '#') && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	return strings.TrimSpace(line)
}
