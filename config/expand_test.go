package config

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"reeve/config/pytext"
)

type expanded struct{ Text, Error string }

var testNames = names{
	texts: map[string]string{
		"here": "/etc/x", "program_name": "web", "ENV_P": "100%(x)s%%", "ENV_Q": "it's \"quoted\"\n\té€😀\\", "ENV_E": "", "ENV_C": "é", "a(b)c": "nested",
		"it's": "odd",
	},
	numbers: map[string]int{"process_num": 7, "numprocs": -12},
}

func checkExpand(t *testing.T, o *oracle, text string) {
	t.Helper()
	want := ask[expanded](o, "expand", question{"text": text, "label": "program:a.command", "texts": testNames.texts, "numbers": testNames.numbers})
	var got expanded
	var err error
	if got.Text, err = testNames.expand(text, "program:a.command"); err != nil {
		got = expanded{Error: err.Error()}
	}
	if want.Error == "" && unkeyed(text) {
		return // upstream prints its table of names there
	}
	if got != want {
		t.Errorf("text %q\n got %q\nwant %q", text, got, want)
	}
}

// unkeyed reports whether a text that Python accepts has a conversion without a name.
func unkeyed(text string) bool {
	_, err := testNames.expand(text, "x")
	return err != nil && err.Error() == "Format string "+pytext.Repr(text)+" for 'x' is badly formatted: "+tooFew
}

func Test034to038ExpansionAsPython(t *testing.T) {
	o := python(t)
	t.Attr("upstream", "34 35 36 37")
	g := newGenerator(t)
	pieces := []string{
		"%", "%", "%", "(", ")", "%(process_num)", "%(numprocs)", "%(here)", "%(program_name)", "%(ENV_P)", "%(ENV_Q)", "%(ENV_E)", "%(ENV_C)",
		"%(nope)", "%()", "%(it's)", "%(a(b)c)", "%(Here)", "%( here)", "0", "1", "3", "12", "-", "+", " ", "#", ".", ".0", ".2", ".30", "*", "l", "h", "L",
		"d", "i", "o", "u", "x", "X", "e", "E", "f", "F", "g", "G", "c", "s", "r", "a", "s", "d", "s", "d", "H", "y", "~", "é", "\n", "%%", " text ", "'", `"`,
	}
	for range cases {
		checkExpand(t, o, g.text(pieces, 8))
		if t.Failed() {
			return
		}
	}
}

func TestExpansionFacts(t *testing.T) {
	const unknown = "Format string %s for 'l' contains names (%s) which cannot be expanded. Available names: " +
		"ENV_A, ENV_P, here, numprocs, process_num"
	n := newNames().with("here", "/hidden", "ENV_A", "x", "ENV_P", "50%").with("here", "/d").
		withNumbers(map[string]int{"process_num": 3, "numprocs": 12})
	for _, c := range []struct{ name, text, want, err string }{
		{name: "034 percent", text: "100%%", want: "100%"},
		{name: "034 width", text: "p%(process_num)02d", want: "p03"},
		{name: "034 length is ignored", text: "%(process_num)ld|%(numprocs)hx", want: "3|c"},
		{name: "034 flags", text: "%(process_num)+d|%(process_num)-3d|%(numprocs)#o|%(here)5s|%(here).1s", want: "+3|3  |0o14|   /d|/"},
		{name: "034 floats", text: "%(process_num)f|%(numprocs).1e|%(numprocs)g", want: "3.000000|1.2e+01|12"},
		{name: "034 repr", text: "%(here)r", want: "'/d'"},
		{name: "035 strings are no numbers", text: "%(ENV_A)d", err: "Format string '%(ENV_A)d' for 'l' is badly formatted: " +
			"%d format: a real number is required, not str"},
		{name: "036 unknown", text: "%(nope)s", err: fmt.Sprintf(unknown, "'%(nope)s'", "'nope'")},
		{name: "036 case and blanks count", text: "%(Here)s", err: fmt.Sprintf(unknown, "'%(Here)s'", "'Here'")},
		{name: "037 incomplete", text: "x %", err: "Format string 'x %' for 'l' is badly formatted: incomplete format"},
		{name: "037 incomplete key", text: "%(here", err: "Format string '%(here' for 'l' is badly formatted: incomplete format key"},
		{name: "037 unsupported", text: "%(here)y", err: "Format string '%(here)y' for 'l' is badly formatted: " +
			"unsupported format character 'y' (0x79) at index 7"},
		{name: "037 no number", text: "%d", err: "Format string '%d' for 'l' is badly formatted: %d format: a real number is required, not dict"},
		{name: "038 no table", text: "date +%s", err: "Format string 'date +%s' for 'l' is badly formatted: not enough arguments for format string"},
		{name: "045 values are not expanded", text: "%(ENV_P)s", want: "50%"},
		{name: "a width that nobody needs", text: "%(here)99999999999s", err: "Format string '%(here)99999999999s' for 'l' is badly formatted: width too big"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := n.expand(c.text, "l")
			if got != c.want || errorText(err) != c.err {
				t.Errorf("got  %q, %v\nwant %q, %s", got, err, c.want, c.err)
			}
		})
	}
}

func TestQuoteAsPython(t *testing.T) {
	o := python(t)
	g := newGenerator(t)
	pieces := []string{"a", "'", `"`, `\`, "\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\u0085", "\u00a0", "\u00ad", "é", "€", "\u2028", "😀", "\ufeff", "\U000e0001"}
	for range 500 {
		text := g.text(pieces, 6)
		type answer struct{ Value string }
		if got, want := pytext.Repr(text), ask[answer](o, "python", question{"function": "repr", "text": text}).Value; got != want {
			t.Errorf("repr of %q is %s, want %s", text, got, want)
		}
		if got, want := pytext.ASCII(pytext.Repr(text)), ask[answer](o, "python", question{"function": "ascii", "text": text}).Value; got != want {
			t.Errorf("ascii of %q is %s, want %s", text, got, want)
		}
	}
}

// FuzzExpand: an expansion fails or gives a text, the same both times; doubled percent
// signs expand to the original text.
func FuzzExpand(f *testing.F) {
	for _, text := range []string{"%(here)s", "%(process_num)+08.3d%%", "%(a(b)c)-9r", "%(x", "%*d", "%(numprocs)#G"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		before := names{texts: maps.Clone(testNames.texts), numbers: maps.Clone(testNames.numbers)}
		out, err := testNames.expand(text, "l")
		if err != nil && out != "" {
			t.Errorf("both %q and %v", out, err)
		}
		if again, _ := testNames.expand(text, "l"); again != out {
			t.Errorf("%q, then %q", out, again)
		}
		if !reflect.DeepEqual(before, testNames) {
			t.Error("the names changed")
		}
		if plain, err := testNames.expand(strings.ReplaceAll(text, "%", "%%"), "l"); utf8.ValidString(text) && (plain != text || err != nil) {
			t.Errorf("%q with doubled signs gives %q, %v", text, plain, err)
		}
	})
}
