package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"reeve/config"
)

func Test293FirstLine(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if status := run(&out, &errs); status != 0 || !strings.HasPrefix(out.String(), "; Sample supervisor config file.\n") {
		t.Errorf("status %d, %.40q, %q", status, out.String(), errs.String())
	}
}

// commented is an option or section that is only shown: no blank after the semicolon.
var commented = regexp.MustCompile(`(?m)^;([a-z_]+ ?=|\[)`)

// everything is the sample with all that is shown switched on, in a directory of its own.
func everything(t *testing.T) string {
	dir := t.TempDir()
	text := commented.ReplaceAllString(sample, "$1")
	text = strings.ReplaceAll(text, "/tmp", dir)
	text = strings.ReplaceAll(text, "~/", dir+"/")
	file := filepath.Join(dir, "all.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Test293OracleParses: upstream's own parser takes the sample, as it is and with every option switched on.
func Test293OracleParses(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import supervisor.options").Run(); err != nil {
		t.Skipf("upstream's supervisor is not installed for %s: %v", python, err)
	}
	plain := filepath.Join(t.TempDir(), "plain.conf")
	if err := os.WriteFile(plain, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{plain, everything(t)} {
		const parse = `import sys
from supervisor.options import ServerOptions, ClientOptions
o = ServerOptions(); o.realize(['-c', sys.argv[1], '-u', 'root'][:2]); print(len(o.process_group_configs))
c = ClientOptions(); c.realize(['-c', sys.argv[1], 'pid']); print(c.serverurl, c.prompt)`
		out, err := exec.Command(python, "-W", "ignore", "-c", parse, file).CombinedOutput()
		groups := "0\n"
		if file != plain {
			groups = "3\n"
		}
		if err != nil || !strings.HasPrefix(string(out), groups) {
			t.Errorf("%s: %v\n%s", filepath.Base(file), err, out)
		}
	}
}

// Test293OursParses: so does our own.
func Test293OursParses(t *testing.T) {
	t.Parallel()
	if _, err := user.Lookup("nobody"); err != nil {
		t.Skip("there is no user nobody, whom the sample's examples name")
	}
	file := everything(t)
	loader := config.Loader{Path: file, Environ: []string{"HOME=" + filepath.Dir(file)}}
	c, err := loader.Load()
	if err != nil || len(c.Groups) != 3 {
		t.Fatalf("%v, %+v", err, c)
	}
	ctl, err := config.LoadCtl(file, nil)
	if err != nil || ctl.ServerURL != "unix://"+filepath.Dir(file)+"/supervisor.sock" || ctl.Color != "never" {
		t.Errorf("%v, %+v", err, ctl)
	}
}

// Test293EveryOptionOfUpstream: no option that upstream's sample shows is missing from ours.
func Test293EveryOptionOfUpstream(t *testing.T) {
	t.Parallel()
	theirs, err := exec.Command("/usr/bin/echo_supervisord_conf").Output()
	if err != nil {
		t.Skipf("upstream's echo_supervisord_conf is not installed: %v", err)
	}
	has := options(sample)
	for option := range options(string(theirs)) {
		if !has[option] {
			t.Errorf("the sample does not show %s", option)
		}
	}
}

// options are all section kinds and keys that a sample shows, as `kind key`.
func options(text string) map[string]bool {
	found := map[string]bool{}
	kind := ""
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(line, ";")
		if section, ok := strings.CutPrefix(line, "["); ok {
			kind, _, _ = strings.Cut(strings.TrimSpace(section), "]")
			kind, _, _ = strings.Cut(kind, ":")
			continue
		}
		if key, _, ok := strings.Cut(line, "="); ok && key != "" && !strings.HasPrefix(key, " ") {
			found[kind+" "+strings.TrimSpace(key)] = true
		}
	}
	return found
}
