package event

import (
	"unicode/utf8"

	"reeve/config/pytext"
)

// Text is output as text: itself if it is UTF-8, else marked as undecodable with Python's rendering of the bytes (checklist 191).
func Text(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	return "Undecodable: " + pytext.BytesRepr(data)
}
