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
	cmd := exec.CommandContext(ctx, path, database, key)
	cmd.WaitDelay = time.Second // for what it may have left behind with its output
	out, err := cmd.Output()
	line, _, _ = strings.Cut(string(out), "\n")
	line = strings.TrimSpace(line)
	return line, err == nil && line != ""
}
