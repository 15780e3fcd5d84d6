package spawn

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quote writes text as Python's repr does: in single quotes, or in double quotes if it holds a single and no double quote
// (checklist 154). Bytes that are not UTF-8 appear as Python shows them in file names.
func quote(text string) string {
	q := byte('\'')
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		q = '"'
	}
	b := []byte{q}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = fmt.Appendf(b, `\udc%02x`, text[i])
		case r == rune(q) || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < ' ' || r >= 0x7f && r <= 0xff && !unicode.IsPrint(r):
			b = fmt.Appendf(b, `\x%02x`, r)
		case unicode.IsPrint(r):
			b = append(b, text[i:i+size]...)
		case r > 0xffff:
			b = fmt.Appendf(b, `\U%08x`, r)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
		i += size
	}
	return string(append(b, q))
}
