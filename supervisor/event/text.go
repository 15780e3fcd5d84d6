package event

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Text is output as text: itself if it is UTF-8, else marked as undecodable with Python's rendering of the bytes (checklist 191).
func Text(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	return "Undecodable: " + BytesRepr(data)
}

// BytesRepr renders bytes as Python's repr does.
func BytesRepr(data []byte) string {
	quote := byte('\'')
	if strings.ContainsRune(string(data), '\'') && !strings.ContainsRune(string(data), '"') {
		quote = '"'
	}
	b := []byte{'b', quote}
	for _, c := range data {
		switch {
		case c == quote || c == '\\':
			b = append(b, '\\', c)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < 0x20 || c >= 0x7f:
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, quote))
}

// Quote renders a name as Python's repr does, as far as names go: the quotes change if the text has single ones only.
func Quote(name string) string {
	if strings.Contains(name, "'") && !strings.Contains(name, `"`) {
		return `"` + strings.ReplaceAll(name, `\`, `\\`) + `"`
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
}
