package rpc

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"reeve/rpc/xmlrpc"
)

// pyStr renders a decoded value as Python's str() would: that is what upstream puts into faults and into the payload of
// REMOTE_COMMUNICATION when a client sends something other than text (checklist 193).
func pyStr(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case xmlrpc.DateTime:
		t := v.Time()
		return t.Format("2006-01-02 15:04:05")
	}
	return string(appendRepr(nil, v))
}

func appendRepr(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "None"...)
	case bool:
		if v {
			return append(dst, "True"...)
		}
		return append(dst, "False"...)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case *big.Int:
		return v.Append(dst, 10)
	case float64:
		return appendReprFloat(dst, v)
	case string:
		return appendReprString(dst, v)
	case xmlrpc.DateTime:
		t := v.Time()
		dst = fmt.Appendf(dst, "datetime.datetime(%d, %d, %d, %d, %d", t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute())
		if t.Second() != 0 {
			dst = fmt.Appendf(dst, ", %d", t.Second())
		}
		return append(dst, ')')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendRepr(dst, e)
		}
		return append(dst, ']')
	case xmlrpc.Struct:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendReprString(dst, m.Name)
			dst = append(dst, ": "...)
			dst = appendRepr(dst, m.Value)
		}
		return append(dst, '}')
	}
	return fmt.Append(dst, v)
}

// appendReprFloat gives the shortest digits that read back as f; an exponent only below 1e-4 and from 1e16 on.
func appendReprFloat(dst []byte, f float64) []byte {
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
	digits := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	return append(dst, digits...)
}

func appendReprString(dst []byte, s string) []byte {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	dst = append(dst, quote)
	for i, r := range s {
		switch {
		case r == utf8.RuneError && s[i] != "\uFFFD"[0]:
			dst = fmt.Appendf(dst, `\x%02x`, s[i]) // not UTF-8
		case r == rune(quote) || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == ' ' || unicode.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		case r < 0x100:
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case r < 0x10000:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = fmt.Appendf(dst, `\U%08x`, r)
		}
	}
	return append(dst, quote)
}

// truthy is what Python's bool() says: "wait" takes any value.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case xmlrpc.Struct:
		return len(v) > 0
	}
	return true
}

// pyInt is what Python's int() makes of a value; ok is false where it would raise, or beyond 64 bits.
func pyInt(v any) (i int64, ok bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return v, true
	case float64:
		if !(math.Abs(v) < 1<<63) { // also not a number
			return 0, false
		}
		return int64(v), true
	case string:
		return pyParseInt(v)
	}
	return 0, false
}

// pyParseInt reads decimal digits with blanks around, a sign, and single underscores between digits.
func pyParseInt(s string) (int64, bool) {
	s = strings.TrimFunc(s, unicode.IsSpace)
	if strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return 0, false
	}
	if len(s) > 1 && (s[0] == '+' || s[0] == '-') && s[1] == '_' {
		return 0, false
	}
	i, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	return i, err == nil
}
