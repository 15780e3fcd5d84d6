package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// checked checks files, the first of which is the main one. part is among them.
func checked(t *testing.T, l *Loader, main, part string, files ...string) (*Report, error) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		writeMain(t, filepath.Join(dir, files[i]), unindented(files[i+1]))
	}
	t.Chdir(dir)
	l.Path = main
	return l.Check(part)
}

// texts are the values that are not defaults, and the findings.
func (r *Report) texts(dir string) (values, findings []string) {
	for _, s := range r.Sections {
		for _, v := range s.Values {
			if v.From != FromDefault {
				values = append(values, fmt.Sprintf("%s.%s=%s; %s %s:%d %v %t", s.Name, v.Key, v.Text, v.From, v.File, v.Line, v.With, v.First))
			}
		}
	}
	for _, f := range r.Findings {
		findings = append(findings, fmt.Sprintf("%s:%d %t %s", f.File, f.Line, f.Ignored, f.Text))
	}
	replace := func(all []string) {
		for i := range all {
			all[i] = strings.ReplaceAll(all[i], dir, "DIR")
		}
	}
	replace(values)
	replace(findings)
	return values, findings
}

// TestCheck: every value has its place, and what may be wrong is named.
func TestCheck(t *testing.T) {
	level, name := 10, "other"
	l := &Loader{Environ: []string{"TOKEN=hunter2"}, HostNodeName: "host", Overrides: Overrides{LogLevel: &level, Identifier: &name}}
	r, err := checked(t, l, mainFile, "", mainFile, `
		[supervisord]
		identifier=mine
		environment=SECRET="hunter2"
		enviroment=A="1"
		[DEFAULT]
		startretries=5
		[include]
		files=inc.ini none*.ini
		[program-default]
		directory=%(here)s
		environment=LANG="C",TOKEN="hunter2"
		[inet_http_server]
		port=127.0.0.1:9001
		username=admin
		password=hunter2
		[program:web]
		template=worker
		environment=B="hunter2"
		numprocs=2
		process_name=%(program_name)s%(process_num)d
		[program:cron]
		command=/bin/cron
		   --token %(ENV_TOKEN)s
		socket=/x
		startsec=2
		oneshot=true
		[progam:x]
		a=b
		[x]
		[supervisorctl]
		color=%(nope)s`, "inc.ini", `
		[template:worker]
		command=/bin/work --port 80%(process_num)02d
		autostrat=true
		[template:spare]
		password=hunter2
		environment=A="hunter2"
		[template:base]
		stopwaitsecs=20
		[program-default]
		template=base
		[ctlplugin:x]
		password=hunter2`)
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := os.Getwd()
	values, findings := r.texts(dir)
	want := []string{
		"supervisord.environment=SECRET=***; file s.conf:4 [] false",
		"supervisord.loglevel=debug; command line :0 [] false",
		"supervisord.identifier=other; command line :0 [] false",
		"include.files=inc.ini none*.ini; file s.conf:9 [] false",
		"program-default.directory=DIR; file s.conf:11 [] false",
		"program-default.environment=***; file s.conf:12 [] false",
		"program-default.template=base; file DIR/inc.ini:11 [] false",
		"inet_http_server.port=127.0.0.1:9001; file s.conf:14 [] false",
		"inet_http_server.username=admin; file s.conf:15 [] false",
		"inet_http_server.password=***; file s.conf:16 [] false",
		"program:web.template=worker; file s.conf:18 [] false",
		"program:web.environment=LANG=***,TOKEN=***,B=***; file s.conf:19 [program-default] false",
		"program:web.numprocs=2; file s.conf:20 [] false",
		"program:web.process_name=web0; file s.conf:21 [] true",
		"program:web.startretries=5; DEFAULT s.conf:7 [] false",
		"program:web.stopwaitsecs=20; template:base DIR/inc.ini:9 [] false",
		"program:web.directory=DIR; program-default s.conf:11 [] false",
		"program:web.command=/bin/work --port 8000; template:worker DIR/inc.ini:3 [] true",
		"program:cron.command=/bin/cron\n--token %(ENV_TOKEN)s; file s.conf:23 [] false",
		"program:cron.oneshot=true; file s.conf:27 [] false",
		"program:cron.startretries=5; DEFAULT s.conf:7 [] false",
		"program:cron.stopwaitsecs=20; template:base DIR/inc.ini:9 [] false",
		"program:cron.environment=LANG=***,TOKEN=***; program-default s.conf:12 [] false",
		"program:cron.directory=DIR; program-default s.conf:11 [] false",
		"template:worker.command=/bin/work --port 80%(process_num)02d; file DIR/inc.ini:3 [] false",
		"template:spare.environment=***; file DIR/inc.ini:7 [] false",
		"template:base.stopwaitsecs=20; file DIR/inc.ini:9 [] false",
		"ctlplugin:x.password=***; file DIR/inc.ini:13 [] false",
	}
	if !slices.Equal(values, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(values, "\n"), strings.Join(want, "\n"))
	}
	want = []string{
		`:0 false No file matches via include "DIR/none*.ini"`,
		"s.conf:0 false supervisorctl refuses this file: Format string '%(nope)s' for 'supervisorctl.color' contains names ('nope') which cannot be expanded. " +
			"Available names: ENV_SECRET, ENV_TOKEN",
		"s.conf:5 false enviroment in [supervisord] is not known, and ignored; did you mean environment?",
		"s.conf:25 true socket in [program:cron] is not known, and ignored",
		"s.conf:26 false startsec in [program:cron] is not known, and ignored; did you mean startsecs?",
		"s.conf:0 false the section [progam:x] is not known, and ignored; did you mean [program:x]?",
		"s.conf:0 true the section [x] is not known, and ignored",
		"DIR/inc.ini:4 false autostrat in [template:worker] is not known, and ignored; did you mean autostart?",
		"DIR/inc.ini:0 false no program uses [template:spare]",
		"DIR/inc.ini:6 true password in [template:spare] is not known, and ignored",
	}
	if !slices.Equal(findings, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(findings, "\n"), strings.Join(want, "\n"))
	}
	if all := fmt.Sprintf("%+v", r); strings.Contains(all, "hunter2") {
		t.Error("a secret is shown: ", all)
	}
	if !slices.Equal(r.Files, []string{mainFile, filepath.Join(dir, "inc.ini")}) {
		t.Error(r.Files)
	}
}

// TestCheckedDefaults: a default that follows from other values is shown as it is.
func TestCheckedDefaults(t *testing.T) {
	r, err := checked(t, &Loader{}, mainFile, "", mainFile, `
		[supervisord]
		[program:once]
		command=x
		oneshot=true
		[program:ready]
		command=x
		ready=notify
		stopasgroup=true
		backoff_delay=2s`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range r.Sections {
		for _, v := range s.Values {
			if v.From == FromDefault {
				got[s.Name+"."+v.Key] = v.Text
			}
		}
	}
	dir, _ := os.Getwd()
	for key, want := range map[string]string{
		"program:once.startsecs": "0", "program:once.autorestart": "false", "program:once.killasgroup": "false", "program:once.process_name": "once",
		"program:ready.startsecs": "0", "program:ready.killasgroup": "true", "program:ready.backoff_reset": "20s",
		"supervisord.pidfile": filepath.Join(dir, "supervisord.pid"), "supervisord.loglevel": "info",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}

// TestCheckPart: a file that others include is checked with them or alone.
func TestCheckPart(t *testing.T) {
	files := []string{
		mainFile, "[supervisord]\n[include]\nfiles=a.ini\n[template:t]\ndirectory=%(here)s\n",
		"a.ini", "[program:a]\ncommand=x\ntemplate=t\n", "b.ini", "[program:b]\ncommand=%(here)s/x\ntemplate=t\n[include]\nfiles=nothing\n",
		"c.ini", "[program:c]\ncommand=%(here)s/x\n[include]\nfiles=none\n", "bare.conf", "[supervisord]\n",
	}
	const alone = "c.ini:0 false there is no section [supervisord]: read as an included file, without the main file"
	for _, c := range []struct{ main, part, err, sections, findings string }{
		{mainFile, "a.ini", "", "supervisord include template:t program:a", ""},
		{mainFile, "b.ini", "", "supervisord include template:t program:a program:b", ""},
		{mainFile, "", "", "supervisord include template:t program:a", ""},
		{"bare.conf", "b.ini", "invalid template value 't', there is no section [template:t], in section [program:b] (file: 'b.ini')", "", ""},
		{"bare.conf", "c.ini", "", "supervisord program:c include", ""},
		{"", "c.ini", "", "program:c include supervisord", alone},
		{"", "bare.conf", "", "supervisord", ""},
		{"c.ini", "", ".ini file does not include supervisord section", "", ""},
		{"", "nope.ini", "could not find config file nope.ini", "", ""},
		{mainFile, "nope.ini", "could not find config file nope.ini", "", ""},
	} {
		r, err := checked(t, &Loader{}, c.main, c.part, files...)
		var sections []string
		var findings []string
		if r != nil {
			for _, s := range r.Sections {
				sections = append(sections, s.Name)
				for _, v := range s.Values {
					if dir, _ := os.Getwd(); v.Key == "command" && v.Text != "x" && v.Text != dir+"/x" {
						t.Errorf("%s %s: command %s", c.main, c.part, v.Text)
					}
				}
			}
			_, findings = r.texts("DIR")
		}
		if errorText(err) != c.err || strings.Join(sections, " ") != c.sections || strings.Join(findings, "\n") != c.findings {
			t.Errorf("%s %s: %v, %q, %q", c.main, c.part, err, sections, findings)
		}
	}
}

// TestOverridesHaveTexts: each setting of the command line is shown.
func TestOverridesHaveTexts(t *testing.T) {
	t.Parallel()
	o := new(Overrides)
	v := reflect.ValueOf(o).Elem()
	for _, field := range v.Fields() {
		vary(field)
	}
	level := 5
	o.LogLevel = &level
	rows := (&builder{cfg: &Config{}}).supervisordOptions()
	texts := o.texts()
	for _, text := range texts {
		if find(rows, text.Key) == nil || text.From != FromCommandLine {
			t.Errorf("%+v", text)
		}
	}
	if len(texts) != v.NumField() {
		t.Errorf("%d of %d settings are shown", len(texts), v.NumField())
	}
}

// TestNearest: what is taken for a misspelling, and of what.
func TestNearest(t *testing.T) {
	t.Parallel()
	keys := kindOf("program:x").keys()
	for word, want := range map[string]string{
		"autostrat": "autostart", "comand": "command", "Command": "command", "stderr_logfiles": "stderr_logfile", "start_sec": "startsecs",
		"usr": "user", "users": "user", "ure": "", "x": "", "": "", "ready_time": "", "template_": "template", "unask": "umask", "socket": "",
		"stoppwaitseccs": "stopwaitsecs", "stoppwaitsecccs": "",
	} {
		if got := nearest(word, keys); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
	for _, key := range keys {
		if got := nearest(key, keys); got != key {
			t.Errorf("%s: got %q", key, got)
		}
	}
}

// TestKindsAreComplete: no key that has a row counts as unknown, in any section that has
// it, in [DEFAULT], or in a template if it is one of programs.
func TestKindsAreComplete(t *testing.T) {
	t.Parallel()
	all := kindOf(defaults).keys()
	for _, k := range kinds {
		own := kindOf(k.name)
		if own == nil {
			own = kindOf(k.name + ":x")
		}
		if own == nil {
			t.Errorf("no kind %s", k.name)
			continue
		}
		for _, o := range k.options {
			if !own.any && !slices.Contains(own.keys(), o.key) {
				t.Errorf("%s of [%s] counts as unknown", o.key, k.name)
			}
			if !slices.Contains(all, o.key) {
				t.Errorf("%s counts as unknown in [DEFAULT]", o.key)
			}
			if _, ok := programName(k.name + ":x"); ok && !slices.Contains(kindOf("template:x").keys(), o.key) {
				t.Errorf("%s of [%s] counts as unknown in a template", o.key, k.name)
			}
		}
	}
}
