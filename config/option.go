package config

import (
	"errors"
	"fmt"
	"strings"

	"reeve/config/pytext"
)

// option is a key of a section: a row of the tables in options.go. A section is read by
// its table, errors for logs and Diff follow it, and tests compare the sample file,
// docs/extensions.md, the answer to getAllConfigInfo and the fields of Config with it.
type option struct {
	key     string
	def     string // the default as a file would have it; empty: none
	doc     string // the line that explains the option in the sample file
	example string // of our own: what that file shows; empty: the default
	missing string // the error if it is not given, with %s for the section; empty: none
	needs   string // the key without which this one is refused
	ours    bool   // Supervisor has no such key
	secret  bool   // its value is kept out of logs
	field
}

// field is the place that an option is read into.
type field struct {
	at   any // a pointer to it
	read func(s *section, o *option) error
}

// into reads an option that is given or has a default: its text is expanded, then parsed.
func into[T any](at *T, parse func(string) (T, error)) field {
	return field{at, func(s *section, o *option) error {
		text, err := s.text(o)
		if err != nil {
			return err
		}
		v, err := parse(text)
		if err != nil {
			return s.invalid(o, err)
		}
		*at = v
		return nil
	}}
}

// with returns f for an option that may also refer to the names in pairs.
func (f field) with(pairs ...string) field {
	return field{f.at, func(s *section, o *option) error {
		known := *s
		known.names = s.names.with(pairs...)
		return f.read(&known, o)
	}}
}

// read reads options in order. One that is neither given nor has a default leaves its
// field alone.
func (s *section) read(options []option) error {
	for i := range options {
		o := &options[i]
		given := s.given(o.key)
		var err error
		switch {
		case given && o.needs != "" && !s.given(o.needs):
			err = s.placed(fmt.Errorf("%s is given without %s,", o.key, o.needs))
		case given || o.def != "":
			err = s.inherited(o, s.hide(o, o.read(s, o)))
		case o.missing != "":
			err = errors.New(strings.ReplaceAll(o.missing, "%s", s.name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// given reports whether the section has a key.
func (s *section) given(key string) bool {
	_, given := s.b.doc.get(s.name, key)
	return given
}

// raw returns the text of an option before expansion, or its default.
func (s *section) raw(o *option) string {
	if text, given := s.b.doc.get(s.name, o.key); given {
		return text
	}
	return o.def
}

// text returns the expanded text of an option. A default is not expanded.
func (s *section) text(o *option) (string, error) {
	if !s.given(o.key) {
		s.note(o, o.def)
		return o.def, nil
	}
	text, err := s.names.expand(s.raw(o), s.name+"."+o.key)
	if err == nil {
		s.note(o, text)
	}
	return text, s.hide(o, err)
}

// refusal is the error of a parser of our own: a value, and what it is not.
type refusal struct{ value, rule string }

func (r refusal) Error() string { return pytext.Repr(r.value) + ", " + r.rule }

// invalid returns the error for a value that its parser refuses. Upstream's texts stay
// as they are; for our own keys the error names key, value, section and file.
func (s *section) invalid(o *option, err error) error {
	if !o.ours {
		return err
	}
	if _, ok := errors.AsType[refusal](err); ok {
		return s.placed(fmt.Errorf("invalid %s value %w,", o.key, err))
	}
	return s.placed(fmt.Errorf("invalid %s value: %w,", o.key, err))
}

// placed appends section and file to an error, unless that is done for all errors of the
// section.
func (s *section) placed(err error) error {
	if s.ofProgram {
		return err
	}
	return within(err, " in section [%s] (file: %s)", s.name, pytext.Repr(s.b.doc.origin[s.name]))
}
