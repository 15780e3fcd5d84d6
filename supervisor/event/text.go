package event

import (
	"unicode/utf8"

	"reeve/config/pytext"
)

// Text returns output as text: the bytes themselves if they are UTF-8, else the word
// Undecodable and the bytes as Python prints them (fact 191).
func Text(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	return "Undecodable: " + pytext.BytesRepr(data)
}
