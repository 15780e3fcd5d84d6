package capture

import "bytes"

// ansiEnd are the letters that end an escape sequence for upstream.
const ansiEnd = "HfABCDRsuJKhlpm"

var ansiBegin = []byte("\x1b[")

// stripANSI returns data without its escape sequences: ESC [ and everything up to the
// first of the ending letters. Each piece is stripped by itself, as upstream does (fact
// 189: strip_ansi): of a sequence cut in two only the first half is removed, and one
// without an end takes the rest of the piece with it. data is not changed; the result may
// be data itself.
func stripANSI(data []byte) []byte {
	before, rest, found := bytes.Cut(data, ansiBegin)
	if !found {
		return data
	}
	out := make([]byte, 0, len(data))
	for found {
		out = append(out, before...)
		end := bytes.IndexAny(rest, ansiEnd)
		if end < 0 {
			return out
		}
		before, rest, found = bytes.Cut(rest[end+1:], ansiBegin)
	}
	return append(out, before...)
}
