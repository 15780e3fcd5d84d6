package pytext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Repr is repr(str): in single quotes, or in double quotes if text has a single quote and
// no double one.
func Repr(text string) string { return string(AppendRepr(nil, text)) }

// AppendRepr appends Repr(text) to dst.
func AppendRepr(dst []byte, text string) []byte {
	mark := quoteFor(text)
	dst = append(dst, mark)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = appendStray(dst, text[i])
		case r == rune(mark) || r == '\\':
			dst = append(dst, '\\', byte(r))
		case unicode.IsPrint(r):
			dst = append(dst, text[i:i+size]...)
		default:
			dst = appendEscape(dst, r)
		}
		i += size
	}
	return append(dst, mark)
}

// ASCII is what ascii() makes of a repr: everything that is not ASCII becomes an escape.
func ASCII(repr string) string {
	var dst []byte
	for _, r := range repr {
		if r < utf8.RuneSelf {
			dst = append(dst, byte(r))
		} else {
			dst = appendEscape(dst, r)
		}
	}
	return string(dst)
}

// Stderr is text as Python prints it on stderr: a byte that is not UTF-8 becomes an
// escape.
func Stderr(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var dst []byte
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			dst = appendStray(dst, text[i])
		} else {
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return string(dst)
}

// appendStray appends a byte that is not UTF-8: in Python it is half of a surrogate pair.
func appendStray(dst []byte, c byte) []byte { return fmt.Appendf(dst, `\udc%02x`, c) }

// BytesRepr is repr(bytes).
func BytesRepr(data []byte) string {
	mark := quoteFor(string(data))
	dst := []byte{'b', mark}
	for _, c := range data {
		switch {
		case c == mark || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ' || c >= 0x7f:
			dst = appendEscape(dst, rune(c))
		default:
			dst = append(dst, c)
		}
	}
	return string(append(dst, mark))
}

func quoteFor(text string) byte {
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		return '"'
	}
	return '\''
}

func appendEscape(dst []byte, r rune) []byte {
	switch {
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r < 0x100:
		return fmt.Appendf(dst, `\x%02x`, r)
	case r < 0x10000:
		return fmt.Appendf(dst, `\u%04x`, r)
	}
	return fmt.Appendf(dst, `\U%08x`, r)
}
