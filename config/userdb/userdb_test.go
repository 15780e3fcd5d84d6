package userdb

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func Test109GetentLines(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       []int
	}{
		{"groups", "www  33 4 1000", []int{33, 4, 1000}},
		{"the primary one again", "www 5 33", []int{5, 33}},
		{"doubles", "www 4 4 4", []int{4}},
		{"no groups", "www                  ", nil},
		{"nothing", "", nil},
		{"blanks", " \t ", nil},
		{"what is no number", "www x 7 -", []int{7}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m Membership
			m.addAll(c.line)
			if !slices.Equal(m.IDs, c.want) {
				t.Errorf("%q: got %v, want %v", c.line, m.IDs, c.want)
			}
		})
	}
}

func Test054RootByNameAndNumber(t *testing.T) {
	byID, err := ByID(0)
	if err != nil {
		t.Fatal(err)
	}
	byName, err := ByName(byID.Name)
	if err != nil {
		t.Fatal(err)
	}
	if byName.UID != 0 || byName.GID != byID.GID || byID.Home == "" {
		t.Errorf("by number %+v, by name %+v", byID, byName)
	}
}

func Test054Unknown(t *testing.T) {
	for name, look := range map[string]func() error{
		"user name":         func() error { _, err := ByName("nobody-has-this-name"); return err },
		"empty user name":   func() error { _, err := ByName(""); return err },
		"user with a dash":  func() error { _, err := ByName("-x"); return err },
		"user number":       func() error { _, err := ByID(4000000123); return err },
		"negative number":   func() error { _, err := ByID(-1); return err },
		"group name":        func() error { _, err := GroupByName("nobody-has-this-name"); return err },
		"group number":      func() error { return GroupByID(4000000123) },
		"groups of nobody":  func() error { _, err := Groups(4000000123); return err },
		"a number as name":  func() error { _, err := GroupByName("4000000123"); return err },
		"a name with colon": func() error { _, err := ByName("root:x"); return err },
	} {
		if err := look(); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: error %v, want %v", name, err, ErrUnknown)
		}
	}
}

// A name made of digits is not a number: getent accepts either, a look-up by name must
// not.
func Test054NumberIsNoName(t *testing.T) {
	if u, err := ByName("0"); err == nil && u.Name != "0" {
		t.Errorf("the user named 0 is %+v", u)
	}
	if gid, err := GroupByName("0"); err == nil {
		t.Errorf("the group named 0 has the number %d", gid)
	}
}

func Test109PrimaryGroupIsFirst(t *testing.T) {
	m, err := Groups(0)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.IDs) == 0 || m.IDs[0] != m.Primary {
		t.Errorf("got %+v", m)
	}
	sorted := slices.Sorted(slices.Values(m.IDs))
	if len(slices.Compact(sorted)) != len(m.IDs) {
		t.Errorf("a group stands twice in %v", m.IDs)
	}
}

func TestEachLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(path, []byte("a:1\n\n# b:2\nc\nd:4"), 0o644); err != nil {
		t.Fatal(err)
	}
	read := func(stop string) string {
		var all []string
		if err := eachLine(path, func(f []string) bool {
			all = append(all, strings.Join(f, "+"))
			return f[0] != stop
		}); err != nil {
			t.Fatal(err)
		}
		return strings.Join(all, " ")
	}
	if got, want := read(""), "a+1 c d+4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := read("c"), "a+1 c"; got != want {
		t.Errorf("stopped at c: got %q, want %q", got, want)
	}
	if err := eachLine(path+".none", func([]string) bool { t.Error("a line of a missing file"); return true }); err != nil {
		t.Error(err)
	}
}
