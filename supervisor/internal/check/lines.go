package check

import (
	"bytes"
	"regexp"
)

// longestLine bounds what is kept of a line that goes on: the pattern sees its begin.
const longestLine = 8 << 10

// Lines looks for a whole line in what a stream brings, piece by piece. Each stream of a
// program has its own. The cost is the pattern's, for every byte until a line matches: it
// belongs where the stream is read, not on the loop.
type Lines struct {
	Pattern string
	Rest    []byte // the line that is not complete yet, as far as it is kept

	compiled *regexp.Regexp
}

// Match takes the next piece, and reports whether a line that it completes matches. A
// carriage return before the newline does not count as part of the line.
func (l *Lines) Match(piece []byte) bool {
	if l.compiled == nil {
		compiled, err := regexp.Compile(l.Pattern)
		if err != nil {
			return false // package health has refused it
		}
		l.compiled = compiled
	}
	for {
		line, after, whole := bytes.Cut(piece, []byte{'\n'})
		line = line[:min(len(line), longestLine-len(l.Rest))]
		if !whole {
			l.Rest = append(l.Rest, line...)
			return false
		}
		if len(l.Rest) > 0 {
			line = append(l.Rest, line...)
			l.Rest = line[:0]
		}
		if l.compiled.Match(bytes.TrimSuffix(line, []byte{'\r'})) {
			return true
		}
		piece = after
	}
}
