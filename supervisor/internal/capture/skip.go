package capture

import "bytes"

// Skip takes from a pipe what was noted down before and not taken: what it begins with, if
// noted ends with that.
func Skip(fd int, noted []byte) {
	p := make([]byte, plainPipe)
	n, err := peek(fd, p)
	if err != nil {
		return
	}
	for k := min(n, len(noted)); k > 0; k-- {
		if bytes.HasSuffix(noted, p[:k]) {
			_, _ = read(fd, p[:k])
			return
		}
	}
}
