package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Report is what a configuration says in the end.
type Report struct {
	Files    []string        `json:"files"`    // in the order in which they were read
	Sections []SectionReport `json:"sections"` // in the order in which they first appeared
	// Findings are no errors: the configuration works.
	Findings []Finding `json:"findings"`
}

// SectionReport is a section: the values that it has itself in the order of the file,
// then what it inherits, then defaults.
type SectionReport struct {
	Name   string  `json:"name"`
	File   string  `json:"file"` // in which it first appeared
	Values []Value `json:"values"`
}

// Finding is something that may not be meant.
type Finding struct {
	Place
	// Ignored says that it resembles nothing known.
	Ignored bool   `json:"ignored"`
	Text    string `json:"text"`
}

// Check reads the configuration as Load does and reports all of it. Unless part is empty,
// that is a file which is read as if the main file included it last; without a main file
// (Path) it is read alone, and may lack the section [supervisord]. The error is Load's.
func (l *Loader) Check(part string) (*Report, error) {
	alone := l.Path == ""
	if alone {
		l = &Loader{Path: part, Environ: l.Environ, HostNodeName: l.HostNodeName, Overrides: l.Overrides}
		part = ""
	}
	t := &trace{values: map[string][]Value{}, at: map[keyName]int{}}
	r := &Report{Sections: []SectionReport{}, Findings: []Finding{}}
	cfg, d, err := l.read()
	if err == nil {
		err = l.complete(d, cfg, t, r, part, alone)
	}
	if err == nil {
		err = l.build(d, cfg, t, nil)
	}
	if err != nil {
		return nil, asError(err)
	}
	for _, text := range cfg.Warnings {
		r.Findings = append(r.Findings, Finding{Text: text})
	}
	l.ctl(d, cfg, t, r)
	r.Files = d.files
	for _, name := range d.names() {
		if kindOf(name) != nil {
			r.Sections = append(r.Sections, SectionReport{name, d.origin[name], d.report(name, t)})
		}
	}
	r.Findings = append(r.Findings, d.unknown()...)
	return r, nil
}

// complete adds the files that belong to the main one.
func (l *Loader) complete(d *document, cfg *Config, t *trace, r *Report, part string, alone bool) error {
	if alone && !d.has("supervisord") {
		// Supervisor does not follow the [include] of an included file.
		d.begin("supervisord", l.Path)
		d.replaceHere(cfg.Here)
		text := "there is no section [supervisord]: read as an included file, without the main file"
		r.Findings = append(r.Findings, Finding{Place: Place{File: l.Path}, Text: text})
		return nil
	}
	if err := l.include(d, cfg, t); err != nil {
		return err
	}
	if part == "" || slices.ContainsFunc(d.files, func(file string) bool { return absolute(file) == absolute(part) }) {
		return nil
	}
	d.replaceHere(cfg.Here)
	if _, err := readMain(part, absolute(part)); err != nil { // the errors of a file that is missing
		return err
	}
	err := d.read(part)
	d.replaceHere(filepath.Dir(absolute(part)))
	return err
}

// ctl reads what the daemon does not: the section of supervisorctl.
func (l *Loader) ctl(d *document, cfg *Config, t *trace, r *Report) {
	const name = "supervisorctl"
	if !d.has(name) {
		return
	}
	b := &builder{doc: d, cfg: cfg, global: l.names(), trace: t}
	if err := b.section(name, b.global).read(new(CtlConfig).options(cfg.Here)); err != nil {
		r.Findings = append(r.Findings, Finding{Place: Place{File: d.origin[name]}, Text: "supervisorctl refuses this file: " + err.Error()})
	}
}

// report returns the values of a section: those that were noted, or the raw text of one
// that is not read by itself.
func (d *document) report(section string, t *trace) []Value {
	k, values := kindOf(section), append([]Value{}, t.values[section]...)
	known := k.keys()
	for _, key := range d.ownKeys(section) {
		if _, noted := t.at[keyName{section, key}]; !noted && (k.any || k.raw && slices.Contains(known, key)) {
			text, _ := d.own(section, key)
			if strings.Contains(key, "password") || key == "environment" {
				text = masked
			}
			values = append(values, Value{Key: key, Text: text, From: FromFile, Place: d.place(section, key)})
		}
	}
	own := d.ownKeys(section)
	rank := func(v Value) int {
		switch v.From {
		case FromFile:
			return slices.Index(own, v.Key)
		case FromDefault:
			return len(own) + 1
		}
		return len(own)
	}
	slices.SortStableFunc(values, func(a, b Value) int { return cmp.Compare(rank(a), rank(b)) })
	return values
}

// ownKeys lists the keys that the section itself has, as they first appeared.
func (d *document) ownKeys(section string) []string {
	s, err := d.ini.GetSection(section)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.KeyStrings()), func(key string) bool {
		_, own := d.own(section, key)
		return !own
	})
}

// unknown lists the sections, keys and templates that have no effect.
func (d *document) unknown() (all []Finding) {
	used := map[string]bool{}
	for _, above := range d.above {
		for _, name := range above {
			used[name] = true
		}
	}
	names := d.names()
	if _, read := d.origin[defaults]; read {
		names = append(names, defaults)
	}
	for _, name := range names {
		k := kindOf(name)
		if k == nil {
			f := Finding{Place: Place{File: d.origin[name]}, Text: fmt.Sprintf("the section [%s] is not known, and ignored", name)}
			head, rest, colon := strings.Cut(name, ":")
			if colon {
				head += ":"
			}
			all = append(all, f.resembling(head, kindNames(), func(kind string) string { return "[" + kind + rest + "]" }))
			continue
		}
		if strings.HasPrefix(name, templatePrefix) && !used[name] {
			all = append(all, Finding{Place: Place{File: d.origin[name]}, Text: fmt.Sprintf("no program uses [%s]", name)})
		}
		keys := k.keys()
		for _, key := range d.ownKeys(name) {
			if !k.any && !slices.Contains(keys, key) {
				f := Finding{Place: d.place(name, key), Text: fmt.Sprintf("%s in [%s] is not known, and ignored", key, name)}
				all = append(all, f.resembling(key, keys, func(key string) string { return key }))
			}
		}
	}
	return all
}

// resembling returns f with the candidate that a word looks like, as show shows it.
func (f Finding) resembling(word string, candidates []string, show func(string) string) Finding {
	meant := nearest(word, candidates)
	if f.Ignored = meant == ""; !f.Ignored {
		f.Text += "; did you mean " + show(meant) + "?"
	}
	return f
}
