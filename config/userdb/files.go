package userdb

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// eachLine calls f with the fields of each line of a file until f returns false. Empty
// lines and comments are skipped. A missing file has no lines.
func eachLine(path string, f func(fields []string) bool) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read the user database: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, "#") && !f(strings.Split(line, ":")) {
			return nil
		}
	}
	return nil
}
