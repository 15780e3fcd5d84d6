package compat

import (
	"os/exec"
	"strings"
	"testing"
)

// TestStrayBytesInArguments checks that an argument that is not UTF-8 is shown as Python
// shows it, wherever it appears in a message.
func TestStrayBytesInArguments(t *testing.T) {
	t.Attr("checklist", "104")
	for _, args := range [][]string{
		{"-m", "a\xffb"},
		{"-d", "a\xffb"},
		{"-z", "a\xffb"},
		{"-\xff"},
		{"--a\xffb"},
	} {
		got := firstLine(ours.daemon, args)
		if !strings.Contains(got, `\udcff`) {
			t.Errorf("supervisord %q says %q, without \\udcff", args, got)
		}
		if oracle.daemon == "" {
			continue
		}
		if want := firstLine(oracle.daemon, args); got != want {
			t.Errorf("supervisord %q says %q, the oracle %q", args, got, want)
		}
	}
}

// firstLine returns the first line on stderr of a program that fails before it starts.
func firstLine(program string, args []string) string {
	var stderr strings.Builder
	cmd := exec.Command(program, args...)
	cmd.Stderr = &stderr
	_ = cmd.Run() // it ends with status 2; only its message matters
	line, _, _ := strings.Cut(stderr.String(), "\n")
	return line
}
