package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Value is a value that is in force.
type Value struct {
	Key string `json:"key"`
	// Text is expanded. A secret is masked, and a text with variables of the environment,
	// which may be secrets, stays as the file has it.
	Text string `json:"value"`
	// From is FromFile, FromDefault or FromCommandLine, or the section that the value is
	// inherited from.
	From string `json:"from"`
	Place
	With []string `json:"with,omitempty"` // sections whose variables are merged in
	// First says that Text is that of the first process, and others have another one.
	First bool `json:"first,omitempty"`
}

// Where a value is from, if not from a section that it is inherited from.
const (
	FromFile        = "file"
	FromDefault     = "default"
	FromCommandLine = "command line"
)

// trace notes the values while a configuration is read, as they are expanded. The methods
// of a nil trace do nothing.
type trace struct {
	values map[string][]Value // by section, as they were read
	at     map[keyName]int
}

const masked = "***"

// note notes the text of an option.
func (s *section) note(o *option, text string) {
	if s.b.trace == nil {
		return
	}
	v := s.valueOf(o.key)
	switch {
	case o.secret:
		text = masked
	case v.From != FromDefault && strings.Contains(s.raw(o), "%(ENV_"):
		text = s.raw(o)
	}
	v.Text = text
	s.b.trace.add(s.name, v)
}

// noteVars notes environment, the names without the values.
func (s *section) noteVars(vars []EnvVar) {
	if s.b.trace == nil || !s.given("environment") {
		return
	}
	v := s.valueOf("environment")
	words := make([]string, len(vars))
	for i, e := range vars {
		words[i] = e.Key + "=" + masked
	}
	v.Text = strings.Join(words, ",")
	from := s.name
	if v.From != FromFile {
		from = v.From
	}
	for _, name := range append([]string{s.name}, s.b.doc.above[s.name]...) {
		if _, given := s.b.doc.own(name, v.Key); given && name != from {
			v.With = append(v.With, name)
		}
	}
	s.b.trace.add(s.name, v)
}

// follows notes the text of a value that follows from others if it is not given, or is
// made complete.
func (s *section) follows(key, text string) {
	if s.b.trace == nil {
		return
	}
	t := s.b.trace
	v := s.valueOf(key)
	if v.From != FromDefault && strings.Contains(s.raw(&option{key: key}), "%(ENV_") {
		return
	}
	v.Text = text
	t.add(s.name, v)
	t.values[s.name][t.at[keyName{s.name, key}]] = v
}

// valueOf returns where a value is from.
func (s *section) valueOf(key string) Value {
	_, from, given := s.b.doc.source(s.name, key)
	v := Value{Key: key, From: from, Place: s.b.doc.place(from, key)}
	switch {
	case !given:
		v.From, v.Place = FromDefault, Place{}
	case from == s.name:
		v.From = FromFile
	}
	return v
}

func (t *trace) add(section string, v Value) {
	if i, known := t.at[keyName{section, v.Key}]; known {
		old := &t.values[section][i]
		old.First = old.First || old.Text != v.Text
		return
	}
	t.at[keyName{section, v.Key}] = len(t.values[section])
	t.values[section] = append(t.values[section], v)
}

// commandLine notes what the command line says.
func (t *trace) commandLine(o *Overrides) {
	if t == nil {
		return
	}
	const section = "supervisord"
	for _, v := range o.texts() {
		i, known := t.at[keyName{section, v.Key}]
		if !known {
			t.add(section, v)
			continue
		}
		t.values[section][i] = v
	}
}

// texts returns what is given, as a file would have it.
func (o *Overrides) texts() (all []Value) {
	add := func(given bool, key, text string) {
		if given {
			all = append(all, Value{Key: key, Text: text, From: FromCommandLine})
		}
	}
	text := func(key string, p *string) { add(p != nil, key, deref(p)) }
	number := func(key string, p *int) { add(p != nil, key, strconv.Itoa(deref(p))) }
	flag := func(key string, on bool) { add(on, key, "true") }
	number("minfds", o.MinFDs)
	number("minprocs", o.MinProcs)
	text("directory", o.Directory)
	if o.User != nil {
		add(true, "user", o.User.Name)
	}
	add(o.Umask != nil, "umask", fmt.Sprintf("%03o", deref(o.Umask)))
	text("logfile", o.Logfile)
	add(o.LogfileMaxBytes != nil, "logfile_maxbytes", strconv.FormatInt(deref(o.LogfileMaxBytes), 10))
	number("logfile_backups", o.LogfileBackups)
	for name, level := range logLevels {
		add(o.LogLevel != nil && *o.LogLevel == level, "loglevel", name)
	}
	text("pidfile", o.Pidfile)
	text("identifier", o.Identifier)
	flag("nodaemon", o.NoDaemon)
	flag("silent", o.Silent)
	text("childlogdir", o.ChildLogDir)
	flag("nocleanup", o.NoCleanup)
	flag("strip_ansi", o.StripANSI)
	return all
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
