package config

import (
	"slices"
	"strings"

	"reeve/config/pytext"
)

// The sections of a program inherit the keys that they lack from the templates that they
// name, and from [program-default]: raw text, which is expanded for the program. Upstream
// ignores both kinds of sections, so one that no program uses is ignored here as well.

const (
	programDefault = "program-default"
	templatePrefix = "template:"
	templateKey    = "template"
)

// programKinds are the prefixes of the sections that inherit.
var programKinds = []string{"program:", "eventlistener:", "fcgi-program:"}

// ofListeners are the keys that mean something else in an [eventlistener:x]: listeners
// start before programs, and their output is a protocol. [program-default] is silent about
// them; a template that a listener names is not.
var ofListeners = []string{"priority", "redirect_stderr"}

// inherits reports whether a section takes a key from another one.
func inherits(section, from, key string) bool {
	switch {
	case from == section:
		return true
	case key == templateKey:
		return false
	}
	return from != programDefault || !strings.HasPrefix(section, "eventlistener:") || !slices.Contains(ofListeners, key)
}

// programName returns the name of a program whose section this is.
func programName(section string) (name string, ok bool) {
	for _, prefix := range programKinds {
		if name, ok := strings.CutPrefix(section, prefix); ok {
			return name, true
		}
	}
	return "", false
}

// templates finds out what each program inherits from.
func (b *builder) templates() error {
	above, forAll := map[string][]string{}, b.doc.has(programDefault)
	for _, section := range b.doc.names() {
		name, ok := programName(section)
		if _, given := b.doc.get(section, templateKey); !ok || !given && !forAll {
			continue
		}
		l := &lineage{b: b, done: map[string]bool{}}
		l.names = b.global.with("here", b.cfg.Here, "host_node_name", b.host, "program_name", strings.TrimFunc(name, pytext.IsSpace))
		var err error
		if forAll {
			err = l.visit(programDefault)
		}
		if err == nil {
			err = l.parents(section)
		}
		if err != nil {
			return err
		}
		slices.Reverse(l.order)
		above[section] = l.order
	}
	b.doc.above = above
	return nil
}

// readTemplate has nothing left to do: templates did it before anything was read.
func readTemplate(s *section, o *option) error {
	_, err := s.text(o)
	return err
}

// lineage collects the sections that a program inherits from, the weakest first: a
// section comes after those that it inherits from itself, and one named twice counts where
// it is weakest.
type lineage struct {
	b     *builder
	names names
	order []string
	done  map[string]bool
	path  []string // the sections being visited
}

func (l *lineage) visit(section string) error {
	l.path = append(l.path, section)
	if err := l.parents(section); err != nil {
		return err
	}
	l.path = l.path[:len(l.path)-1]
	l.done[section] = true
	l.order = append(l.order, section)
	return nil
}

func (l *lineage) parents(section string) error {
	raw, given := l.b.doc.own(section, templateKey)
	if _, ok := programName(section); ok && !given { // as any key that a program has from [DEFAULT]
		raw, _ = l.b.doc.get(section, templateKey)
	}
	s, o := l.b.section(section, l.names), &option{key: templateKey, ours: true}
	text, err := s.names.expand(raw, section+"."+templateKey)
	if err != nil {
		return s.placed(s.hide(o, err))
	}
	for _, name := range parseList(text) {
		parent := templatePrefix + name
		at := slices.Index(l.path, parent)
		switch {
		case !l.b.doc.has(parent):
			err = refusal{name, "there is no section [" + parent + "]"}
		case at >= 0:
			err = refusal{name, "the templates form a circle: " + strings.ReplaceAll(strings.Join(append(l.path[at:], parent), " -> "), templatePrefix, "")}
		case !l.done[parent]:
			if err := l.visit(parent); err != nil {
				return err
			}
		}
		if err != nil {
			return s.invalid(o, err)
		}
	}
	return nil
}

// all returns every text of a key that a section has or inherits, the weakest first.
// [DEFAULT] counts if there is no other.
func (d *document) all(section, key string) []string {
	var texts []string
	for _, name := range append([]string{section}, d.above[section]...) {
		if text, given := d.own(name, key); given && inherits(section, name, key) {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		if text, given := d.get(section, key); given {
			texts = append(texts, text)
		}
	}
	slices.Reverse(texts)
	return texts
}

// inherited adds to an error of a value where that was inherited from.
func (s *section) inherited(o *option, err error) error {
	if err == nil || s.b.doc.above[s.name] == nil {
		return err
	}
	_, from, given := s.b.doc.source(s.name, o.key)
	if !given || from == s.name || from == defaults {
		return err
	}
	at := s.b.doc.place(from, o.key)
	return within(err, " inherited from [%s] (file: %s, line: %d)", from, pytext.Repr(at.File), at.Line)
}
