package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestFilesWithoutTemplates: the files of the compatibility tests mean the same, or are
// refused by the same error, whether programs inherit from anything or not.
func TestFilesWithoutTemplates(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("../compat-tests/scripts/*.txtar")
	if err != nil || len(scripts) < 60 {
		t.Fatal(len(scripts), err)
	}
	var sets []map[string]string
	for _, script := range scripts {
		a, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range a.Files {
			if text := string(f.Data); strings.Contains("\n"+text, "\n[") || strings.Contains(text, "{{.Base}}") {
				files[f.Name] = text
			}
		}
		sets = append(sets, files)
	}
	for _, c := range fileCases(t) {
		sets = append(sets, c.files)
	}
	sample, err := os.ReadFile("../cmd/echo_supervisord_conf/sample.conf")
	if err != nil {
		t.Fatal(err)
	}
	sets = append(sets, map[string]string{mainFile: string(sample)})
	read, refused, placed := 0, 0, 0
	for _, files := range sets {
		dir := t.TempDir()
		for name, text := range files {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			writeMain(t, path, strings.NewReplacer("{D}", dir, "{{.Dir}}", dir, "{{.Base}}", "[supervisord]\n").Replace(text))
		}
		for name := range files {
			path := filepath.Join(dir, name)
			load := func() (*Config, string) {
				cfg, err := (&Loader{Path: path, Environ: []string{"HOME=" + dir, "N=5"}, HostNodeName: "host"}).Load()
				if cfg != nil {
					cfg.Origins = nil
				}
				return cfg, errorText(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			without, err1 := load()
			r, err := (&Loader{Path: path, Environ: []string{"HOME=" + dir, "N=5"}, HostNodeName: "host"}).Check("")
			if errorText(err) != err1 {
				t.Errorf("%s: Check says %v, Load %s", text, err, err1)
			}
			placed += checkPlaces(t, r)
			writeMain(t, path, string(text)+"\n["+programDefault+"]\n["+templatePrefix+"unused]\nstartsecs=wrong\n")
			with, err2 := load()
			writeMain(t, path, string(text))
			if err1 != err2 || !reflect.DeepEqual(with, without) {
				t.Errorf("%s differs:\n%s\n%s", text, err1, err2)
			}
			if read++; err1 != "" {
				refused++
			}
		}
	}
	if placed < 1000 {
		t.Errorf("only %d values have a place", placed)
	}
	if refused < 50 || read-refused < 120 {
		t.Errorf("%d files were read, %d of them refused", read, refused)
	}
}

// checkPlaces checks that each value with a place is at it.
func checkPlaces(t *testing.T, r *Report) (placed int) {
	t.Helper()
	if r == nil {
		return 0
	}
	for _, s := range r.Sections {
		for _, v := range s.Values {
			if v.From == FromDefault || v.From == FromCommandLine {
				continue
			}
			placed++
			text, err := os.ReadFile(v.File)
			if err != nil {
				t.Fatal(s.Name, v, err)
			}
			lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n")
			if v.Line < 1 || v.Line > len(lines) || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(lines[v.Line-1])), v.Key) {
				t.Errorf("%s of [%s] is not at %s:%d", v.Key, s.Name, v.File, v.Line)
			}
		}
	}
	return placed
}
