package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// names are what %(name)s may refer to: strings, and integers that also take %d (checklist 35).
type names struct {
	texts   map[string]string
	numbers map[string]int
}

func newNames() names { return names{texts: map[string]string{}, numbers: map[string]int{}} }

// with returns a copy with more names.
func (n names) with(pairs ...string) names {
	c := names{texts: maps.Clone(n.texts), numbers: maps.Clone(n.numbers)}
	for i := 0; i < len(pairs); i += 2 {
		c.texts[pairs[i]] = pairs[i+1]
	}
	return c
}

// withEnv returns a copy with ENV_X for each variable.
func (n names) withEnv(vars []EnvVar) names {
	c := n.with()
	for _, v := range vars {
		c.texts["ENV_"+v.Key] = v.Value
	}
	return c
}

func (n names) available() string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(n.texts)), maps.Keys(n.numbers))
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// expand replaces %(name)s and its relatives as Python's % operator does with a mapping (checklist 34-38). label is what the
// message calls the value. An unkeyed %s, which upstream replaces by its whole table of names, is refused.
func (n names) expand(text, label string) (string, error) {
	if !strings.Contains(text, "%") {
		return text, nil
	}
	bad := func(format string, args ...any) error {
		return &Error{fmt.Sprintf("Format string %s for %s is badly formatted: %s",
			Quote(text), Quote(label), fmt.Sprintf(format, args...))}
	}
	var out strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		if runes[i] != '%' {
			out.WriteRune(runes[i])
			continue
		}
		spec, next, problem := parseSpec(runes, i+1)
		if problem != "" {
			return "", bad("%s", problem)
		}
		i = next
		if spec.verb == '%' {
			out.WriteByte('%')
			continue
		}
		if !spec.keyed {
			if strings.ContainsRune("diouxXeEfFgGc", spec.verb) {
				return "", bad("%%%c format: a real number is required, not dict", spec.verb)
			}
			return "", bad("not enough arguments for format string")
		}
		number, isNumber := n.numbers[spec.key]
		value, isText := n.texts[spec.key]
		if !isNumber && !isText {
			return "", &Error{fmt.Sprintf("Format string %s for %s contains names ('%s') which cannot be expanded. Available names: %s",
				Quote(text), Quote(label), spec.key, n.available())}
		}
		piece, problem := spec.format(value, number, isNumber)
		if problem != "" {
			return "", bad("%s", problem)
		}
		out.WriteString(piece)
	}
	return out.String(), nil
}

// spec is one %(key)FLAGS WIDTH.PRECISION VERB.
type spec struct {
	key                           string
	keyed                         bool
	minus, plus, blank, zero, alt bool
	width                         int
	precision                     int // -1: none
	verb                          rune
}

// parseSpec reads what stands behind a percent sign; next is the place of its last character.
func parseSpec(r []rune, i int) (s spec, next int, problem string) {
	s.precision = -1
	if i < len(r) && r[i] == '(' {
		depth, start := 1, i+1
		for i++; i < len(r) && depth > 0; i++ {
			switch r[i] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		if depth > 0 {
			return s, i, "incomplete format key"
		}
		s.key, s.keyed = string(r[start:i-1]), true
	}
	for ; i < len(r); i++ {
		switch r[i] {
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
			goto width
		}
	}
width:
	if i < len(r) && r[i] == '*' {
		return s, i, "* wants int"
	}
	for ; i < len(r) && r[i] >= '0' && r[i] <= '9'; i++ {
		if s.width = s.width*10 + int(r[i]-'0'); s.width > maxWidth {
			return s, i, "width too big"
		}
	}
	if i < len(r) && r[i] == '.' {
		s.precision = 0
		if i++; i < len(r) && r[i] == '*' {
			return s, i, "* wants int"
		}
		for ; i < len(r) && r[i] >= '0' && r[i] <= '9'; i++ {
			if s.precision = s.precision*10 + int(r[i]-'0'); s.precision > maxWidth {
				return s, i, "precision too big"
			}
		}
	}
	if i < len(r) && strings.ContainsRune("hlL", r[i]) {
		i++
	}
	if i >= len(r) {
		return s, i, "incomplete format"
	}
	s.verb = r[i]
	if !strings.ContainsRune("diouxXeEfFgGcsra%", s.verb) {
		return s, i, fmt.Sprintf("unsupported format character '%c' (%#x) at index %d", s.verb, s.verb, i)
	}
	return s, i, ""
}

// maxWidth bounds what a format can blow a value up to.
const maxWidth = 1 << 20

func (s spec) format(text string, number int, isNumber bool) (out, problem string) {
	switch s.verb {
	case 's':
		if isNumber {
			text = strconv.Itoa(number)
		}
		return s.pad(s.cut(text)), ""
	case 'r', 'a':
		if isNumber {
			text = strconv.Itoa(number)
		} else if text = Quote(text); s.verb == 'a' {
			text = pyASCII(text)
		}
		return s.pad(s.cut(text)), ""
	case 'c':
		if isNumber {
			if number < 0 || number > 0x10ffff {
				return "", "%c arg not in range(0x110000)"
			}
			return s.pad(string(rune(number))), ""
		}
		if len([]rune(text)) != 1 {
			return "", "%c requires int or char"
		}
		return s.pad(text), ""
	}
	if !isNumber {
		if strings.ContainsRune("oxX", s.verb) {
			return "", fmt.Sprintf("%%%c format: an integer is required, not str", s.verb)
		}
		if strings.ContainsRune("eEfFgG", s.verb) {
			return "", "must be real number, not str"
		}
		return "", fmt.Sprintf("%%%c format: a real number is required, not str", s.verb)
	}
	if strings.ContainsRune("eEfFgG", s.verb) {
		return s.float(float64(number)), ""
	}
	return s.integer(number), ""
}

func (s spec) cut(text string) string {
	if r := []rune(text); s.precision >= 0 && s.precision < len(r) {
		return string(r[:s.precision])
	}
	return text
}

// pad fills up with blanks.
func (s spec) pad(text string) string {
	fill := strings.Repeat(" ", max(s.width-len([]rune(text)), 0))
	if s.minus {
		return text + fill
	}
	return fill + text
}

func (s spec) integer(n int) string {
	base := 10
	switch s.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
	}
	digits := strconv.FormatInt(int64(max(n, -n)), base)
	prefix := ""
	if s.alt {
		prefix = map[rune]string{'o': "0o", 'x': "0x", 'X': "0X"}[s.verb]
	}
	if s.verb == 'X' {
		digits = strings.ToUpper(digits)
	}
	digits = strings.Repeat("0", max(s.precision-len(digits), 0)) + digits
	return s.signed(n < 0, prefix, digits)
}

func (s spec) float(f float64) string {
	format := "%"
	if s.alt {
		format += "#"
	}
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	return s.signed(f < 0, "", fmt.Sprintf(format+"."+strconv.Itoa(precision)+string(s.verb), max(f, -f)))
}

// signed puts sign, prefix and digits together, zeros between them if asked for.
func (s spec) signed(negative bool, prefix, digits string) string {
	sign := ""
	switch {
	case negative:
		sign = "-"
	case s.plus:
		sign = "+"
	case s.blank:
		sign = " "
	}
	if s.zero && !s.minus {
		digits = strings.Repeat("0", max(s.width-len(sign)-len(prefix)-len(digits), 0)) + digits
	}
	return s.pad(sign + prefix + digits)
}
