package xmlrpc

import (
	"encoding/base64"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"reeve/config/pytext"
)

// maxDigits limits the cost of reading an integer; Python has the same limit.
const maxDigits = 4300

// scalar returns the value of an element that holds only text; ok is false for any other
// element.
func scalar(name string, text []byte) (v any, ok bool, err error) {
	switch name {
	case "string":
		return string(text), true, nil
	case "int", "i4":
		v, err = parseInt(string(text))
	case "boolean":
		return string(text) == "1", true, nil
	case "double":
		v, err = parseDouble(string(text))
	case "dateTime.iso8601":
		v, err = parseDateTime(string(text))
	case "base64":
		v, err = parseBase64(text)
	default:
		return nil, false, nil
	}
	return v, true, err
}

// parseInt reads what Python's int() reads.
func parseInt(s string) (any, error) {
	digits, ok := pytext.Integer(s)
	if !ok || len(digits) > maxDigits {
		return nil, errors.New("not an integer")
	}
	if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return i, nil
	}
	b, _ := new(big.Int).SetString(digits, 10)
	return b, nil
}

// parseDouble reads what Python's float() reads, which excludes hexadecimal.
func parseDouble(s string) (any, error) {
	s = strings.TrimSpace(s)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.ContainsAny(s, "xX_") {
		return nil, errors.New("not a number")
	}
	return f, nil
}

// parseDateTime reads YYYYMMDDTHH:MM:SS and nothing else (fact 232, value types).
func parseDateTime(s string) (any, error) {
	const form = "yyyymmddThh:mm:ss"
	if len(s) != len(form) {
		return nil, errors.New("not a date")
	}
	var fields [6]int
	f := -1
	for i := range len(form) {
		if strings.IndexByte("T:", form[i]) >= 0 {
			if s[i] != form[i] {
				return nil, errors.New("not a date")
			}
			continue
		}
		if i == 0 || form[i] != form[i-1] {
			f++
		}
		if s[i] < '0' || s[i] > '9' {
			return nil, errors.New("not a date")
		}
		fields[f] = fields[f]*10 + int(s[i]-'0')
	}
	d := DateTime{fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]}
	if t := d.Time(); d.Year < 1 || t.Year() != d.Year || int(t.Month()) != d.Month || t.Day() != d.Day ||
		d.Hour > 23 || d.Minute > 59 || d.Second > 59 {
		return nil, errors.New("not a date")
	}
	return d, nil
}

func parseBase64(text []byte) (any, error) {
	b, err := DecodeBase64(text)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(b) {
		return nil, errors.New("base64 of something that is not UTF-8")
	}
	return string(b), nil
}

// DecodeBase64 decodes as Python's base64.decodebytes does: characters outside the
// alphabet are skipped, everything after complete padding is ignored, missing padding is
// an error.
func DecodeBase64(text []byte) ([]byte, error) {
	digits := make([]byte, 0, len(text))
	padding := 0
	for _, c := range text {
		switch {
		case c == '=':
			if n := len(digits) % 4; n >= 2 {
				if padding++; n+padding >= 4 {
					return decodeRaw(digits)
				}
			}
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			padding = 0
			digits = append(digits, c)
		}
	}
	if len(digits)%4 != 0 {
		return nil, errors.New("base64 without its padding")
	}
	return decodeRaw(digits)
}

func decodeRaw(digits []byte) ([]byte, error) {
	n, err := base64.RawStdEncoding.Decode(digits, digits)
	return digits[:n], err
}
