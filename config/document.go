package config

import "gopkg.in/ini.v1"

// document holds the sections of all files read so far.
type document struct {
	ini    *ini.File
	origin map[string]string // by section: the file in which it first appeared
	// values is an index for get, by section and key. It is built on first use.
	values map[string]map[string]string
	files  []string // as they were read
	places map[keyName]place
	above  map[string][]string // by section: those it inherits from (template.go)
}

// keyName is a key of a section.
type keyName struct{ section, key string }

// Place is where a value was read. A file is named as in messages.
type Place struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// place also says that replaceHere copied the value from [DEFAULT], whose place it is.
type place struct {
	Place
	copied bool
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
	return &document{ini: f, origin: map[string]string{}, places: map[keyName]place{}}
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

// get returns the raw text of a key: the section's own, or inherited from a template or
// from [DEFAULT] (fact 10).
func (d *document) get(section, key string) (string, bool) {
	text, _, given := d.source(section, key)
	return text, given
}

// source is get, and returns the section that the text is from.
func (d *document) source(section, key string) (text, from string, given bool) {
	if above := d.above[section]; above != nil {
		for _, name := range append([]string{section}, above...) {
			if text, given := d.own(name, key); given && inherits(section, name, key) {
				return text, name, true
			}
		}
	}
	for _, name := range [...]string{section, defaults} {
		if text, given := d.value(name, key); given {
			if d.places[keyName{name, key}].copied {
				name = defaults
			}
			return text, name, true
		}
	}
	return "", "", false
}

// own returns what the file says in the section itself.
func (d *document) own(section, key string) (string, bool) {
	text, given := d.value(section, key)
	return text, given && !d.places[keyName{section, key}].copied
}

// place returns where a value of a section was read.
func (d *document) place(section, key string) Place { return d.places[keyName{section, key}].Place }

// value returns the text that is stored in a section.
func (d *document) value(section, key string) (string, bool) {
	// ini.v1 allocates an error for each key that is missing, and most are.
	if d.values == nil {
		d.values = make(map[string]map[string]string, len(d.origin))
		for _, s := range d.ini.Sections() {
			d.values[s.Name()] = s.KeysHash()
		}
	}
	text, given := d.values[section][key]
	return text, given
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
