package compat

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCheckAsDocumented: the example of docs/checking.md prints what the page shows, and
// --check ends like a start if the file is broken.
func TestCheckAsDocumented(t *testing.T) {
	t.Parallel()
	if ours.why != "" {
		t.Skip(ours.why)
	}
	page, err := os.ReadFile("../docs/checking.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		m := regexp.MustCompile("(?s)\n```" + language + "\n(.*?)```\n").FindStringSubmatch(string(page))
		if m == nil {
			t.Fatal("docs/checking.md has no block ", language)
		}
		return m[1]
	}
	dir := t.TempDir()
	run := func(args ...string) (stdout, stderr string, status int) {
		var out, errs bytes.Buffer
		cmd := exec.Command(ours.daemon, args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
		err := cmd.Run()
		if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			t.Fatal(err)
		} else if ok {
			status = exit.ExitCode()
		}
		return out.String(), errs.String(), status
	}
	file := filepath.Join(dir, "supervisord.conf")
	if err := os.WriteFile(file, []byte(block("ini")), 0o600); err != nil {
		t.Fatal(err)
	}
	command, shown, _ := strings.Cut(block("console"), "\n")
	stdout, stderr, status := run(strings.Fields(strings.TrimPrefix(command, "$ supervisord"))...)
	all := stdout + stderr
	for part := range strings.SplitSeq(shown, "…\n") {
		_, rest, found := strings.Cut(all, part)
		if !found {
			t.Fatalf("the page shows\n%s\nwhich is not in\n%s", part, all)
		}
		all = rest
	}
	if status != 0 || all != "" || strings.Contains(stdout, "secret") {
		t.Errorf("status %d, further lines %q, stdout %s", status, all, stdout)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left in the directory: %v, %v", left, err)
	}
	for _, broken := range []string{"", "[supervisord]\n[program:x]\n", "[supervisord]\nuser=nobodyatall\n", "[supervisord]\n[program:x]\ncommand=x\nuser=nobodyatall\n"} {
		if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		out, errs, status := run("--check", "-c", file)
		_, want, started := run("-n", "-c", file)
		if status != 2 || started != 2 || errs != want || out != "" {
			t.Errorf("%q: --check %d, %s%s; a start %d, %s", broken, status, out, errs, started, want)
		}
	}
}
