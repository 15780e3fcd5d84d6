package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// load reads files; the first is the main one.
func load(t *testing.T, files ...string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	for i, text := range files {
		name := mainFile
		if i > 0 {
			name = fmt.Sprintf("%d.ini", i)
		}
		writeMain(t, filepath.Join(dir, name), text)
	}
	cfg, err := (&Loader{Path: filepath.Join(dir, mainFile), Environ: []string{"ROLE=web"}, HostNodeName: "host"}).Load()
	if err != nil {
		err = &Error{Text: strings.ReplaceAll(err.Error(), dir, "DIR")}
	}
	return cfg, err
}

// TestTemplates: a program with templates is what it is with the same values written out.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, same string }{
		{"own before template before program-default", `
			[program-default]
			startsecs=1
			stopwaitsecs=2
			startretries=4
			[template:web]
			startsecs=5
			stopwaitsecs=6
			[program:x]
			command=x
			template=web
			startsecs=9`, `
			[program:x]
			command=x
			startsecs=9
			stopwaitsecs=6
			startretries=4`},
		{"the later template wins", `
			[template:a]
			startsecs=5
			stopwaitsecs=6
			[template:b]
			startsecs=7
			[program:x]
			command=x
			template = a, b`, `
			[program:x]
			command=x
			startsecs=7
			stopwaitsecs=6`},
		{"a shared base is weaker than both that build on it", `
			[template:base]
			startsecs=1
			startretries=1
			[template:a]
			template=base
			startsecs=5
			[template:b]
			template=base
			stopwaitsecs=6
			[program:x]
			command=x
			template=a,b`, `
			[program:x]
			command=x
			startsecs=5
			startretries=1
			stopwaitsecs=6`},
		{"raw text is expanded for the program", `
			[template:web]
			command=/bin/%(program_name)s --port 80%(process_num)02d %(host_node_name)s
			process_name=%(program_name)s-%(process_num)d
			numprocs=2
			environment=ME="%(group_name)s"
			[program:x]
			template=%(ENV_ROLE)s
			[program:y]
			template=web
			numprocs=1`, `
			[program:x]
			command=/bin/x --port 80%(process_num)02d %(host_node_name)s
			process_name=x-%(process_num)d
			numprocs=2
			environment=ME="x"
			[program:y]
			command=/bin/y --port 8000 host
			process_name=y-0
			environment=ME="y"`},
		{"environment is merged", `
			[DEFAULT]
			environment=D="0"
			[program-default]
			environment=A="1",B="1",C="1"
			[template:web]
			environment=B="2",E="%(program_name)s"
			[program:x]
			command=x
			template=web
			environment=C="3"`, `
			[program:x]
			command=x
			environment=A="1",B="2",C="3",E="x"`},
		{"DEFAULT is weakest, but for a template it is nothing", `
			[DEFAULT]
			startsecs=3
			stopwaitsecs=3
			environment=D="0"
			[template:web]
			startsecs=5
			[program:x]
			command=x
			template=web`, `
			[program:x]
			command=x
			startsecs=5
			stopwaitsecs=3
			environment=D="0",Z="9"`},
		{"all kinds of programs, in groups, too", `
			[program-default]
			startsecs=7
			socket_mode=0600
			events=TICK
			[program:x]
			command=x
			[fcgi-program:f]
			command=x
			socket=unix:///tmp/f.sock
			[eventlistener:l]
			command=x
			[group:g]
			programs=x
			startsecs=9`, `
			[program:x]
			command=x
			startsecs=7
			[fcgi-program:f]
			command=x
			socket=unix:///tmp/f.sock
			socket_mode=0600
			startsecs=7
			[eventlistener:l]
			command=x
			events=TICK
			startsecs=7
			[group:g]
			programs=x`},
		{"what a listener does not take from program-default", `
			[program-default]
			priority=5
			redirect_stderr=true
			[program:x]
			command=x
			[eventlistener:l]
			command=x
			events=TICK`, `
			[program:x]
			command=x
			priority=5
			redirect_stderr=true
			[eventlistener:l]
			command=x
			events=TICK`},
		{"but does from a template", `
			[template:t]
			priority=5
			[eventlistener:l]
			command=x
			events=TICK
			template=t`, `
			[eventlistener:l]
			command=x
			events=TICK
			priority=5`},
		{"inherited values count as given", `
			[template:t]
			stopasgroup=true
			startsecs=2
			backoff_delay=2s
			[program:x]
			command=x
			ready=notify
			backoff_limit=4s
			template=t`, `
			[program:x]
			command=x
			ready=notify
			stopasgroup=true
			startsecs=2
			backoff_delay=2s
			backoff_limit=4s`},
		{"program-default may name templates", `
			[template:a]
			startsecs=2
			stopwaitsecs=2
			[program-default]
			template=a
			startsecs=3
			[program:x]
			command=x`, `
			[program:x]
			command=x
			startsecs=3
			stopwaitsecs=2`},
		{"what nobody uses is ignored, wrong or not", `
			[template:a]
			template=b
			startsecs=x
			[template:b]
			template=a
			[program:default]
			command=x`, `
			[program:default]
			command=x`},
		{"an empty program-default", `
			[program-default]
			[program:x]
			command=x`, `
			[program:x]
			command=x`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const header = "[supervisord]\nenvironment=Z=\"9\"\n" // so that it takes none from [DEFAULT]
			got, err := load(t, header+unindented(c.text))
			want, err2 := load(t, header+unindented(c.same))
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if !sameConfig(got, want) {
				t.Errorf("got  %s\nwant %s", shown(got), shown(want))
			}
		})
	}
}

func unindented(text string) string { return strings.ReplaceAll(text, "\t", "") }

// sameConfig compares configurations in all but their places. The order of variables
// means nothing.
func sameConfig(a, b *Config) bool {
	return reflect.DeepEqual(sorted(*a), sorted(*b))
}

func sorted(c Config) Config {
	c.Path, c.Here, c.Origins = "", "", nil
	var groups []*Group
	for _, g := range c.Groups {
		own := *g
		own.Processes = nil
		for _, p := range g.Processes {
			one := *p
			one.Environment = nil
			for k, v := range varMap(p.Environment) {
				one.Environment = append(one.Environment, EnvVar{k, v})
			}
			slices.SortFunc(one.Environment, func(a, b EnvVar) int { return strings.Compare(a.Key, b.Key) })
			own.Processes = append(own.Processes, &one)
		}
		groups = append(groups, &own)
	}
	c.Groups = groups
	return c
}

func shown(c *Config) string {
	var b strings.Builder
	for _, g := range c.Groups {
		fmt.Fprintf(&b, "\n%s %d %+v", g.Name, g.Priority, g.Listener)
		for _, p := range g.Processes {
			fmt.Fprintf(&b, "\n\t%s %v %s", p.Name, dumpProcess(p), fmt.Sprint(p.Checks, p.Delays, p.FastCGI))
		}
	}
	return b.String()
}

// TestTemplatesInIncludedFiles: %(here)s is the directory of the file that says it, also
// in a template and in [DEFAULT], and a value copied from there is no value of its own.
func TestTemplatesInIncludedFiles(t *testing.T) {
	t.Parallel()
	cfg, err := load(t, "[supervisord]\ndirectory=/\n[include]\nfiles=1.ini\n[DEFAULT]\nstartsecs=3\ndirectory=%(here)s/default\n"+
		"[template:a]\ndirectory=%(here)s/a\n[program:x]\ncommand=x\ntemplate=b,a\n[program:y]\ncommand=y\n",
		"[template:b]\ncommand=no\nstdout_logfile=%(here)s/%(program_name)s.log\n[program:z]\ncommand=z\ntemplate=a\n")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "default", "a"} {
		p := cfg.Groups[i].Processes[0]
		if got := strings.TrimPrefix(p.Directory, cfg.Here+"/"); got != want {
			t.Errorf("%s: directory %s, want %s", p.Name, got, want)
		}
	}
	if got := cfg.Groups[0].Processes[0].Stdout.File; got != filepath.Join(cfg.Here, "x.log") {
		t.Errorf("log file %s", got)
	}
}

// TestTemplateErrors: what is wrong with a template, where it is, and where it was used.
func TestTemplateErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"[program:x]\ncommand=x\ntemplate=a,b\n[template:a]\n", "invalid template value 'b', there is no section [template:b], in section [program:x] (file: 'DIR/s.conf')"},
		{"[program:x]\ncommand=x\ntemplate=\n[template:a]\n", ""},
		{"[program:x]\ncommand=x\ntemplate=a,\n[template:a]\n", "invalid template value '', there is no section [template:], in section [program:x] (file: 'DIR/s.conf')"},
		{"[program:x]\ncommand=x\ntemplate=a\n[template:a]\ntemplate=c\n", "invalid template value 'c', there is no section [template:c], in section [template:a] (file: 'DIR/s.conf')"},
		{
			"[program:x]\ncommand=x\ntemplate=a\n[template:a]\ntemplate=b\n[template:b]\ntemplate=a\n",
			"invalid template value 'a', the templates form a circle: a -> b -> a, in section [template:b] (file: 'DIR/s.conf')",
		},
		{
			"[program:x]\ncommand=x\ntemplate=a\n[template:a]\ntemplate=a\n",
			"invalid template value 'a', the templates form a circle: a -> a, in section [template:a] (file: 'DIR/s.conf')",
		},
		{
			"[program:x]\ncommand=x\ntemplate=%(nope)s\n",
			"Format string '%(nope)s' for 'program:x.template' contains names ('nope') which cannot be expanded. " +
				"Available names: ENV_ROLE, here, host_node_name, program_name in section [program:x] (file: 'DIR/s.conf')",
		},
		{
			"[program:x]\ncommand=x\ntemplate=a\n[template:a]\nautostart=1\nstartsecs=soon\n",
			"invalid literal for int() with base 10: 'soon' inherited from [template:a] (file: 'DIR/s.conf', line: 7) in section 'program:x' (file: 'DIR/s.conf')",
		},
		{
			"[program:x]\ncommand=x\n[program-default]\nenvironment=A\n",
			"Unexpected end of key/value pairs in value 'A' inherited from [program-default] (file: 'DIR/s.conf', line: 5) in section 'program:x' (file: 'DIR/s.conf')",
		},
		{
			"[eventlistener:x]\ncommand=x\nevents=TICK\ntemplate=a\n[template:a]\nredirect_stderr=true\n",
			"[eventlistener:x] section sets redirect_stderr=true but this is not allowed because it will interfere with the eventlistener protocol" +
				" inherited from [template:a] (file: 'DIR/s.conf', line: 7)",
		},
	} {
		_, err := load(t, "[supervisord]\n"+c.text)
		if got := errorText(err); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestTemplateOfAnAddedProgram: a program that is added at run time inherits nothing.
func TestTemplateOfAnAddedProgram(t *testing.T) {
	t.Parallel()
	l := &Loader{Path: "FILE"}
	_, err := l.Program(&Config{Path: "FILE"}, "g", "x", []Setting{{"command", "x"}, {"template", "web"}})
	if got := errorText(err); got != "invalid template value 'web', there is no section [template:web], in section [program:x] (file: 'FILE')" {
		t.Error(got)
	}
}
