package getopt

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quote renders text as Python's repr does. It is a copy of what package config has, because this one imports nothing of ours,
// and knows bytes that are not UTF-8 besides: a command line is not checked by anybody before.
func quote(text string) string {
	mark := '\''
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		mark = '"'
	}
	var b strings.Builder
	b.WriteRune(mark)
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(stray(text[0]))
		case r == mark || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		text = text[size:]
	}
	b.WriteRune(mark)
	return b.String()
}

// stray shows a byte that is not UTF-8 as Python does: it keeps such bytes as halves of surrogate pairs.
func stray(c byte) string { return fmt.Sprintf(`\udc%02x`, c) }
