package main

import (
	"os/exec"
	"runtime"
	"slices"
	"strings"
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

// Test162LocaleInstalled asks the C library, through Python, which names it knows.
func Test162LocaleInstalled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks where glibc has its locales")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 in PATH to ask the C library")
	}
	names := []string{"C.UTF-8", "C.utf8", "en_US.UTF-8", "en_US.utf8", "de_DE", "de_DE.UTF-8", "xx_XX", "xx_XX.UTF-8", "../etc", "C.iso88591"}
	if list, err := exec.Command("locale", "-a").Output(); err == nil {
		for name := range strings.Lines(string(list)) {
			// C and POSIX count as no locale here.
			if name = strings.TrimSpace(name); name != "C" && name != "POSIX" {
				names = append(names, name)
			}
		}
	}
	const script = "import locale, sys\n" +
		"for n in sys.argv[1:]:\n" +
		"    try: print(bool(locale.setlocale(locale.LC_CTYPE, n)))\n" +
		"    except locale.Error: print(False)\n"
	out, err := exec.Command(python, append([]string{"-c", script}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(string(out))
	for i, name := range names {
		if got, want := localeInstalled(name), known[i] == "True"; got != want {
			t.Errorf("%s: installed %v, the C library says %v", name, got, want)
		}
	}
}
