package main

import (
	"slices"
	"testing"
)

func Test162CoerceLocale(t *testing.T) {
	installed := func(name string) bool { return name == "C.UTF-8" || name == "de_DE.UTF-8" }
	const set = "LC_CTYPE=C.UTF-8"
	for _, test := range []struct{ environ, want []string }{
		{nil, []string{set}},
		{[]string{"A=b"}, []string{"A=b", set}},
		{[]string{"LANG=C"}, []string{"LANG=C", set}},
		{[]string{"LANG=POSIX"}, []string{"LANG=POSIX", set}},
		{[]string{"LANG="}, []string{"LANG=", set}},
		{[]string{"LANG=C.UTF-8"}, []string{"LANG=C.UTF-8"}},
		{[]string{"LANG=de_DE.UTF-8"}, []string{"LANG=de_DE.UTF-8"}},
		{[]string{"LANG=xx_XX"}, []string{"LANG=xx_XX", set}},
		{[]string{"LC_CTYPE=C"}, []string{set}},
		{[]string{"LC_CTYPE=de_DE.UTF-8", "LANG=C"}, []string{"LC_CTYPE=de_DE.UTF-8", "LANG=C"}},
		{[]string{"LC_ALL=C"}, []string{"LC_ALL=C"}},
		{[]string{"LC_ALL="}, []string{"LC_ALL=", set}},
		{[]string{"LANG=C", "PYTHONCOERCECLOCALE=0"}, []string{"LANG=C", "PYTHONCOERCECLOCALE=0"}},
	} {
		if got := coerceLocale(test.environ, installed); !slices.Equal(got, test.want) {
			t.Errorf("%q becomes %q, want %q", test.environ, got, test.want)
		}
	}
}
