package userdb

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// GetentFor is the longest that a look-up may take. A directory server that does not
// answer by then counts as not knowing the entry.
const GetentFor = 5 * time.Second

// getent queries the system's library through its command; ok is false if the entry is
// unknown or there is no such command.
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
	// A process that getent left behind may still hold its output.
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	line, _, _ = strings.Cut(string(out), "\n")
	line = strings.TrimSpace(line)
	return line, err == nil && line != ""
}
