package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// cite is a test that says it shows a fact.
type cite struct {
	test string   // "scripts/users", or "config Test024to032Include"
	live bool     // upstream runs in it
	rows []string // rows of docs/compat.md that the fact's steps in a script show
}

// findCites reads the sources below root and returns, by fact, the tests that show it.
func findCites(root string) (map[string][]cite, error) {
	cites := map[string][]cite{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasSuffix(path, "_test.go"):
			dir, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			return goCites(cites, path, filepath.ToSlash(dir))
		case strings.HasSuffix(path, ".txtar") && filepath.Base(filepath.Dir(path)) == "scripts":
			return scriptCites(cites, path)
		}
		return nil
	})
	return cites, err
}

// add merges what a test says in several places.
func add(cites map[string][]cite, id string, c cite) {
	for i, have := range cites[id] {
		if have.test == c.test {
			cites[id][i].live = have.live || c.live
			for _, row := range c.rows {
				if !slices.Contains(have.rows, row) {
					cites[id][i].rows = append(cites[id][i].rows, row)
				}
			}
			return
		}
	}
	cites[id] = append(cites[id], c)
}

var (
	factID   = regexp.MustCompile(`^\d+[A-Z]?(\.\d+)?$`)
	testName = regexp.MustCompile(`^Test(\d{3}|\d{1,2}[A-Z])(?:And(\d{3}|\d{1,2}[A-Z]))?`)
)

// scriptCites finds the facts of a script and the differences that each shows.
func scriptCites(cites map[string][]cite, path string) error {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return err
	}
	test := "scripts/" + strings.TrimSuffix(filepath.Base(path), ".txtar")
	for _, file := range archive.Files {
		if file.Name != "script" {
			continue
		}
		var ids []string
		for line := range strings.Lines(string(file.Data)) {
			words := strings.Fields(line)
			switch {
			case len(words) < 2:
			case words[0] == "fact":
				ids = nil
				for _, word := range words[1:] {
					if !factID.MatchString(word) {
						break
					}
					ids = append(ids, word)
					add(cites, word, cite{test: test, live: true})
				}
			case words[0] == "differs", words[0] == "differs-ctl", words[0] == "ours-only", words[0] == "theirs-only":
				for _, id := range ids {
					add(cites, id, cite{test: test, live: true, rows: words[1:2]})
				}
			}
		}
	}
	return nil
}

// goCites finds the tests of a file that name facts: in their own name, or by
// t.Attr("checklist", "…") and t.Attr("upstream", "…") in their bodies.
func goCites(cites map[string][]cite, path, dir string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Body == nil || !strings.HasPrefix(fn.Name.Name, "Test") {
			continue
		}
		test := dir + " " + fn.Name.Name
		if m := testName.FindStringSubmatch(fn.Name.Name); m != nil {
			for _, id := range m[1:] {
				if id = strings.TrimLeft(id, "0"); id != "" {
					add(cites, id, cite{test: test})
				}
			}
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			key, value, found := attr(n, file)
			for id := range strings.FieldsSeq(value) {
				if !factID.MatchString(id) {
					err = fmt.Errorf("%s: %s: %q is no fact", path, fn.Name.Name, id)
				}
				add(cites, id, cite{test: test, live: key == "upstream"})
			}
			return !found
		})
	}
	return err
}

// attr parses t.Attr("checklist" or "upstream", "literal"); in place of the literal there
// may be a constant of the file.
func attr(n ast.Node, file *ast.File) (key, value string, found bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return "", "", false
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Attr" {
		return "", "", false
	}
	var texts [2]string
	for i, arg := range call.Args {
		if name, ok := arg.(*ast.Ident); ok {
			arg = constant(file, name.Name)
		}
		lit, ok := arg.(*ast.BasicLit)
		if !ok {
			return "", "", false
		}
		texts[i], _ = strconv.Unquote(lit.Value)
	}
	found = texts[0] == "checklist" || texts[0] == "upstream"
	if !found {
		return "", "", false
	}
	return texts[0], texts[1], true
}

// constant finds the value of a constant that is declared by itself at the top level of
// the file.
func constant(file *ast.File, name string) ast.Expr {
	for _, decl := range file.Decls {
		if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.CONST {
			for _, spec := range gen.Specs {
				if v := spec.(*ast.ValueSpec); v.Names[0].Name == name && len(v.Values) == 1 {
					return v.Values[0]
				}
			}
		}
	}
	return nil
}
