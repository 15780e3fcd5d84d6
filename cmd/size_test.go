package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strings"
	"testing"
)

// What a reader can take in at once.
const (
	mostMethods       = 40 // of a type of package supervisor, those of embedded types included
	mostFunctionLines = 60
	mostFileLines     = 400
)

// TestSizes keeps functions and files small, and the types around the loop, which every
// new capability is tempted to make larger. The remedy is an owner for a part of
// the state, with few calls, not another file for the same methods.
func TestSizes(t *testing.T) {
	methods := map[string]int{}     // by package and type
	embeds := map[string][]string{} // types of the same package
	eachFile(t, parser.SkipObjectResolution, func(file string, fset *token.FileSet, parsed *ast.File) {
		if n := fset.File(parsed.Pos()).LineCount(); n > mostFileLines {
			t.Errorf("%s has %d lines, more than %d", file, n, mostFileLines)
		}
		pkg := path.Dir(file) + "."
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if n := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1; n > mostFunctionLines && !isTable(d) {
					t.Errorf("%s: %s has %d lines, more than %d", file, d.Name.Name, n, mostFunctionLines)
				}
				if d.Recv != nil {
					methods[pkg+typeName(d.Recv.List[0].Type)]++
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok {
						embeds[pkg+s.Name.Name] = embedded(pkg, s.Type)
					}
				}
			}
		}
	})
	var count func(name string) int
	count = func(name string) int {
		n := methods[name]
		for _, e := range embeds[name] {
			n += count(e)
		}
		return n
	}
	for name := range methods {
		if !strings.HasPrefix(name, "supervisor.") {
			continue
		}
		if n := count(name); n > mostMethods {
			t.Errorf("%s has %d methods, more than %d", name, n, mostMethods)
		}
	}
	if methods["supervisor.loop"] == 0 {
		t.Error("the loop has no methods: this test looks at nothing")
	}
}

// isTable reports whether a function only assigns a table: it is data, and as long as it
// has rows.
func isTable(f *ast.FuncDecl) bool {
	if f.Name.Name != "init" || len(f.Body.List) != 1 {
		return false
	}
	a, ok := f.Body.List[0].(*ast.AssignStmt)
	if !ok {
		return false
	}
	_, ok = a.Rhs[0].(*ast.CompositeLit)
	return ok
}

// embedded returns the types of package pkg that a struct embeds.
func embedded(pkg string, e ast.Expr) (names []string) {
	s, ok := e.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, f := range s.Fields.List {
		if name := typeName(f.Type); len(f.Names) == 0 && name != "" {
			names = append(names, pkg+name)
		}
	}
	return names
}

// typeName returns the name of a type of the package at hand, of a pointer to it or of an
// instance of it; empty: it is something else.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	}
	return ""
}
