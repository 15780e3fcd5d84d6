package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Without a usable locale, Python sets LC_CTYPE to C.UTF-8 in its own environment when it
// starts, so every program that upstream runs has it, and %(ENV_LC_CTYPE)s expands
// (fact 162). We do the same. As observed: a non-empty LC_ALL alone decides,
// PYTHONCOERCECLOCALE=0 disables it, and a locale that is not installed counts as none.

// localeDir is where glibc keeps its locales.
const localeDir = "/usr/lib/locale"

// coerceLocale returns the environment with LC_CTYPE set if Python would set it.
func coerceLocale(environ []string, installed func(name string) bool) []string {
	value := func(key string) string {
		for _, v := range environ {
			if k, val, _ := strings.Cut(v, "="); k == key {
				return val
			}
		}
		return ""
	}
	if value("LC_ALL") != "" || value("PYTHONCOERCECLOCALE") == "0" {
		return environ
	}
	name := value("LC_CTYPE")
	if name == "" {
		name = value("LANG")
	}
	if name != "" && name != "C" && name != "POSIX" && installed(name) {
		return environ
	}
	environ = slices.DeleteFunc(slices.Clone(environ), func(v string) bool { return strings.HasPrefix(v, "LC_CTYPE=") })
	return append(environ, "LC_CTYPE=C.UTF-8")
}

// localeInstalled reports whether glibc has a locale: built in, in a directory of its
// own, or as a name in the archive.
func localeInstalled(name string) bool {
	base, codeset, _ := strings.Cut(name, ".")
	codeset = strings.ToLower(strings.ReplaceAll(codeset, "-", ""))
	if base == "C" && codeset == "utf8" {
		return true
	}
	canonical := base
	if codeset != "" {
		canonical += "." + codeset
	}
	for _, dir := range []string{name, canonical} {
		if dir == filepath.Base(dir) {
			if _, err := os.Stat(filepath.Join(localeDir, dir, "LC_CTYPE")); err == nil {
				return true
			}
		}
	}
	f, err := os.Open(filepath.Join(localeDir, "locale-archive"))
	if err != nil {
		return false
	}
	defer f.Close()
	// The table of names is near the start of an archive, whatever its size.
	const names = 4 << 20
	head, err := io.ReadAll(io.LimitReader(f, names))
	return err == nil && bytes.Contains(head, []byte("\x00"+canonical+"\x00"))
}
