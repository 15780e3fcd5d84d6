package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reeve/config/pytext"
)

type parsed struct {
	Error    string
	Sections [][2]any
}

// readText reads text as a file s.conf; the result has the shape of the oracle's.
func readText(text string) parsed {
	d := newDocument()
	if err := d.parse("s.conf", []byte(text)); err != nil {
		return parsed{Error: err.Error()}
	}
	sections := [][2]any{}
	for _, name := range d.names() {
		items := []any{}
		for _, key := range slices.Sorted(slices.Values(d.keys(name))) {
			v, _ := d.get(name, key)
			items = append(items, []any{key, v})
		}
		sections = append(sections, [2]any{name, items})
	}
	return parsed{Sections: sections}
}

func latin1(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}

// checkDialect compares our reading of a text with Python's.
func checkDialect(t *testing.T, o *oracle, text string) {
	t.Helper()
	want := ask[parsed](o, "dialect", question{"text": latin1(text)})
	if got := readText(text); !reflect.DeepEqual(got, want) {
		t.Errorf("text %q\n got %q\nwant %q", text, got, want)
	}
}

var linePieces = []string{
	"[a]", "[b]", "[DEFAULT]", "[a]b]", "[]", "[h ;i]", "[program:x", "]", "[", "k", "K2", "key", "=", ":", "=", " = ", ": ", "v", "x y",
	";", "#", " ;", " #", "\t;", "; ", "rem", "\n", "\n", "\n", "\n", "\n ", "\n  ", "\n\t", "\r\n", "\r", " ", "  ", "\t",
	"%(here)s", "%", "%%", `"`, "'", "`", `\`, "\\\n", `"""`, "é", "\u00a0", "\u3000", "\u2028", "\x1c", "\x0b", "\x0c", "\x00", "\ufeff",
	"-", "$", "{", "<", ",", "=x", "k=v", "\nk = v", "\n[a]\n", "\n  more\n", "\n\n", "\n; c\n", "\n  # c\n",
}

func Test008to022DialectAsPython(t *testing.T) {
	o := python(t)
	t.Attr("upstream", "8 9 10 11 12 13 15 16 17 18 19 20 21 22")
	g := newGenerator(t)
	for range cases {
		text := g.text(linePieces, 30)
		if g.IntN(4) > 0 {
			text = "[s]\n" + text
		}
		checkDialect(t, o, text)
		if t.Failed() {
			return
		}
	}
}

// The facts written out, so that they are tested where there is no Python.
func TestDialectFacts(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"008 the name runs to the last bracket", "[a]b]\nk=v", "a]b.k=v"},
		{"008 text behind the header is ignored", "[a] junk\nk=v", "a.k=v"},
		{"008 a comment may cut a header", "[a]\nk=v\n[h ;i]", "Source contains parsing errors: 's.conf'\n\t[line  3]: '[h ;i]'"},
		{"009 names are kept", "[PROGRAM: a ]\nk=v", "PROGRAM: a .k=v"},
		{"010 DEFAULT is inherited", "[a]\nk=v\n[DEFAULT]\nd=1", "a.d=1 a.k=v"},
		{"011 first delimiter, lower case", "[a]\nCommand : x a=b", "a.command=x a=b"},
		{"012 an unclosed header with a delimiter is a key", "[a]\n[program:b", "a.[program=b"},
		{"013 sections merge, the last key wins", "[a]\nk=1\n[b]\nx=y\n[a]\nk=2\nl=3", "a.k=2 a.l=3 b.x=y"},
		{"015 comment lines vanish, in values too", "[a]\nk=v\n ; c\n  w\n#x", "a.k=v\nw"},
		{"016 inline comments need a blank before", "[a]\nk=a;b#c ;d", "a.k=a;b#c"},
		{"016 quotes protect nothing", "[a]\nk=\"a ; b\"", `a.k="a`},
		{"017 continuations, blank lines inside", "[a]\nk=v\n  w\n\n  x\n\n[b]\nk=1", "a.k=v\nw\n\nx b.k=1"},
		{"018 indented keys", "[a]\n  k=v\n  l=w\n   m", "a.k=v a.l=w\nm"},
		{"018 an indented header is swallowed", "[a]\nk=v\n [b]", "a.k=v\n[b]"},
		{"019 no delimiter", "[a]\nrem x", "Source contains parsing errors: 's.conf'\n\t[line  2]: 'rem x'"},
		{"019 no key", "[a]\n=x\n", "Source contains parsing errors: 's.conf'\n\t[line  2]: '=x\\n'"},
		{"019 an empty value", "[a]\nk=", "a.k="},
		{"020 CRLF", "[a]\r\nk=v\r\n w\r\n", "a.k=v\nw"},
		{"020 a byte order mark", "\ufeff[a]", "File contains no section headers.\nfile: 's.conf', line: 1\n'\\ufeff[a]'"},
		{"021 no header", "\nk=v\n", "File contains no section headers.\nfile: 's.conf', line: 2\n'k=v\\n'"},
		{"022 values are raw", "[a]\nk=\"x\" `y` \\ %(z)s", "a.k=\"x\" `y` \\ %(z)s"},
		{"023 bytes", "[a]\nk=\xff", "'utf-8' codec can't decode byte 0xff in position 6: invalid start byte"},
		{"children are strangers", "[a]\nk=v\n[a.b]\nx=y", "a.k=v a.b.x=y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := readText(c.text)
			got := p.Error
			if got == "" {
				var all []string
				for _, s := range p.Sections {
					for _, item := range s[1].([]any) {
						kv := item.([]any)
						all = append(all, s[0].(string)+"."+kv[0].(string)+"="+kv[1].(string))
					}
				}
				got = strings.Join(all, " ")
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func Test023UndecodableAsPython(t *testing.T) {
	o := python(t)
	t.Attr("upstream", "23")
	g := newGenerator(t)
	pieces := []string{
		"a", "é", "€", "😀", "\xff", "\x80", "\xc3", "\xe2", "\xe2\x82", "\xf0\x9f", "\xf0\x9f\x98", "\xc0\x80", "\xe0\x80", "\xe0\x9f\x80", "\xed\xa0\x80",
		"\xed", "\xf4\x90\x80\x80", "\xf4\x8f", "\xf5", "\xf0\x80", "\n",
	}
	for range cases {
		head := "[s]\nk=" + strings.Repeat("x", g.IntN(3))
		if g.IntN(3) == 0 {
			head += strings.Repeat("y", 2*pythonChunk-len(head)-g.IntN(5))
		}
		text := head + g.text(pieces, 4)
		want := ask[parsed](o, "dialect", question{"text": latin1(text)})
		if got := readText(text).Error; got != want.Error {
			t.Fatalf("text %q\n got %q\nwant %q", text[len(head)-2:], got, want.Error)
		}
	}
}

// FuzzDialect: no text breaks the reader, reading it twice gives the same result, and so
// does reading the result written out.
func FuzzDialect(f *testing.F) {
	f.Add("[a]\nk=v\n  w ; c\n\n[DEFAULT]\nd:1\n[a\n=x")
	f.Add("[0]\n0=\n 00")
	f.Add("[a]\r\n\tk = \"v\"\r\n\t\tmore\n[\x00]\n")
	f.Fuzz(func(t *testing.T, text string) {
		first := readText(text)
		if second := readText(text); !reflect.DeepEqual(first, second) {
			t.Errorf("read once %q, again %q", first, second)
		}
		if first.Error == "" {
			if again := readText(writtenOut(first)); !reflect.DeepEqual(again, first) {
				t.Errorf("read %q, written out again %q, read %q", first, writtenOut(first), again)
			}
		}
		for _, s := range first.Sections {
			for _, item := range s[1].([]any) {
				if v := item.([]any)[1].(string); v != strings.TrimRightFunc(v, pytext.IsSpace) {
					t.Errorf("value %q has blanks at its end", v)
				}
			}
		}
	})
}

// writtenOut returns a text from which the same is read. [DEFAULT], whose keys every
// section has, is not among the sections.
func writtenOut(p parsed) string {
	var w strings.Builder
	w.WriteString("[DEFAULT]\n")
	for _, s := range p.Sections {
		fmt.Fprintf(&w, "[%s]\n", s[0])
		for _, item := range s[1].([]any) {
			key, value := item.([]any)[0].(string), item.([]any)[1].(string)
			fmt.Fprintf(&w, "%s=%s\n", key, strings.ReplaceAll(value, "\n", "\n "))
		}
	}
	return w.String()
}
