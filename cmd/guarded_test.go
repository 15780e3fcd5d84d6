package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// unguarded are the goroutines whose panics end their process, by file and function.
var unguarded = map[string]string{
	"supervisor/keeper/keeper.go start":                           "in the keeper, which looks after a daemon, not after programs",
	"supervisor/internal/standin/standin.go dieOf":                "in the stand-in for a listener: it has only itself",
	"supervisor/internal/spawn/starter_main_linux.go starterMain": "in the starter: its death is survived, the daemon makes another one",
}

// clients are commands that look after nothing: a panic may end them.
var clients = []string{"cmd/pidproxy/", "cmd/supervisorctl/"}

// TestGuarded: every goroutine of the daemon runs under a function of package rescue, so
// that its panic does not end the daemon. Goroutines are begun by go statements, by
// sync.WaitGroup.Go (and whatever else is called Go, but for disk.Go, whose workers are
// guarded) and by time.AfterFunc.
func TestGuarded(t *testing.T) {
	used := map[string]bool{}
	guarded := 0
	eachFile(t, parser.SkipObjectResolution, func(file string, fset *token.FileSet, parsed *ast.File) {
		for _, c := range clients {
			if strings.HasPrefix(file, c) {
				return
			}
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				begins, ok := goroutine(n)
				place := file + " " + f.Name.Name
				switch {
				case !begins:
				case ok:
					guarded++
				case unguarded[place] != "":
					used[place] = true
				default:
					t.Errorf("%s: a goroutine that is not guarded by package rescue", fset.Position(n.Pos()))
				}
				return true
			})
		}
	})
	for place := range unguarded {
		if !used[place] {
			t.Errorf("%s has no unguarded goroutine", place)
		}
	}
	if guarded < 20 {
		t.Errorf("only %d goroutines were found", guarded)
	}
}

// goroutine reports whether n begins a goroutine, and whether that is guarded.
func goroutine(n ast.Node) (begins, guarded bool) {
	switch n := n.(type) {
	case *ast.GoStmt:
		if lit, ok := n.Call.Fun.(*ast.FuncLit); ok {
			return true, isRescue(only(lit))
		}
		return true, isRescue(n.Call)
	case *ast.CallExpr:
		pkg, name := selected(n.Fun)
		switch {
		case name == "Go" && pkg != "disk", pkg == "time" && name == "AfterFunc", pkg == "context" && name == "AfterFunc":
			work := n.Args[len(n.Args)-1]
			return true, isRescue(only(work))
		}
	}
	return false, false
}

// only returns the one call of a function literal: func() { rescue.Keep(…) }.
func only(e ast.Expr) ast.Expr {
	if lit, ok := e.(*ast.FuncLit); ok && len(lit.Body.List) == 1 {
		if s, ok := lit.Body.List[0].(*ast.ExprStmt); ok {
			return s.X
		}
	}
	return e
}

func isRescue(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	pkg, _ := selected(call.Fun)
	return pkg == "rescue"
}

// selected returns the parts of an expression like pkg.Name.
func selected(e ast.Expr) (pkg, name string) {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return "?", s.Sel.Name
	}
	return x.Name, s.Sel.Name
}

func TestGoroutinesAreRecognized(t *testing.T) {
	for text, want := range map[string][2]bool{
		`go f()`:                                     {true, false},
		`go func() { rescue.Run("x", f) }()`:         {true, true},
		`go func() { f(); rescue.Run("x", f) }()`:    {true, false},
		`go rescue.Run("x", f)`:                      {true, true},
		`all.Go(f)`:                                  {true, false},
		`s.all.Go(f)`:                                {true, false},
		`all.Go(rescue.Around("x", f))`:              {true, true},
		`all.Go(func() { rescue.Run("x", f) })`:      {true, true},
		`all.Go(func() { f(); rescue.Run("x", f) })`: {true, false},
		`disk.Go(path, f)`:                           {false, false},
		`time.AfterFunc(d, f)`:                       {true, false},
		`time.AfterFunc(d, rescue.Around("x", f))`:   {true, true},
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+text+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		var node ast.Node = parsed.Decls[0].(*ast.FuncDecl).Body.List[0]
		if e, ok := node.(*ast.ExprStmt); ok {
			node = e.X
		}
		if begins, guarded := goroutine(node); begins != want[0] || guarded != want[1] {
			t.Errorf("%s: %v, %v", text, begins, guarded)
		}
	}
}
