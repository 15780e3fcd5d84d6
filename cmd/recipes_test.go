package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRecipesNameFiles keeps the recipes of docs/contributing.md correct: each names
// existing files or directories of this repository, in numbered steps.
func TestRecipesNameFiles(t *testing.T) {
	text, err := os.ReadFile("../docs/contributing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, recipes, ok := strings.Cut(string(text), "\n## Recipes\n")
	if !ok {
		t.Fatal("docs/contributing.md has no section Recipes")
	}
	// Paths begin with a top-level directory; anything else in backquotes is code.
	place := regexp.MustCompile("`((?:supervisor|rpc|config|cmd|compat-tests|docs)/[^` ]+)`")
	parts := strings.Split(recipes, "\n### ")[1:]
	if len(parts) != 4 {
		t.Errorf("there are %d recipes, not 4: key, method, verb, event", len(parts))
	}
	for _, part := range parts {
		title, steps, _ := strings.Cut(part, "\n")
		places := place.FindAllStringSubmatch(steps, -1)
		if len(places) < 4 {
			t.Errorf("%s: names only %d places", title, len(places))
		}
		for _, p := range places {
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(p[1]))); err != nil {
				t.Errorf("%s: %s is gone", title, p[1])
			}
		}
	}
}

// TestPagesAreLinked: README.md leads to every page in docs, so that it can be found.
func TestPagesAreLinked(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages in docs: %v", err)
	}
	for _, page := range pages {
		if link := "docs/" + filepath.Base(page); !strings.Contains(string(readme), "("+link+")") {
			t.Errorf("README.md has no link to %s", link)
		}
	}
}
