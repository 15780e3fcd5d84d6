package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reeve/config"
)

func Test001FindOrder(t *testing.T) {
	dir := write(t, map[string]string{"etc/supervisord.conf": "", "supervisord.conf": ""})
	argv0 := filepath.Join(dir, "bin", "supervisord")
	for _, want := range []string{"etc/supervisord.conf", "supervisord.conf"} {
		want = filepath.Join(dir, want)
		if got, _ := config.Find(argv0); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
		if err := os.Remove(want); err != nil {
			t.Fatal(err)
		}
	}
}

func Test001FindWithoutSlashLooksHere(t *testing.T) {
	t.Chdir(write(t, map[string]string{"etc/supervisord.conf": "", "supervisord.conf": ""}))
	if got, _ := config.Find("supervisord"); got != "etc/supervisord.conf" {
		t.Errorf("found %q", got)
	}
}

func Test002FindTakesDirectories(t *testing.T) {
	dir := write(t, map[string]string{"supervisord.conf/x": ""})
	if got, _ := config.Find(dir + "/bin/supervisord"); got != dir+"/supervisord.conf" {
		t.Errorf("found %q", got)
	}
}

func Test003NotFoundMessage(t *testing.T) {
	got := config.ErrNotFound([]string{"a", "b"}).Error()
	want := "No config file found at default paths (a, b); use the -c option to specify a config file at a different path"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func Test006UnreadableFile(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir + "/none": "could not find config file " + dir + "/none",
		dir:           "could not read config file " + dir,
	} {
		if _, err := (&config.Loader{Path: path}).Load(); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", path, err, want)
		}
	}
}

func Test007RereadFromAnotherDirectory(t *testing.T) {
	t.Chdir(write(t, map[string]string{"s.conf": "[supervisord]\n"}))
	l := config.NewLoader("s.conf")
	first, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	second, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	if second.Here != first.Here || !filepath.IsAbs(second.Here) {
		t.Errorf("here was %q, is %q", first.Here, second.Here)
	}
}

// The effects of [include], shown as the command of program a, warnings and infos.
func Test024to032Include(t *testing.T) {
	const main = "[supervisord]\n[program:a]\ncommand=main\n[include]\nfiles="
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{
			"024 no files",
			map[string]string{"s.conf": "[supervisord]\n[include]\n"},
			"Error: .ini file has [include] section, but no files setting",
		},
		{
			"025 expanded, split, joined",
			map[string]string{"s.conf": main + "%(here)s/x.ini\n  n%(ENV_N)s.ini", "x.ini": "", "n5.ini": ""},
			`main; Included extra file "DIR/x.ini" during parsing; Included extra file "DIR/n5.ini" during parsing`,
		},
		{"026 no hidden files", map[string]string{"s.conf": main + "*.ini", ".h.ini": "[program:a]\ncommand=hidden"}, `main; No file matches via include "DIR/*.ini"`},
		{
			"027 sorted, the last wins",
			map[string]string{"s.conf": main + "d/*", "d/2": "[program:a]\ncommand=two", "d/1": "[program:a]\ncommand=one"},
			`two; Included extra file "DIR/d/1" during parsing; Included extra file "DIR/d/2" during parsing`,
		},
		{
			"029 directories are noted and skipped",
			map[string]string{"s.conf": main + "d", "d/x": ""},
			`main; Included extra file "DIR/d" during parsing`,
		},
		{
			"030 a broken file",
			map[string]string{"s.conf": main + "x", "x": "[a]\nbad"},
			"Error: Source contains parsing errors: 'DIR/x'\n\t[line  2]: 'bad'",
		},
		{
			"031 no includes of includes",
			map[string]string{"s.conf": main + "x", "x": "[include]\nfiles=y", "y": "[program:a]\ncommand=y"},
			`main; Included extra file "DIR/x" during parsing`,
		},
		{
			"032 here is the file's own",
			map[string]string{"s.conf": main + "d/x", "d/x": "[program:a]\ncommand=%(here)s/c"},
			`DIR/d/c; Included extra file "DIR/d/x" during parsing`,
		},
		{
			"057 the file that began the section",
			map[string]string{"s.conf": "[supervisord]\n[include]\nfiles=x", "x": "[program:b]\ncommand=x\nstartsecs=z"},
			"Error: invalid literal for int() with base 10: 'z' in section 'program:b' (file: 'DIR/x')",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, dir, err := loadFiles(t, c.files)
			got := ""
			if err != nil {
				got = "Error: " + err.Error()
			} else {
				got = strings.Join(append(append([]string{process(cfg).Command}, cfg.Warnings...), cfg.Infos...), "; ")
			}
			if got = strings.ReplaceAll(got, dir, "DIR"); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func Test093and262LoadCtl(t *testing.T) {
	dir := write(t, map[string]string{
		"none.conf":  "[supervisord]\n",
		"empty.conf": "[supervisorctl]\n",
		"full.conf": "[supervisorctl]\nserverurl=unix://%(here)s/d/../s.sock\nusername=u\npassword=\nprompt=%(ENV_N)s\n" +
			"history_file=%(here)s/h\n[include]\nfiles=*.conf\n",
		"bad.conf": "[supervisorctl]\nprompt=%(here)s\n",
	})
	load := func(name string) (*config.CtlConfig, error) {
		return config.LoadCtl(filepath.Join(dir, name), []string{"N=5"})
	}
	if _, err := load("none.conf"); err == nil || err.Error() != ".ini file does not include supervisorctl section" {
		t.Errorf("no section: error %v", err)
	}
	want := "Format string '%(here)s' for 'supervisorctl.prompt' contains names ('here') which cannot be expanded. Available names: ENV_N"
	if _, err := load("bad.conf"); err == nil || err.Error() != want {
		t.Errorf("a name that the prompt does not know: error %v", err)
	}
	c, err := load("empty.conf")
	if err != nil {
		t.Fatal(err)
	}
	if c.ServerURL != "http://localhost:9001" || c.Prompt != "supervisor" || c.Username != nil || c.Password != nil || c.HistoryFile != "" {
		t.Errorf("defaults: %+v", c)
	}
	if c, err = load("full.conf"); err != nil {
		t.Fatal(err)
	}
	if c.ServerURL != "unix://"+dir+"/s.sock" || c.Prompt != "5" || c.HistoryFile != dir+"/h" {
		t.Errorf("full: %+v", c)
	}
	if c.Username == nil || *c.Username != "u" || c.Password == nil || *c.Password != "" {
		t.Errorf("credentials: %v, %v", c.Username, c.Password)
	}
}
