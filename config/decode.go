package config

import (
	"fmt"
	"unicode/utf8"
)

// pythonChunk is how many bytes Python decodes at a time; positions in its error message
// are relative to that chunk.
const pythonChunk = 8192

// undecodable returns Python's error message for text that is not UTF-8 (fact 23), or an
// empty string if text is valid.
func undecodable(text []byte) string {
	// where the chunk that Python is decoding begins
	base := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r != utf8.RuneError || size > 1 {
			i += size
			continue
		}
		bad, reason := badSequence(text[i:])
		// Python decodes a character cut by the end of a chunk or of the file together
		// with what follows.
		for at := pythonChunk; at-cutBy(text, min(at, len(text))) <= i && at <= len(text); at += pythonChunk {
			base = at - cutBy(text, at)
		}
		if reason == endOfData {
			base = i
		}
		if bad == 1 {
			return fmt.Sprintf("'utf-8' codec can't decode byte 0x%02x in position %d: %s", text[i], i-base, reason)
		}
		return fmt.Sprintf("'utf-8' codec can't decode bytes in position %d-%d: %s", i-base, i-base+bad-1, reason)
	}
	return ""
}

// cutBy returns how many bytes before a position belong to a character that continues
// after it. Two bytes of a surrogate count as cut, although they are already invalid.
func cutBy(text []byte, at int) int {
	for n := 1; n < utf8.UTFMax && n <= at; n++ {
		if lead := text[at-n]; utf8.RuneStart(lead) {
			if surrogate := n == 2 && lead == 0xed && text[at-1] >= 0xa0; surrogate || !utf8.FullRune(text[at-n:at]) {
				return n
			}
			return 0
		}
	}
	return 0
}

const endOfData = "unexpected end of data"

// badSequence returns how many bytes of an invalid character are at fault, and why.
func badSequence(text []byte) (size int, reason string) {
	first := text[0]
	low, high, want := byte(0x80), byte(0xbf), 1
	switch {
	case first < 0xc2 || first > 0xf4:
		return 1, "invalid start byte"
	case first == 0xe0:
		low, want = 0xa0, 2
	case first == 0xed:
		high, want = 0x9f, 2
	case first == 0xf0:
		low, want = 0x90, 3
	case first == 0xf4:
		high, want = 0x8f, 3
	case first >= 0xf0:
		want = 3
	case first >= 0xe0:
		want = 2
	}
	for n := 1; n <= want; n++ {
		if n == len(text) {
			return n, endOfData
		}
		if text[n] < low || text[n] > high {
			return n, "invalid continuation byte"
		}
		low, high = 0x80, 0xbf
	}
	return 1, "invalid start byte"
}
