package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func writeMain(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Test098NamesAreNotForgotten: a variable of [supervisord] environment stays known as
// ENV_X, even if the configuration that set it was refused later on.
func Test098NamesAreNotForgotten(t *testing.T) {
	path := filepath.Join(t.TempDir(), mainFile)
	l := NewLoader(path)
	steps := []struct{ text, command string }{
		{"environment=A=1", ""},
		{"[program:a]\ncommand=x%(ENV_A)s", "x1"},
		{"environment=B=2,A=3\n[program:a]\ncommand=x\nstartsecs=bad", ""},
		{"[program:a]\ncommand=x%(ENV_A)s%(ENV_B)s", "x32"},
	}
	for i, s := range steps {
		writeMain(t, path, "[supervisord]\n"+s.text)
		cfg, err := l.Load()
		if refused := strings.Contains(s.text, "bad"); (err != nil) != refused {
			t.Fatalf("step %d: %v", i, err)
		}
		if s.command != "" && cfg.Groups[0].Processes[0].Command != s.command {
			t.Errorf("step %d: command %q, want %q", i, cfg.Groups[0].Processes[0].Command, s.command)
		}
	}
	if cfg, err := NewLoader(path).Load(); err == nil {
		t.Errorf("a new loader knows the names: %+v", cfg)
	}
}

// TestJSONRoundTrip: a configuration can be handed to another process as JSON.
func TestJSONRoundTrip(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, mainFile)
	writeMain(t, path, `[supervisord]
user=root
environment=A="1 2"
[program:p]
command=x
umask=022
user=root
numprocs=2
process_name=%(process_num)d
stopsignal=HUP
autorestart=true
exitcodes=1,2
stdout_logfile=/tmp/x
[fcgi-program:f]
command=x
socket=unix:///s
socket_owner=root
[eventlistener:l]
command=x
events=TICK
[unix_http_server]
file=/s
chown=root
username=a
password=b
[inet_http_server]
port=1
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
extra=1
[include]
files=none
`)
	cfg, err := NewLoader(path).Load()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var back Config
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	cfg.Origins = nil // they are not saved
	if !reflect.DeepEqual(cfg, &back) {
		t.Errorf("got back\n%+v\nof\n%+v", &back, cfg)
	}
	if added, changed, removed := Diff(cfg.Groups, back.Groups); len(added)+len(changed)+len(removed) > 0 {
		t.Errorf("got back other groups: %q %q %q", added, changed, removed)
	}
}

// Test076FastCGIInAGroup: a FastCGI member of a group has its socket, other members have
// none.
func Test076FastCGIInAGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), mainFile)
	writeMain(t, path, "[supervisord]\n[program:a]\ncommand=x\n[fcgi-program:f]\ncommand=x\nsocket=tcp://h:1\n[group:g]\nprograms=a,f\n")
	cfg, err := NewLoader(path).Load()
	if err != nil {
		t.Fatal(err)
	}
	a, f := cfg.Groups[0].Processes[0], cfg.Groups[0].Processes[1]
	if len(cfg.Groups) != 1 || a.FastCGI != nil || f.FastCGI == nil || f.FastCGI.Address != "h:1" {
		t.Errorf("groups %d, a has %v, f has %v", len(cfg.Groups), a.FastCGI, f.FastCGI)
	}
}

func TestTempDirIsPythons(t *testing.T) {
	good, missing := t.TempDir(), filepath.Join(t.TempDir(), "none")
	t.Setenv("TMPDIR", missing)
	t.Setenv("TEMP", good)
	t.Setenv("TMP", "/")
	if got := tempDir(); got != good {
		t.Errorf("got %s, want %s", got, good)
	}
}

// FuzzLoad: any file gives a configuration or an *Error, and the same when it is read
// again.
func FuzzLoad(f *testing.F) {
	text, err := os.ReadFile("testdata/files.txt")
	if err != nil {
		f.Fatal(err)
	}
	// Files that may define many processes or query the user database are skipped.
	slow := regexp.MustCompile(`(?i)numprocs|user|owner|chown|~`)
	for block := range strings.SplitSeq(string(text), "\n### ") {
		if _, body, ok := strings.Cut(block, "\n"); ok && !slow.MatchString(body) {
			f.Add(body)
		}
	}
	for _, body := range []string{
		"[program-default]\nstartsecs=2\n[template:a]\ntemplate=b\n[template:b]\nenvironment=A=1\n[program:x]\ncommand=%(program_name)s\ntemplate=a,b\nenvironment=B=2",
		"[template:a]\ntemplate=b\n[template:b]\ntemplate=a\n[program:x]\ncommand=x\ntemplate=a",
		"[DEFAULT]\ntemplate=a\n[template:a]\npriority=1\n[eventlistener:x]\ncommand=x\nevents=TICK",
	} {
		f.Add("[supervisord]\n" + body)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if slow.MatchString(text) {
			return
		}
		read := func() (*Config, string) {
			l := &Loader{Path: "/x/s.conf", file: "/x/s.conf", Environ: []string{"A=1"}}
			d, cfg := newDocument(), &Config{Path: l.Path, Here: "/x"}
			err := d.parse(l.Path, []byte(text))
			if err == nil {
				err = l.build(d, cfg, nil, nil)
			}
			return cfg, errorText(err)
		}
		first, problem := read()
		second, again := read()
		if problem != again || problem == "" && !reflect.DeepEqual(first, second) {
			t.Errorf("read once: %q\nagain: %q", problem, again)
		}
	})
}
