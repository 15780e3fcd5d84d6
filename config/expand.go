package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"reeve/config/pytext"
)

// names are what %(name)s may refer to: strings, and integers, which also take %d
// (fact 35).
type names struct {
	texts   map[string]string
	numbers map[string]int
	outer   *names // names of the enclosing scope, hidden by equal names here
}

func newNames() names { return names{texts: map[string]string{}, numbers: map[string]int{}} }

// with returns n extended by name-value pairs.
func (n names) with(pairs ...string) names {
	c := names{texts: make(map[string]string, len(pairs)/2), outer: &n}
	for i := 0; i < len(pairs); i += 2 {
		c.texts[pairs[i]] = pairs[i+1]
	}
	return c
}

// withNumbers returns n extended by numbers.
func (n names) withNumbers(numbers map[string]int) names { return names{numbers: numbers, outer: &n} }

// withEnv returns n extended by ENV_X for each variable X.
func (n names) withEnv(vars []EnvVar) names {
	if len(vars) == 0 {
		return n
	}
	c := names{texts: make(map[string]string, len(vars)), outer: &n}
	for _, v := range vars {
		c.texts["ENV_"+v.Key] = v.Value
	}
	return c
}

// number looks up a number.
func (n *names) number(name string) (int, bool) {
	for ; n != nil; n = n.outer {
		if number, ok := n.numbers[name]; ok {
			return number, true
		}
	}
	return 0, false
}

// text looks up a string.
func (n *names) text(name string) (string, bool) {
	for ; n != nil; n = n.outer {
		if text, ok := n.texts[name]; ok {
			return text, true
		}
	}
	return "", false
}

func (n *names) available() string {
	var all []string
	for ; n != nil; n = n.outer {
		all = slices.AppendSeq(slices.AppendSeq(all, maps.Keys(n.texts)), maps.Keys(n.numbers))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// expand replaces %(name)s and its variants as Python's % operator does with a mapping
// (facts 34-38). label names the value in error messages. An unkeyed %s, which upstream
// replaces by its whole table of names, is refused.
func (n names) expand(text, label string) (string, error) {
	if !strings.Contains(text, "%") {
		return text, nil
	}
	f := &formatter{names: n, r: []rune(text)}
	var out strings.Builder
	for f.i < len(f.r) {
		c := f.r[f.i]
		f.i++
		if c != '%' {
			out.WriteRune(c)
			continue
		}
		if f.next('%') {
			out.WriteByte('%')
			f.i++
			continue
		}
		piece, problem := f.piece()
		switch {
		case f.missing:
			return "", &Error{
				fmt.Sprintf("Format string %s for %s contains names (%s) which cannot be expanded. Available names: %s",
					pytext.Repr(text), pytext.Repr(label), pytext.Repr(problem), n.available()),
				fmt.Sprintf("Format string for %s contains names (%s) which cannot be expanded", pytext.Repr(label), pytext.Repr(problem)),
			}
		case problem != "":
			return "", badlyFormatted(text, label, problem)
		}
		out.WriteString(piece)
	}
	if f.table {
		return "", badlyFormatted(text, label, tooFew)
	}
	return out.String(), nil
}

func badlyFormatted(text, label, problem string) error {
	return &Error{
		fmt.Sprintf("Format string %s for %s is badly formatted: %s", pytext.Repr(text), pytext.Repr(label), problem),
		fmt.Sprintf("Format string for %s is badly formatted: %s", pytext.Repr(label), problem),
	}
}

// formatter is the state of one expansion.
type formatter struct {
	names   names
	r       []rune
	i       int  // index of the next character
	missing bool // the problem is an unknown name
	// table says that a conversion asked for the table of names itself, which is an error
	// only if nothing else is wrong.
	table bool
	argument
}

// argument is the value of the next conversion, as Python tracks it: at first the table
// of names itself, then the value of the last (name). It can be used once.
type argument struct {
	text   string
	number int
	kind   argumentKind
	taken  bool
}

type argumentKind int

const (
	isTable argumentKind = iota
	isText
	isNumber
)

// pythonType returns the type's name in Python's error messages.
func (k argumentKind) pythonType() string { return [...]string{"dict", "str", "int"}[k] }

const tooFew = "not enough arguments for format string"

// piece reads and performs one conversion; the percent sign has been read.
func (f *formatter) piece() (out, problem string) {
	if problem := f.key(); f.missing || problem != "" {
		return "", problem
	}
	s, problem := f.spec()
	switch {
	case problem != "":
		return "", problem
	case f.taken:
		return "", tooFew
	}
	f.taken = true
	if !strings.ContainsRune("diouxXeEfFgGcsra", s.verb) {
		shown := s.verb
		if shown < 31 || shown >= 127 {
			shown = '?'
		}
		return "", fmt.Sprintf("unsupported format character '%c' (%#x) at index %d", shown, s.verb, f.i-1)
	}
	if f.kind == isTable && strings.ContainsRune("sra", s.verb) {
		f.table = true
		return "", ""
	}
	return s.format(f.argument)
}

// key reads (name) if there is one, and makes its value the argument.
func (f *formatter) key() (problem string) {
	if f.i >= len(f.r) || f.r[f.i] != '(' {
		return ""
	}
	depth, start := 1, f.i+1
	for f.i++; f.i < len(f.r) && depth > 0; f.i++ {
		switch f.r[f.i] {
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	if depth > 0 {
		return "incomplete format key"
	}
	name := string(f.r[start : f.i-1])
	if number, ok := f.names.number(name); ok {
		f.argument = argument{number: number, kind: isNumber}
		return ""
	}
	text, ok := f.names.text(name)
	f.argument = argument{text: text, kind: isText}
	f.missing = !ok
	if f.missing {
		return name
	}
	return ""
}

// spec is a conversion: FLAGS WIDTH.PRECISION VERB.
type spec struct {
	minus, plus, blank, zero, alt bool
	width                         int
	precision                     int // -1: none
	verb                          rune
}

func (f *formatter) spec() (s spec, problem string) {
	for flags := true; flags && f.i < len(f.r); {
		switch f.r[f.i] {
		case '-':
			s.minus = true
		case '+':
			s.plus = true
		case ' ':
			s.blank = true
		case '0':
			s.zero = true
		case '#':
			s.alt = true
		default:
			flags = false
			continue
		}
		f.i++
	}
	s.precision = -1
	if s.width, problem = f.count("width too big"); problem != "" {
		return s, problem
	}
	if f.next('.') {
		f.i++
		if s.precision, problem = f.count("precision too big"); problem != "" {
			return s, problem
		}
	}
	if f.next('h') || f.next('l') || f.next('L') {
		f.i++
	}
	if f.i >= len(f.r) {
		return s, "incomplete format"
	}
	s.verb = f.r[f.i]
	f.i++
	return s, ""
}

func (f *formatter) next(c rune) bool { return f.i < len(f.r) && f.r[f.i] == c }

// maxWidth bounds widths and precisions, and so the length of an expanded value.
const maxWidth = 1_000_000

// count reads a width or precision. A * takes it from the argument, which is then used
// up.
func (f *formatter) count(tooBig string) (n int, problem string) {
	if f.next('*') {
		switch {
		case f.taken:
			return 0, tooFew
		case f.kind != isNumber:
			return 0, "* wants int"
		}
		f.i++
		f.taken = true
		return 0, ""
	}
	for ; f.i < len(f.r) && f.r[f.i] >= '0' && f.r[f.i] <= '9'; f.i++ {
		if n = n*10 + int(f.r[f.i]-'0'); n > maxWidth {
			return 0, tooBig
		}
	}
	return n, ""
}
