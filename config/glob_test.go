package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var globFiles = []string{"a.conf", "b.conf", ".h.conf", "ab", "[x]", "a]b", "-", "^", "!", "é", "d/a.conf", "d/.h", "d/e/a.conf", ".d/a.conf", "f/a.conf/x", `back\slash`}

func makeGlobFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range globFiles {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling.conf")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func Test026GlobAsPython(t *testing.T) {
	o := python(t)
	t.Attr("upstream", "26 27")
	g := newGenerator(t)
	dir := makeGlobFiles(t)
	pieces := []string{"*", "*", "?", "**", "a", "b", ".", ".h", ".conf", "[", "]", "!", "^", "-", "[ab]", "[!a]", "[a-c]", "[c-a]", "[]]", "[!]]", "[^a]", "/", "/", "d", "e", "é", `\`, "&&", "~~", "|"}
	type answer struct{ Value []string }
	for range cases / 2 {
		pattern := dir + "/" + g.text(pieces, 5)
		want := ask[answer](o, "python", question{"function": "glob", "text": pattern}).Value
		if got := glob(pattern); !slices.Equal(got, want) {
			t.Fatalf("%s\n got %q\nwant %q", pattern, got, want)
		}
	}
}

func Test026Glob(t *testing.T) {
	dir := makeGlobFiles(t)
	for pattern, want := range map[string][]string{
		"*.conf": {"a.conf", "b.conf", "dangling.conf"}, ".*": {".d", ".h.conf"}, "?.conf": {"a.conf", "b.conf"}, "[!a].conf": {"b.conf"},
		"**/a.conf": {"d/a.conf", "f/a.conf"}, "d/*": {"d/a.conf", "d/e"}, "[x]": nil, "[[]x]": {"[x]"}, "[": nil, "a[": nil,
		"none": nil, "a.conf": {"a.conf"}, "a.conf/": nil, "*/": {"d/", "f/"}, "[^a]": {"^"}, `*\*`: {`back\slash`},
	} {
		var got []string
		for _, path := range glob(filepath.Join(dir) + "/" + pattern) {
			got = append(got, path[len(dir)+1:])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}

func TestPathsAsPython(t *testing.T) {
	o := python(t)
	g := newGenerator(t)
	pieces := []string{"~", "~root", "~nobodyatall", "/", "//", "a", "b.c", ".", "..", ""}
	type answer struct{ Value json.RawMessage }
	for _, home := range []string{"/home/x/", "/", ""} {
		t.Setenv("HOME", home)
		ask[answer](o, "environ", question{"environ": map[string]string{"HOME": home}})
		for range 150 {
			text := g.text(pieces, 4)
			for name, f := range map[string]func(string) string{"dirname": textualDir, "expanduser": tilde} {
				var want string
				if err := json.Unmarshal(ask[answer](o, "python", question{"function": name, "text": text}).Value, &want); err != nil {
					t.Fatal(err)
				}
				if got := f(text); got != want {
					t.Errorf("HOME=%s: %s of %q is %q, want %q", home, name, text, got, want)
				}
			}
		}
	}
}
