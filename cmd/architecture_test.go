package cmd_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "draw the packages into docs/architecture.md again")

// TestArchitecture draws the packages into docs/architecture.md: their sizes and, from
// the table of permitted imports, what each imports. It fails if the page is out of date.
func TestArchitecture(t *testing.T) {
	const page, begin, end = "../docs/architecture.md", "<!-- packages -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the packages", page)
	}
	want := before + begin + packagesDrawn(t) + end + after
	if *rewrite {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("%s is out of date: go test ./cmd -run TestArchitecture -rewrite", page)
	}
}

func packagesDrawn(t *testing.T) string {
	levels := levelsOf(allowed)
	var b strings.Builder
	b.WriteString("| level | package | lines | imports of ours | others |\n| --- | --- | --- | --- | --- |\n")
	names := slices.SortedFunc(maps.Keys(allowed), func(a, c string) int {
		if levels[a] != levels[c] {
			return levels[c] - levels[a]
		}
		return strings.Compare(a, c)
	})
	for _, name := range names {
		var ours, others []string
		for _, imported := range slices.Sorted(slices.Values(allowed[name])) {
			if _, is := allowed[imported]; is {
				ours = append(ours, imported)
			} else {
				others = append(others, path.Base(strings.TrimSuffix(imported, "/v3/process")))
			}
		}
		fmt.Fprintf(&b, "| %d | `%s` | %d | %s | %s |\n", levels[name], name, sizeOf(t, name), strings.Join(ours, ", "), strings.Join(others, ", "))
	}
	return b.String()
}

// levelsOf gives each package a level above those of all its imports.
func levelsOf(imports map[string][]string) map[string]int {
	levels := map[string]int{}
	var level func(name string) int
	level = func(name string) int {
		if _, known := levels[name]; !known {
			levels[name] = 0
			for _, imported := range imports[name] {
				if _, ours := imports[imported]; ours {
					levels[name] = max(levels[name], level(imported)+1)
				}
			}
		}
		return levels[name]
	}
	for name := range imports {
		level(name)
	}
	return levels
}

// sizeOf counts the lines of a package's files without tests, to the nearest hundred.
func sizeOf(t *testing.T, name string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of package %s: %v", name, err)
	}
	lines := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(text), "\n")
	}
	return (lines + 50) / 100 * 100
}
