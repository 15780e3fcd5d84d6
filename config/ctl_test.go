package config

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestFindAsUpstream: both look in the same places, take the first file that exists even
// if it cannot be read, and print the same message if there is none.
func TestFindAsUpstream(t *testing.T) {
	o := upstream(t)
	t.Attr("upstream", "1 2 3")
	type answer struct {
		Searched []string
		Found    *string
		Refused  string
	}
	for _, files := range [][]string{
		{"bin/etc/supervisord.conf", "etc/supervisord.conf", "supervisord.conf"},
		{"etc/supervisord.conf", "supervisord.conf"},
		{"supervisord.conf/directory"},
		{"etc/supervisord.conf"},
	} {
		for _, argv0 := range []string{"supervisord", "bin/supervisord", "./bin/supervisord", "{D}/bin/supervisord", "/supervisord", "//x//y", "a/b/c"} {
			dir := t.TempDir()
			if argv0[0] == '{' {
				argv0 = dir + argv0[len("{D}"):]
			}
			for _, file := range files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, nil, 0); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir)
			want := ask[answer](o, "find", question{"directory": dir, "argv0": argv0})
			found, searched := Find(argv0)
			if !slices.Equal(searched, want.Searched) || want.Found == nil || found != *want.Found {
				t.Errorf("%s with %q: found %q in %q, want %+v", argv0, files, found, searched, want)
			}
			if got := ErrNotFound([]string{"/nonexistent/a", "/nonexistent/b"}).Error(); got != want.Refused {
				t.Errorf("got  %s\nwant %s", got, want.Refused)
			}
		}
	}
}

// TestCtlAsUpstream reads files as supervisorctl does.
func TestCtlAsUpstream(t *testing.T) {
	o := upstream(t)
	t.Attr("upstream", "4 33 44 93 261 262")
	type settings struct {
		ServerURL, Username, Password, Prompt *string
		HistoryFile                           *string `json:"history_file"`
	}
	type answer struct {
		Error    *string
		Settings settings
	}
	for _, text := range []string{
		"", // no file at all
		"[supervisord]\n",
		"[supervisorctl]\n",
		"[supervisorctl]\nserverurl=unix://%(here)s/d/../s.sock\nusername=u%(ENV_N)s\npassword=\nprompt=%(ENV_N)s\nhistory_file=%(here)s/../h\n",
		"[supervisorctl]\nserverurl=unix://~/s\nhistory_file=~/h\n",
		"[supervisorctl]\nserverurl=unix://relative\nhistory_file=h\n",
		"[supervisorctl]\nserverurl=http://h:1/path\nprompt=a b\n",
		"[supervisorctl]\nserverurl=nonsense\n",
		"[supervisorctl]\nserverurl=%(program_name)s\n",
		"[supervisorctl]\nprompt=%(here)s\n",
		"[supervisorctl]\nusername=%(here)s\n",
		"[supervisorctl]\npassword=%(here)s\n",
		"[supervisorctl]\nhistory_file=%(host_node_name)s\n",
		"[supervisorctl]\nprompt=%\n",
		"[supervisorctl]\n[include]\n",
		"[supervisorctl]\nprompt=main\n[include]\nfiles=*.ini\n",
		"[supervisord]\n[include]\nfiles=*.ini\n",
		"[supervisorctl]\n[ctlplugin:x]\n",
		"[supervisorctl]\n[DEFAULT]\nprompt=d\n",
		"[supervisorctl]\n[program:a]\nnonsense=%(nope)s\n",
	} {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, mainFile)
		for name, content := range map[string]string{path: text, dir + "/a.ini": "[supervisorctl]\nprompt=included\n"} {
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if text == "" {
			path = ""
		}
		t.Chdir(dir)
		environ := testEnviron(dir)

		want := ask[answer](o, "ctl", question{"path": path, "directory": dir, "environ": environ})
		var pairs []string
		for key, value := range environ {
			t.Setenv(key, value)
			pairs = append(pairs, key+"="+value)
		}
		got, err := LoadCtl(path, pairs)
		if err != nil || want.Error != nil {
			if want.Error == nil || errorText(err) != *want.Error {
				t.Errorf("%s\n got %v\nwant %v", text, err, want)
			}
			continue
		}
		w := want.Settings
		if got.ServerURL != *w.ServerURL || !sameText(got.Username, w.Username) || !sameText(got.Password, w.Password) ||
			got.Prompt != *w.Prompt || got.HistoryFile != textOf(w.HistoryFile) {
			t.Errorf("%s\n got %+v\nwant %s %s %s %s %s", text, got, *w.ServerURL, textOf(w.Username), textOf(w.Password), *w.Prompt, textOf(w.HistoryFile))
		}
	}
}

func sameText(a, b *string) bool { return textOf(a) == textOf(b) && (a == nil) == (b == nil) }

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
