package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is the picture of the packages in docs/architecture.md as a table: the packages
// outside the standard library that each may import. Imports point down only. An import
// that is not in the table fails the test, as does a row that is not used.
var allowed = map[string][]string{
	"config":        {"gopkg.in/ini.v1", "config/health", "config/pytext", "config/userdb", "supervisor/order", "supervisor/process"},
	"config/getopt": {"config/pytext"},
	"config/pytext": {"golang.org/x/sys/unix"},
	"config/userdb": {},
	"config/health": {"config/pytext"},

	"supervisor/process":           {},
	"supervisor/rescue":            {},
	"supervisor/event":             {"config/pytext", "supervisor/process"},
	"supervisor/order":             {"supervisor/process"},
	"supervisor/safefile":          {"golang.org/x/sys/unix"},
	"supervisor/logfile":           {"supervisor/internal/disk", "supervisor/safefile", "golang.org/x/sys/unix", "supervisor/rescue"},
	"supervisor/daemonlog":         {"supervisor/process", "supervisor/logfile", "github.com/sirupsen/logrus"},
	"supervisor/procstat":          {"github.com/shirou/gopsutil/v3/process"},
	"supervisor/internal/disk":     {"golang.org/x/sys/unix", "supervisor/rescue"},
	"supervisor/internal/deadline": {},
	"supervisor/internal/golden":   {},
	"supervisor/internal/roll":     {"supervisor/process"},
	"supervisor/internal/plan":     {"config", "supervisor/order", "supervisor/process"},
	"supervisor/internal/standin":  {},
	"supervisor/internal/delivery": {"supervisor/process", "supervisor/event"},
	"supervisor/internal/check":    {"config/health", "supervisor/process"},
	"supervisor/internal/desired":  {},
	"supervisor/internal/statefile": {
		"supervisor/process", "supervisor/safefile", "supervisor/internal/desired", "supervisor/internal/disk", "golang.org/x/sys/unix",
	},
	"supervisor/internal/probe": {
		"config/health", "supervisor/process", "supervisor/internal/check", "supervisor/internal/disk", "supervisor/internal/spawn",
		"golang.org/x/sys/unix", "supervisor/rescue",
	},
	"supervisor/internal/notify": {
		"supervisor/process", "supervisor/safefile", "supervisor/internal/check", "supervisor/internal/disk", "golang.org/x/sys/unix", "supervisor/rescue",
	},
	"supervisor/internal/capture": {"supervisor/logfile", "golang.org/x/sys/unix", "supervisor/rescue"},
	"supervisor/internal/launch": {
		"config", "config/pytext", "supervisor/process", "supervisor/logfile", "supervisor/safefile", "supervisor/internal/disk",
		"supervisor/internal/spawn",
	},
	"supervisor/internal/spawn": {"supervisor/internal/disk", "supervisor/process", "supervisor/safefile", "config/pytext", "config/userdb", "golang.org/x/sys/unix", "supervisor/rescue"},
	"supervisor/keeper":         {"supervisor/internal/spawn", "supervisor/rescue", "golang.org/x/sys/unix"},
	"supervisor": {
		"config", "config/pytext", "supervisor/process", "supervisor/event", "supervisor/logfile", "supervisor/safefile",
		"supervisor/internal/capture", "supervisor/internal/deadline", "supervisor/internal/delivery", "supervisor/internal/disk",
		"supervisor/internal/launch", "supervisor/internal/spawn", "supervisor/internal/check", "supervisor/internal/notify",
		"supervisor/internal/plan", "supervisor/internal/probe", "supervisor/internal/roll", "supervisor/internal/standin", "supervisor/order", "supervisor/keeper", "config/health", "supervisor/rescue",
		"supervisor/internal/desired", "supervisor/internal/statefile",
	},

	"rpc/turn":      {},
	"rpc/budget":    {},
	"rpc/caller":    {},
	"rpc/carry":     {},
	"rpc/transport": {},
	"rpc/xmlrpc":    {"config/pytext"},
	"rpc/api":       {"rpc/xmlrpc", "supervisor/process"},
	"rpc": {
		"config", "config/pytext", "supervisor", "supervisor/process", "supervisor/logfile", "rpc/api", "rpc/budget", "rpc/carry", "rpc/turn",
		"rpc/xmlrpc", "supervisor/order",
	},
	"rpc/webui": {
		"rpc/api", "rpc/budget", "rpc/caller", "rpc/carry", "rpc/transport", "rpc/xmlrpc", "supervisor", "supervisor/process", "supervisor/logfile",
		"supervisor/procstat", "supervisor/rescue",
	},
	"rpc/handler": {"rpc/budget", "rpc/carry", "rpc/transport", "rpc/turn", "rpc/xmlrpc", "supervisor/logfile", "supervisor/process"},
	"rpc/httpd": {
		"config/pytext", "rpc/budget", "rpc/caller", "rpc/carry", "rpc/transport", "rpc/turn", "rpc/xmlrpc", "supervisor/process", "supervisor/safefile",
		"golang.org/x/sys/unix", "supervisor/rescue",
	},
	"rpc/client": {"rpc/api", "github.com/kolo/xmlrpc"},

	"cmd/supervisord": {
		"supervisor/keeper", "config", "config/getopt", "config/pytext", "config/userdb", "supervisor", "supervisor/process", "supervisor/daemonlog", "supervisor/logfile",
		"supervisor/safefile", "rpc", "rpc/api", "rpc/handler", "rpc/httpd", "rpc/transport", "rpc/webui", "golang.org/x/sys/unix", "supervisor/rescue",
	},
	"cmd/supervisorctl": {
		"config", "config/getopt", "config/pytext", "rpc/api", "rpc/client", "supervisor/order", "golang.org/x/term", "golang.org/x/sys/unix",
		"github.com/peterh/liner",
	},
	"cmd/pidproxy":              {},
	"cmd/echo_supervisord_conf": {},
}

// mayFork are the only files that may import os/exec.
var mayFork = []string{"config/userdb/getent.go", "cmd/supervisord/daemonize.go", "cmd/supervisord/upgrade_ask.go"}

func TestImportsPointDown(t *testing.T) {
	used := map[string]map[string]bool{}
	eachImport(t, func(pkg, file, imported string) {
		if imported == "os/exec" && !slices.Contains(mayFork, file) {
			t.Errorf("%s imports os/exec: only %s may", file, strings.Join(mayFork, ", "))
		}
		name, ours := strings.CutPrefix(imported, "reeve/")
		if !ours && !strings.Contains(strings.Split(imported, "/")[0], ".") {
			return // the standard library
		}
		rows, known := allowed[pkg]
		if !known {
			t.Errorf("package %s is not in the table", pkg)
			allowed[pkg] = nil
		}
		if !slices.Contains(rows, name) {
			t.Errorf("%s imports %s, which the table does not allow", file, imported)
		}
		if used[pkg] == nil {
			used[pkg] = map[string]bool{}
		}
		used[pkg][name] = true
	})
	for pkg, rows := range allowed {
		for _, row := range rows {
			if !used[pkg][row] {
				t.Errorf("the table allows %s to import %s, but it does not", pkg, row)
			}
		}
	}
}

// eachImport calls f for each import of each file that is part of a program.
func eachImport(t *testing.T, f func(pkg, file, imported string)) {
	t.Helper()
	eachFile(t, parser.ImportsOnly, func(file string, _ *token.FileSet, parsed *ast.File) {
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Error(err)
			}
			f(path.Dir(file), file, imported)
		}
	})
}

// eachFile calls f for each Go file that is part of a program. Tests and compat-tests are
// exempt from all rules.
func eachFile(t *testing.T, mode parser.Mode, f func(file string, fset *token.FileSet, parsed *ast.File)) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		rel = filepath.ToSlash(rel)
		if d.IsDir() && (rel == "compat-tests" || strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(rel) != ".go" || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		seen++
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, name, nil, mode)
		if err != nil {
			return err
		}
		f(rel, fset, parsed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no Go files found")
	}
}
