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
	d.files = append(d.files, path)
	p := &lineParser{doc: d, path: path}
	return p.parse(string(text))
}

// lineParser holds the state between two lines.
type lineParser struct {
	doc     *document
	path    string
	section *ini.Section
	key     string
	keyLine int      // its number
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
	p.key, p.keyLine = strings.ToLower(strings.TrimRightFunc(value[:at], pytext.IsSpace)), number
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
	p.doc.places[keyName{p.section.Name(), p.key}] = place{Place: Place{p.path, p.keyLine}}
	p.key, p.value = "", nil
}
