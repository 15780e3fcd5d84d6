package userdb

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// GetentFor is how long a look-up may take; a directory server that does not answer counts as one that does not know.
const GetentFor = 5 * time.Second

// getent asks the system's library through its program; ok is false if it does not know, or is not there.
func getent(database, key string) (line string, ok bool) {
	if key == "" || strings.HasPrefix(key, "-") {
		return "", false
	}
	path, err := exec.LookPath("getent")
	if err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), GetentFor)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, database, key).Output()
	line = strings.TrimSpace(string(out))
	return line, err == nil && line != ""
}
