package xmlrpc

import "unicode/utf8"

const replacement = "\uFFFD"

// plain reports for each ASCII byte whether text may hold it unescaped.
var plain = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c >= 0x20 || c == '\t' || c == '\n' || c == '\r'
	}
	t['&'], t['<'], t['>'] = false, false, false
	return t
}()

// TextSize is how many bytes of a reply Encoder.Text takes for b, or a little more.
func TextSize(b []byte) int {
	const tags = 64
	n, high := len(b)+tags, 0
	for _, c := range b {
		switch {
		case c >= utf8.RuneSelf:
			high++
		case !plain[c]:
			n += len("&amp;") - 1
		}
	}
	if high > 0 && !utf8.Valid(b) {
		n += high * (len(replacement) - 1)
	}
	return n
}

// appendText appends s escaped and made fit for XML, by the rules of the package comment.
func appendText[S string | []byte](dst []byte, s S) []byte {
	from := 0 // s[from:i] waits to be copied
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			switch c {
			case '&':
				dst = append(dst, "&amp;"...)
			case '<':
				dst = append(dst, "&lt;"...)
			case '>':
				dst = append(dst, "&gt;"...)
			default:
				dst = append(dst, replacement...)
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			dst = append(dst, s[from:i]...)
			dst = append(dst, replacement...)
			from = i + size
		}
		i += size
	}
	return append(dst, s[from:]...)
}
