package pytext

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsSpace is str.isspace of one character: what str.strip removes from both ends, and
// what str.split splits at.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// Integer reads what int(text) reads: white space at both ends, a sign, decimal digits of
// any script with single underscores between them. The result has a minus sign or none
// and ASCII digits, for strconv or math/big to read: int has no limit.
func Integer(text string) (digits string, ok bool) {
	// Not IsSpace: int does not accept \x1c to \x1f as space.
	text = strings.TrimFunc(text, unicode.IsSpace)
	var b strings.Builder
	switch {
	case strings.HasPrefix(text, "-"):
		b.WriteByte('-')
		text = text[1:]
	case strings.HasPrefix(text, "+"):
		text = text[1:]
	}
	afterDigit := false
	for _, r := range ASCIIDigits(text) {
		switch {
		case '0' <= r && r <= '9':
			b.WriteRune(r)
			afterDigit = true
		case r == '_' && afterDigit:
			afterDigit = false
		default:
			return "", false
		}
	}
	return b.String(), afterDigit
}

// ASCIIDigits replaces the decimal digits of other scripts by ASCII ones; int accepts
// them in any base. The digits of a script are ten consecutive code points, zero first.
func ASCIIDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
			return r
		}
		for _, block := range unicode.Nd.R16 {
			if rune(block.Lo) <= r && r <= rune(block.Hi) {
				return '0' + (r-rune(block.Lo))%10
			}
		}
		for _, block := range unicode.Nd.R32 {
			if rune(block.Lo) <= r && r <= rune(block.Hi) {
				return '0' + (r-rune(block.Lo))%10
			}
		}
		return r
	}, text)
}

// ParseInt reads what int(text) reads, if it fits in 64 bits.
func ParseInt(text string) (n int64, ok bool) {
	digits, ok := Integer(text)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// AppendFloat appends repr(float): the shortest digits that read back as f, with an
// exponent only below 1e-4 and from 1e16 on.
func AppendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if f == math.Trunc(f) {
		dst = append(dst, ".0"...)
	}
	return dst
}
