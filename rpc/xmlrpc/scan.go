package xmlrpc

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxAttributes limits the attributes of an element; their names must differ, and
// checking that takes quadratic time.
const maxAttributes = 64

type tokenKind int

const (
	tokenEnd   tokenKind = iota // of the document
	tokenOpen                   // text is the element's name
	tokenEmpty                  // an element that ends where it starts
	tokenClose
	tokenText // a piece of text
	// tokenCData is text from a CDATA section or a reference, which is not allowed
	// outside the root, not even white space.
	tokenCData
)

type token struct {
	kind tokenKind
	text []byte // never changed; part of the document where possible
}

// scanner splits a document into tokens. Comments, processing instructions and attributes
// are checked and skipped. Namespaces are not interpreted: a prefix is part of the name.
type scanner struct {
	b     []byte // every character was checked by validText
	i     int
	cdata bool // inside a CDATA section
}

func (s *scanner) error(what string) error { return s.errorAt(s.i, what) }

func (s *scanner) errorAt(i int, what string) error {
	return fmt.Errorf("cannot decode call: byte %d: %s", i, what)
}

func (s *scanner) has(prefix string) bool {
	return len(s.b)-s.i >= len(prefix) && string(s.b[s.i:s.i+len(prefix)]) == prefix
}

// skipPrologue skips a byte order mark and the XML declaration, which may only be at the
// very start. The encoding that it names is ignored (fact 230, charset and root element).
func (s *scanner) skipPrologue() {
	if s.has("\uFEFF") {
		s.i += len("\uFEFF")
	}
	if s.has("<?xml") && len(s.b) > s.i+5 && isBlank(s.b[s.i+5]) {
		if n := bytes.Index(s.b[s.i:], []byte("?>")); n >= 0 {
			s.i += n + 2
		}
	}
}

var newline = []byte("\n")

// next returns the next token.
func (s *scanner) next() (token, error) {
	for s.i < len(s.b) {
		if s.cdata {
			return s.inCData()
		}
		switch c := s.b[s.i]; {
		case c == '&':
			text, err := s.reference()
			return token{tokenCData, text}, err
		case c != '<':
			return s.text()
		case s.has("<!--"):
			n := bytes.Index(s.b[s.i+4:], []byte("--"))
			if n < 0 || s.i+4+n+2 >= len(s.b) || s.b[s.i+4+n+2] != '>' {
				return token{}, s.error("a comment that does not end, or has -- inside")
			}
			s.i += 4 + n + 3
		case s.has("<![CDATA["):
			s.i += len("<![CDATA[")
			s.cdata = true
			if !bytes.Contains(s.b[s.i:], []byte("]]>")) {
				return token{}, s.error("a CDATA section that does not end")
			}
			return token{tokenCData, nil}, nil
		case s.has("<!"):
			return token{}, s.error("a document type declaration, or another that is not allowed")
		case s.has("<?"):
			if err := s.instruction(); err != nil {
				return token{}, err
			}
		case s.has("</"):
			return s.endTag()
		default:
			return s.startTag()
		}
	}
	return token{}, nil
}

// text returns text up to the next markup, reference or carriage return. Line ends become
// line feeds.
func (s *scanner) text() (token, error) {
	start := s.i
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '<', '&':
			return token{tokenText, s.b[start:s.i]}, nil
		case '\r':
			return s.upToReturn(tokenText, start), nil
		case ']':
			if s.has("]]>") {
				return token{}, s.error("]]> outside a CDATA section")
			}
		}
		s.i++
	}
	return token{tokenText, s.b[start:s.i]}, nil
}

// inCData returns a piece of a CDATA section that is known to end.
func (s *scanner) inCData() (token, error) {
	start := s.i
	for !s.has("]]>") {
		if s.b[s.i] == '\r' {
			return s.upToReturn(tokenCData, start), nil
		}
		s.i++
	}
	s.cdata = false
	s.i += 3
	return token{tokenCData, s.b[start : s.i-3]}, nil
}

// upToReturn returns what is before the carriage return at s.i, or, if that is nothing,
// the line feed that the carriage return stands for.
func (s *scanner) upToReturn(kind tokenKind, start int) token {
	if s.i > start {
		return token{kind, s.b[start:s.i]}
	}
	s.i++
	if s.i < len(s.b) && s.b[s.i] == '\n' {
		s.i++
	}
	return token{kind, newline}
}

var entities = map[string][]byte{"amp": []byte("&"), "lt": []byte("<"), "gt": []byte(">"), "quot": []byte(`"`), "apos": []byte("'")}

// reference resolves the reference at s.i: a character by number or one of the five
// names. There are no others, because there is no document type declaration.
func (s *scanner) reference() ([]byte, error) {
	n := bytes.IndexByte(s.b[s.i:min(s.i+16, len(s.b))], ';')
	if n < 0 {
		return nil, s.error("& without a name")
	}
	name := s.b[s.i+1 : s.i+n]
	if text, ok := entities[string(name)]; ok {
		s.i += n + 1
		return text, nil
	}
	if len(name) < 2 || name[0] != '#' {
		return nil, s.error("an unknown entity")
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	r, err := strconv.ParseUint(string(digits), base, 31)
	if err != nil || !utf8.ValidRune(rune(r)) || r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
		return nil, s.error("a reference to no character")
	}
	s.i += n + 1
	return utf8.AppendRune(nil, rune(r)), nil
}

func (s *scanner) instruction() error {
	s.i += 2
	target, err := s.name()
	if err != nil {
		return err
	}
	n := bytes.Index(s.b[s.i:], []byte("?>"))
	if n < 0 || n > 0 && !isBlank(s.b[s.i]) || bytes.EqualFold(target, []byte("xml")) {
		return s.error("a processing instruction that does not end or has no place here")
	}
	s.i += n + 2
	return nil
}

func (s *scanner) endTag() (token, error) {
	s.i += 2
	name, err := s.name()
	if err != nil {
		return token{}, err
	}
	s.blanks()
	if !s.has(">") {
		return token{}, s.error("an end tag without >")
	}
	s.i++
	return token{tokenClose, name}, nil
}

func (s *scanner) startTag() (token, error) {
	s.i++
	name, err := s.name()
	if err != nil {
		return token{}, err
	}
	var seen [][]byte
	for {
		blanks := s.blanks()
		switch {
		case s.has(">"):
			s.i++
			return token{tokenOpen, name}, nil
		case s.has("/>"):
			s.i += 2
			return token{tokenEmpty, name}, nil
		case !blanks || len(seen) == maxAttributes:
			return token{}, s.error("a start tag that does not end, or has too many attributes")
		}
		attribute, err := s.attribute()
		if err != nil {
			return token{}, err
		}
		for _, other := range seen {
			if bytes.Equal(attribute, other) {
				return token{}, s.error("an attribute twice")
			}
		}
		seen = append(seen, attribute)
	}
}

// attribute skips one attribute and returns its name.
func (s *scanner) attribute() ([]byte, error) {
	name, err := s.name()
	if err != nil {
		return nil, err
	}
	s.blanks()
	if !s.has("=") {
		return nil, s.error("an attribute without a value")
	}
	s.i++
	s.blanks()
	if !s.has(`"`) && !s.has("'") {
		return nil, s.error("an attribute without quotes")
	}
	quote := s.b[s.i]
	s.i++
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case quote:
			s.i++
			return name, nil
		case '<':
			return nil, s.error("< in an attribute")
		case '&':
			if _, err := s.reference(); err != nil {
				return nil, err
			}
		default:
			s.i++
		}
	}
	return nil, s.error("an attribute that does not end")
}

// name reads a name. Every character beyond ASCII counts as a letter.
func (s *scanner) name() ([]byte, error) {
	start := s.i
	for ; s.i < len(s.b); s.i++ {
		c := s.b[s.i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		if !letter && (s.i == start || !('0' <= c && c <= '9' || c == '-' || c == '.')) {
			break
		}
	}
	if s.i == start {
		return nil, s.error("a name is missing")
	}
	return s.b[start:s.i], nil
}

func (s *scanner) blanks() bool {
	start := s.i
	for s.i < len(s.b) && isBlank(s.b[s.i]) {
		s.i++
	}
	return s.i > start
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func blank(b []byte) bool {
	for _, c := range b {
		if !isBlank(c) {
			return false
		}
	}
	return true
}
