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

// commented is an option or section that is commented out: no space after the semicolon.
var commented = regexp.MustCompile(`(?m)^;([a-z_]+ ?=|\[)`)

// everything writes the sample, with everything that is commented out switched on, to a
// directory of its own and returns the file. Users, programs and paths that exist on no
// machine are replaced.
func everything(t *testing.T) string {
	dir := t.TempDir()
	text := strings.NewReplacer(
		"/tmp", dir, "/a/path", dir+"/path", "~/", dir+"/", "progname1,progname2", "theprogramname",
		"user=supervisord", "user=nobody", "user=chrism", "user=nobody", "nobody:nogroup", "nobody",
		";[fcgi-program:thefcgiprogramname]\n", ";[fcgi-program:thefcgiprogramname]\n;command=/bin/cat\n",
	).Replace(sample)
	text = commented.ReplaceAllString(text, "$1")
	file := filepath.Join(dir, "all.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Test293OracleParses: upstream's own parser accepts the sample, as it is and with every
// option switched on.
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

// Test293OursParses: our own parser does too.
func Test293OursParses(t *testing.T) {
	t.Parallel()
	if _, err := user.Lookup("nobody"); err != nil {
		t.Skip("there is no user nobody, whom the sample's examples name")
	}
	file := everything(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// The example of depends_on names programs that the sample does not have.
	text = regexp.MustCompile(`(?m)^(depends_on|on_dependency)=.*\n`).ReplaceAll(text, nil)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	loader := config.Loader{Path: file, Environ: []string{"HOME=" + filepath.Dir(file)}}
	c, err := loader.Load()
	if err != nil || len(c.Groups) != 3 {
		t.Fatalf("%v, %+v", err, c)
	}
	ctl, err := config.LoadCtl(file, nil)
	if err != nil || ctl.ServerURL != "http://127.0.0.1:9001" || ctl.Color != "never" {
		t.Errorf("%v, %+v", err, ctl)
	}
}
