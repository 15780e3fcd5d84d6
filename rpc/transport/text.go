package transport

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Unquote decodes percent escapes as upstream does: a percent sign that is not followed
// by two hex digits stays. Bytes that are not UTF-8 afterwards are replaced.
func Unquote(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// ShownText is the longest text of a client that a log line repeats, in bytes.
const ShownText = 1 << 10

// Shorten cuts what a client sent to ShownText bytes, at a character, and appends dots.
func Shorten[S string | []byte](s S) S {
	if len(s) <= ShownText {
		return s
	}
	cut := ShownText
	for cut > ShownText-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return S(string(s[:cut]) + "...")
}

// Printable keeps a client from writing its own or long lines into the log: it shortens
// the text and shows control characters as escapes.
func Printable[S string | []byte](s S) string {
	s = Shorten(s)
	if !strings.ContainsFunc(string(s), IsControl) {
		return string(s)
	}
	var b strings.Builder
	for _, r := range string(s) {
		if IsControl(r) {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// IsControl reports whether a character is a control character.
func IsControl(r rune) bool { return r < 0x20 || r >= 0x7F && r < 0xA0 }
