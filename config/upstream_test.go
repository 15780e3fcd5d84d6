package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Whole files, read by us and by upstream. testdata/files.txt has the files,
// testdata/files.golden what upstream makes of each; where we differ on purpose, our
// result is below it. Defaults are not recorded. With -update the golden file is written
// again, which needs upstream.
var update = flag.Bool("update", false, "write testdata/files.golden again")

// fileCase is one configuration.
type fileCase struct {
	name    string
	args    []string
	files   map[string]string
	differs bool
}

const mainFile = "s.conf"

// fileCases reads testdata/files.txt: `### name` begins a case, `### args ...` gives a
// command line, `### differs` permits a different result of ours, `@@ name` begins
// another file.
func fileCases(t *testing.T) []*fileCase {
	t.Helper()
	text, err := os.ReadFile("testdata/files.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []*fileCase
	var c *fileCase
	file := ""
	for line := range strings.Lines(string(text)) {
		word := strings.TrimSpace(line)
		switch name, isHead := strings.CutPrefix(word, "### "); {
		case isHead && strings.HasPrefix(name, "args "):
			c.args = strings.Fields(name)[1:]
		case isHead && name == "differs":
			c.differs = true
		case isHead:
			c, file = &fileCase{name: name, args: []string{}, files: map[string]string{}}, mainFile
			cases = append(cases, c)
		case strings.HasPrefix(word, "@@ "):
			file = strings.TrimPrefix(word, "@@ ")
		case c != nil && (word != "" || strings.ContainsAny(line, " \t")):
			c.files[file] += line
		}
	}
	return cases
}

// testEnviron is the whole environment of both sides.
func testEnviron(dir string) map[string]string {
	return map[string]string{"HOME": dir, "TMPDIR": dir, "N": "5", "PCT": "100%", "WORD": "two words"}
}

// filesFacts are the facts that the names of the cases begin with.
const filesFacts = "63 6 9 10 13 11 14 15 16 18 20 22 17 24 25 26 27 29 30 31 32 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 1G 64 1H 65 66 67 68 69 70 71 72 73 74 75 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 105"

func TestFilesAsUpstream(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the recording is of Linux, with its users and signals")
	}
	t.Attr("checklist", "10A.3 10A.4")
	cases := fileCases(t)
	if len(cases) < 100 {
		t.Fatalf("only %d cases", len(cases))
	}
	var shown []string
	for _, c := range cases {
		if id := strings.TrimLeft(strings.Fields(c.name)[0], "0"); !slices.Contains(shown, id) {
			shown = append(shown, id)
		}
	}
	if all := strings.Join(shown, " "); all != filesFacts {
		t.Errorf("the cases show the facts\n%s, said is\n%s", all, filesFacts)
	}
	golden := readGolden(t)
	var o *oracle
	if probe := startOracle(); probe.problem == "" && probe.Upstream {
		o = probe
		t.Attr("upstream", filesFacts)
	} else {
		t.Log("compared with what was recorded: upstream is not installed")
	}
	var written strings.Builder
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range c.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "{D}", dir)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for i, arg := range c.args {
				c.args[i] = strings.ReplaceAll(arg, "{D}", dir)
			}
			ours := mask(ourReading(t, c, dir), dir)
			want := golden[c.name]
			if o != nil {
				theirs := mask(theirReading(o, c, dir), dir)
				if *update {
					want = result{theirs: theirs}
					if c.differs {
						want.ours = ours
					}
					written.WriteString(fmt.Sprintf("### %s\n%s", c.name, want.text()))
				}
				if theirs != want.theirs {
					t.Errorf("the recording is stale: upstream says\n%s\nrecorded is\n%s", theirs, want.theirs)
				}
			}
			if c.differs && ours == want.theirs {
				t.Error("is marked as a difference, but is none")
			}
			if c.differs && ours != want.ours || !c.differs && ours != want.theirs {
				t.Errorf("got\n%s\nwant\n%s%s", ours, want.theirs, want.ours)
			}
		})
	}
	if *update && o != nil {
		if err := os.WriteFile("testdata/files.golden", []byte(written.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// result is what both sides make of a case; ours is empty if it is the same.
type result struct{ theirs, ours string }

func (r result) text() string {
	if r.ours == "" {
		return r.theirs
	}
	return r.theirs + "---- ours\n" + r.ours
}

func readGolden(t *testing.T) map[string]result {
	t.Helper()
	text, err := os.ReadFile("testdata/files.golden")
	if err != nil && !*update {
		t.Fatal(err)
	}
	results := map[string]result{}
	for block := range strings.SplitSeq("\n"+string(text), "\n### ") {
		if name, body, ok := strings.Cut(block, "\n"); ok && name != "" {
			body = strings.TrimSuffix(body, "\n") + "\n"
			theirs, ours, _ := strings.Cut(body, "---- ours\n")
			results[name] = result{theirs, ours}
		}
	}
	return results
}

func mask(text, dir string) string {
	host, _ := os.Hostname()
	cwd, _ := os.Getwd()
	text = strings.NewReplacer(dir, "{D}", cwd+"/", "{cwd}/", "<"+host+">", "<{H}>", "'"+host+"'", "'{H}'").Replace(text)
	for _, usual := range []string{
		`childlogdir = "{D}"`, `logfile = "{cwd}/supervisord.log"`, `pidfile = "{cwd}/supervisord.pid"`, "umask = 18",
	} {
		text = strings.ReplaceAll("\n"+text, "\n"+usual+"\n", "\n")[1:]
	}
	return text
}

func theirReading(o *oracle, c *fileCase, dir string) string {
	type answer struct {
		Error  *string
		Config any
	}
	a := ask[answer](o, "config", question{"path": filepath.Join(dir, mainFile), "args": c.args, "environ": testEnviron(dir)})
	if a.Error != nil {
		return "Error: " + strings.TrimRight(*a.Error, "\n") + "\n"
	}
	return flatten(a.Config)
}

func ourReading(t *testing.T, c *fileCase, dir string) string {
	t.Helper()
	l := NewLoader(filepath.Join(dir, mainFile))
	l.Environ = nil
	for key, value := range testEnviron(dir) {
		t.Setenv(key, value)
		l.Environ = append(l.Environ, key+"="+value)
	}
	if err := testOverrides(&l.Overrides, c.args); err != nil {
		return "Error: " + err.Error() + "\n"
	}
	cfg, err := l.Load()
	if err != nil {
		return "Error: " + strings.TrimRight(err.Error(), "\n") + "\n"
	}
	return flatten(dump(cfg))
}

// testOverrides reads the few options that the cases use.
func testOverrides(o *Overrides, args []string) (err error) {
	for i := 0; i < len(args); i++ {
		value := ""
		if !strings.Contains("-n -s -k -t", args[i]) {
			value = args[i+1]
		}
		switch args[i] {
		case "-n":
			o.NoDaemon = true
		case "-s":
			o.Silent = true
		case "-k":
			o.NoCleanup = true
		case "-t":
			o.StripANSI = true
		case "-e":
			n, problem := ParseLogLevel(value)
			o.LogLevel, err = &n, problem
		case "-y":
			n, problem := ParseBytes(value)
			o.LogfileMaxBytes, err = &n, problem
		case "-i":
			o.Identifier = &value
		case "-u":
			o.User, err = ParseUser(value)
		case "-l":
			o.Logfile = &value
		}
		if value != "" {
			i++
		}
	}
	return err
}

// flatten renders values as lines `path = value`, without defaults.
func flatten(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		panic(err)
	}
	lines := flattenAt("", tree, nil)
	return strings.Join(lines, "\n") + "\n"
}

func flattenAt(path string, v any, lines []string) []string {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if fmt.Sprint(v[key]) != defaultValues[key] {
				lines = flattenAt(strings.TrimPrefix(path+"."+key, "."), v[key], lines)
			}
		}
		return lines
	case []any:
		if len(v) == 0 && strings.HasSuffix(path, ".exitcodes") {
			return append(lines, path+" = []")
		}
		for i, item := range v {
			lines = flattenAt(path+"."+strconv.Itoa(i), item, lines)
		}
		return lines
	case string:
		return append(lines, path+" = "+strconv.Quote(v))
	}
	return append(lines, fmt.Sprintf("%s = %v", path, v))
}

// defaultValues are not shown, nor are empty values.
var defaultValues = map[string]string{
	"logfile_maxbytes": "52428800", "logfile_backups": "10", "loglevel": "20", "umask": "<nil>", "directory": "<nil>", "nodaemon": "false",
	"silent": "false", "minfds": "1024", "minprocs": "200", "nocleanup": "false", "strip_ansi": "false", "identifier": "supervisor",
	"uid": "<nil>", "environment": "map[]", "serverurl": "<nil>", "priority": "999", "autostart": "true", "autorestart": "unexpected",
	"startsecs": "1", "startretries": "3", "exitcodes": "[0]", "stopsignal": "15", "stopwaitsecs": "10", "stopasgroup": "false",
	"killasgroup": "false", "redirect_stderr": "false", "stdout_logfile": "AUTO", "stderr_logfile": "AUTO",
	"stdout_logfile_maxbytes": "52428800", "stderr_logfile_maxbytes": "52428800", "stdout_logfile_backups": "10",
	"stderr_logfile_backups": "10", "stdout_capture_maxbytes": "0", "stderr_capture_maxbytes": "0", "stdout_events_enabled": "false",
	"stderr_events_enabled": "false", "stdout_syslog": "false", "stderr_syslog": "false", "kind": "ProcessGroupConfig",
	"username": "<nil>", "password": "<nil>", "chmod": "448", "chown": "[-1 -1]", "backlog": "<nil>", "owner": "<nil>", "mode": "448",
	"buffer_size": "10", "groups": "<nil>", "processes": "<nil>", "infos": "<nil>", "warnings": "<nil>", "servers": "<nil>", "rpcinterfaces": "<nil>",
}
