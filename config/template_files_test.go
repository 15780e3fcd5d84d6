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
	read, refused := 0, 0
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
				return cfg, errorText(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			without, err1 := load()
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
	if refused < 50 || read-refused < 120 {
		t.Errorf("%d files were read, %d of them refused", read, refused)
	}
}
