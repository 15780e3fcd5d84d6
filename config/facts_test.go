package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reeve/config"
)

// The facts of the conformance table, checked by what Load returns for a file. In all
// texts DIR stands for the file's directory.

// write creates files in a new directory and returns the directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// loadFiles loads s.conf, which is one of files.
func loadFiles(t *testing.T, files map[string]string) (cfg *config.Config, dir string, err error) {
	t.Helper()
	dir = write(t, files)
	l := &config.Loader{
		Path: filepath.Join(dir, "s.conf"), Environ: []string{"HOME=/home/x", "N=5", "PCT=100%"}, HostNodeName: "node",
	}
	cfg, err = l.Load()
	if err != nil && errors.As(err, new(*config.Error)) == false {
		t.Errorf("error %v is not an *Error", err)
	}
	return cfg, dir, err
}

// fact is a text and its expected result: what is shown if it can be read, else the
// error.
type fact struct{ name, text, want string }

// checkFacts reads each text after an empty [supervisord] and compares what show returns.
func checkFacts(t *testing.T, facts []fact, show func(*config.Config) string) {
	t.Helper()
	for _, f := range facts {
		t.Run(f.name, func(t *testing.T) {
			cfg, dir, err := loadFiles(t, map[string]string{"s.conf": "[supervisord]\n" + f.text})
			got := ""
			if err != nil {
				got = "Error: " + err.Error()
			} else {
				got = show(cfg)
			}
			if got = strings.ReplaceAll(got, dir, "DIR"); got != f.want {
				t.Errorf("text:\n%s\n got %q\nwant %q", f.text, got, f.want)
			}
		})
	}
}

// process returns the first process of a configuration.
func process(cfg *config.Config) *config.Process { return cfg.Groups[0].Processes[0] }

// groupNames shows groups as name:priority(processes).
func groupNames(cfg *config.Config) string {
	var all []string
	for _, g := range cfg.Groups {
		var names []string
		for _, p := range g.Processes {
			names = append(names, p.Name)
		}
		all = append(all, fmt.Sprintf("%s:%d(%s)", g.Name, g.Priority, strings.Join(names, " ")))
	}
	return strings.Join(all, " ")
}

func vars(env []config.EnvVar) string {
	var all []string
	for _, v := range env {
		all = append(all, v.Key+"="+v.Value)
	}
	return strings.Join(all, "|")
}
