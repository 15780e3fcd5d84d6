package config

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"gopkg.in/ini.v1"

	"reeve/config/pytext"
)

// The dialect is that of Python's RawConfigParser as upstream sets it up: not strict,
// with inline comments after ; and #, and without interpolation (facts 8-23). Lines are
// read here; the result is stored in an ini.File, the document that the rest of the
// package queries.

// document holds the sections of all files read so far.
type document struct {
	ini    *ini.File
	origin map[string]string // by section: the file in which it first appeared
	places *Origins          // of keys
	// values is an index for get, by section and key. It is built on first use.
	values map[string]map[string]string
}

// noDelimiter keeps ini.v1 from treating one section as a child of another: a name is
// part of a line, so it cannot contain this.
const noDelimiter = "\n"

// defaults is the section from which all others inherit.
const defaults = "DEFAULT"

func newDocument() *document {
	// Method section keeps sections unique. ini.v1's own check would compare each new
	// name with all others.
	f := ini.Empty(ini.LoadOptions{ChildSectionDelimiter: noDelimiter, KeyValueDelimiters: "=", AllowNonUniqueSections: true})
	origin := map[string]string{}
	return &document{ini: f, origin: origin, places: newOrigins(origin)}
}

// read adds a file. Later values of a key replace earlier ones, within a file and across
// files (facts 13, 27).
func (d *document) read(path string) error { return d.readAs(path, path) }

// readAs reads file, which messages call path.
func (d *document) readAs(path, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return d.parse(path, text)
}

func (d *document) parse(path string, text []byte) error {
	if problem := undecodable(text); problem != "" {
		return &Error{Text: problem}
	}
	p := &lineParser{doc: d, path: path}
	return p.parse(string(text))
}

// lineParser holds the state between two lines.
type lineParser struct {
	doc     *document
	path    string
	section *ini.Section
	key     string
	number  int      // of the line that began the current value
	indent  int      // indentation of the line that began the current value
	value   []string // lines of the current value
	bad     []string // error messages about lines

	badLines []string // the same without the text of the lines
}

func (p *lineParser) parse(text string) error {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	number := 0
	for raw := range strings.Lines(text) {
		number++
		if err := p.line(number, raw); err != nil {
			return err
		}
	}
	p.flush()
	if len(p.bad) > 0 {
		text := fmt.Sprintf("Source contains parsing errors: %s", pytext.Repr(p.path))
		return &Error{text + "\n" + strings.Join(p.bad, "\n"), text + "\n" + strings.Join(p.badLines, "\n")}
	}
	return nil
}

func (p *lineParser) line(number int, raw string) error {
	text, commented := uncomment(raw)
	value := strings.TrimFunc(text, pytext.IsSpace)
	if value == "" {
		// A blank line is part of a value, a comment is not. Blank lines at the end of a
		// value are dropped.
		if !commented && p.section != nil && p.key != "" && p.value != nil {
			p.value = append(p.value, "")
		}
		return nil
	}
	indent := utf8.RuneCountInString(raw) - utf8.RuneCountInString(strings.TrimLeftFunc(raw, pytext.IsSpace))
	if p.section != nil && p.key != "" && indent > p.indent {
		p.value = append(p.value, value)
		return nil
	}
	p.indent = indent
	if name, ok := header(value); ok {
		p.flush()
		p.begin(name)
		return nil
	}
	if p.section == nil {
		text := fmt.Sprintf("File contains no section headers.\nfile: %s, line: %d", pytext.Repr(p.path), number)
		return &Error{text + "\n" + pytext.Repr(raw), text}
	}
	at := strings.IndexAny(value, "=:")
	if at < 1 {
		p.bad = append(p.bad, fmt.Sprintf("\t[line %2d]: %s", number, pytext.Repr(raw)))
		p.badLines = append(p.badLines, fmt.Sprintf("\t[line %2d]", number))
		// A key without a name ends the value before it; a line without a delimiter does
		// not.
		if at == 0 {
			p.flush()
		}
		return nil
	}
	p.flush()
	p.key, p.number = strings.ToLower(strings.TrimRightFunc(value[:at], pytext.IsSpace)), number
	p.value = []string{strings.TrimFunc(value[at+1:], pytext.IsSpace)}
	return nil
}

// uncomment cuts off a comment and reports whether there was one. A comment begins at a ;
// or # at the start of the line or after a space (facts 15, 16). Python looks for the
// first ; and the first # together, then for the second of each, so in `a;b ;c #d` only
// #d is a comment.
func uncomment(line string) (string, bool) {
	trimmed := strings.TrimLeftFunc(line, pytext.IsSpace)
	if strings.HasPrefix(trimmed, ";") || strings.HasPrefix(trimmed, "#") {
		return "", true
	}
	cut := len(line) + 1
	for next := map[byte]int{';': 0, '#': 0}; cut > len(line) && len(next) > 0; {
		for prefix, from := range next {
			at := strings.IndexByte(line[from:], prefix)
			if at < 0 {
				delete(next, prefix)
				continue
			}
			at += from
			next[prefix] = at + 1
			before, _ := utf8.DecodeLastRuneInString(line[:at])
			if at == 0 || pytext.IsSpace(before) {
				cut = min(cut, at)
			}
		}
	}
	if cut > len(line) {
		return line, false
	}
	return line[:cut], true
}

// header reads `[name] junk`. The name extends to the last bracket (fact 8).
func header(line string) (string, bool) {
	if !strings.HasPrefix(line, "[") {
		return "", false
	}
	end := strings.LastIndexByte(line, ']')
	if end < 2 {
		return "", false
	}
	return line[1:end], true
}

func (p *lineParser) begin(name string) { p.section, p.key = p.doc.begin(name, p.path), "" }

// flush stores the value being read.
func (p *lineParser) flush() {
	if p.key == "" {
		return
	}
	value := strings.TrimRightFunc(strings.Join(p.value, "\n"), pytext.IsSpace)
	p.doc.set(p.section, p.key, value)
	p.doc.places.note(p.section.Name(), p.key, p.path, p.number)
	p.key, p.value = "", nil
}

// section returns the section of that name and creates it if needed. ini.v1 treats an
// empty name as DEFAULT; our names have at least one character.
func (d *document) section(name string) *ini.Section {
	if s, err := d.ini.GetSection(name); err == nil {
		return s
	}
	s, err := d.ini.NewSection(name)
	if err != nil { // only an empty name is refused
		panic("config: " + err.Error())
	}
	return s
}

// begin returns the section that a header in the file path starts or continues.
func (d *document) begin(name, path string) *ini.Section {
	d.values = nil
	if _, known := d.origin[name]; !known {
		d.origin[name] = path
	}
	return d.section(name)
}

func (d *document) set(s *ini.Section, key, value string) {
	d.values = nil
	if _, err := s.NewKey(key, value); err != nil {
		panic("config: " + err.Error())
	}
}

// names lists the sections in the order in which they first appeared, without DEFAULT.
func (d *document) names() []string {
	var names []string
	for _, name := range d.ini.SectionStrings() {
		if _, read := d.origin[name]; read && name != defaults {
			names = append(names, name)
		}
	}
	return names
}

func (d *document) has(section string) bool {
	_, read := d.origin[section]
	return read && section != defaults
}

// get returns the raw text of a key, either the section's own or inherited from [DEFAULT]
// (fact 10).
func (d *document) get(section, key string) (string, bool) {
	// ini.v1 allocates an error for each key that is missing, and most are.
	if d.values == nil {
		d.values = make(map[string]map[string]string, len(d.origin))
		for _, s := range d.ini.Sections() {
			d.values[s.Name()] = s.KeysHash()
		}
	}
	for _, name := range [...]string{section, defaults} {
		if text, ok := d.values[name][key]; ok {
			return text, true
		}
	}
	return "", false
}

// keys lists the keys of a section, inherited ones included.
func (d *document) keys(section string) []string {
	keys := d.ini.Section(section).KeyStrings()
	if s, err := d.ini.GetSection(defaults); err == nil {
		for _, k := range s.KeyStrings() {
			if !d.ini.Section(section).HasKey(k) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}
