package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// glob lists the paths that match a pattern, sorted, by the rules of Python's glob
// (fact 26): * ? [x] and [!x] match within a name; a leading dot is matched only by a dot
// in the pattern; ** is the same as *; and an unclosed bracket stands for itself.
func glob(pattern string) []string {
	matches := globIn(pattern)
	slices.Sort(matches)
	return matches
}

// globIn lists the matches of the directory part, then the matches of the name in each of
// them.
func globIn(pattern string) []string {
	at := strings.LastIndexByte(pattern, '/')
	dir, name := pattern[:at+1], pattern[at+1:]
	if !hasMagic(pattern) {
		return existing([]string{pattern})
	}
	trimmed := strings.TrimRight(dir, "/")
	if trimmed != "" {
		dir = trimmed + "/"
	}
	dirs := []string{dir}
	if hasMagic(trimmed) {
		dirs = nil
		for _, d := range globIn(trimmed) {
			if info, err := os.Stat(d); err == nil && info.IsDir() {
				dirs = append(dirs, d+"/")
			}
		}
	}
	var matches []string
	for _, d := range dirs {
		if !hasMagic(name) {
			matches = append(matches, existing([]string{d + name})...)
			continue
		}
		matches = append(matches, namesIn(d, name)...)
	}
	return matches
}

func hasMagic(text string) bool { return strings.ContainsAny(text, "*?[") }

// existing returns the paths that exist, including dangling links.
func existing(paths []string) []string {
	return slices.DeleteFunc(paths, func(path string) bool { _, err := os.Lstat(path); return err != nil })
}

// namesIn lists the matches in one directory. An unreadable directory has none.
func namesIn(dir, pattern string) []string {
	place := dir
	if place == "" {
		place = "."
	}
	entries, _ := os.ReadDir(place)
	match := fnmatch(pattern)
	var matches []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(pattern, ".") {
			continue
		}
		if match.MatchString(e.Name()) {
			matches = append(matches, dir+e.Name())
		}
	}
	return matches
}

// Fnmatch reports whether a name matches a pattern by the rules of Python's fnmatch,
// where a dot and a slash are like any other character.
func Fnmatch(pattern, name string) bool { return fnmatch(pattern).MatchString(name) }

// fnmatch translates a pattern for a single name.
func fnmatch(pattern string) *regexp.Regexp {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; c {
		case '*':
			b.WriteString(`.*`)
			i++
		case '?':
			b.WriteByte('.')
			i++
		case '[':
			set, next := bracket(pattern, i)
			b.WriteString(set)
			i = next
		default:
			end := i + 1
			for end < len(pattern) && !strings.ContainsRune("*?[", rune(pattern[end])) {
				end++
			}
			b.WriteString(regexp.QuoteMeta(pattern[i:end]))
			i = end
		}
	}
	re, err := regexp.Compile(`(?s)\A(?:` + b.String() + `)\z`)
	if err != nil { // a range that runs backwards matches nothing
		return regexp.MustCompile(`[^\x00-\x{10FFFF}]`)
	}
	return re
}

// withoutBackward removes ranges that run backwards from the inside of a bracket: they
// match nothing.
func withoutBackward(inside string) string {
	var kept []rune
	r := []rune(inside)
	for i := 0; i < len(r); i++ {
		if i+2 < len(r) && r[i+1] == '-' {
			if r[i] <= r[i+2] {
				kept = append(kept, r[i:i+3]...)
			}
			i += 2
			continue
		}
		kept = append(kept, r[i])
	}
	return string(kept)
}

// bracket translates [abc], [a-z] and [!abc]; next is the index after the bracket.
func bracket(pattern string, i int) (set string, next int) {
	end := i + 1
	if end < len(pattern) && pattern[end] == '!' {
		end++
	}
	if end < len(pattern) && pattern[end] == ']' {
		end++
	}
	for end < len(pattern) && pattern[end] != ']' {
		end++
	}
	if end == len(pattern) {
		return `\[`, i + 1
	}
	inside, not := strings.CutPrefix(pattern[i+1:end], "!")
	inside = withoutBackward(inside)
	// There were only backward ranges: nothing matches, or everything.
	if inside == "" {
		if not {
			return ".", end + 1
		}
		return `[^\x00-\x{10FFFF}]`, end + 1
	}
	for _, c := range []string{`\`, `[`, `]`, `^`, `&`, `~`} {
		inside = strings.ReplaceAll(inside, c, `\`+c)
	}
	if not {
		return "[^" + inside + "]", end + 1
	}
	return "[" + inside + "]", end + 1
}
