package config

import (
	"fmt"
	"strconv"
	"strings"

	"reeve/config/pytext"
)

// format performs a conversion of a.
func (s spec) format(a argument) (out, problem string) {
	switch s.verb {
	case 's', 'r', 'a':
		return s.text(a)
	case 'c':
		return s.character(a)
	case 'e', 'E', 'f', 'F', 'g', 'G':
		if a.kind != isNumber {
			return "", "must be real number, not " + a.kind.pythonType()
		}
		return s.float(float64(a.number)), ""
	}
	if a.kind == isNumber {
		return s.integer(a.number), ""
	}
	wanted := "a real number"
	if strings.ContainsRune("oxX", s.verb) {
		wanted = "an integer"
	}
	return "", fmt.Sprintf("%%%c format: %s is required, not %s", s.verb, wanted, a.kind.pythonType())
}

func (s spec) text(a argument) (out, problem string) {
	text := a.text
	switch {
	case a.kind == isNumber:
		text = strconv.Itoa(a.number)
	case s.verb == 'r':
		text = pytext.Repr(text)
	case s.verb == 'a':
		text = pytext.ASCII(pytext.Repr(text))
	}
	return s.pad(s.cut(text)), ""
}

func (s spec) character(a argument) (out, problem string) {
	switch {
	case a.kind == isNumber && (a.number < 0 || a.number > 0x10ffff):
		return "", "%c arg not in range(0x110000)"
	case a.kind == isNumber:
		return s.pad(string(rune(a.number))), ""
	case a.kind == isTable || len([]rune(a.text)) != 1:
		return "", "%c requires int or char"
	}
	return s.pad(a.text), ""
}

func (s spec) cut(text string) string {
	if r := []rune(text); s.precision >= 0 && s.precision < len(r) {
		return string(r[:s.precision])
	}
	return text
}

// pad fills text with spaces up to the width.
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
	digits := strings.TrimPrefix(strconv.FormatInt(int64(n), base), "-")
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

// signed joins sign, prefix and digits, padding with zeros if the 0 flag is set.
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
