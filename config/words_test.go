package config

import (
	"slices"
	"strings"
	"testing"
)

type tokenized struct {
	Words []string
	Error string
}

func same3(t *testing.T, what, text string, got []string, err error, want tokenized) {
	t.Helper()
	if errorText(err) != want.Error || !slices.Equal(got, want.Words) {
		t.Errorf("%s of %q\n got %q, %v\nwant %q, %s", what, text, got, err, want.Words, want.Error)
	}
}

var wordPieces = []string{
	"A", "B_1", "=", "=", "=", ",", ",", ";", `"`, `'`, `"x y"`, `'z'`, `""`, `\`, `\"`, `\'`, `\\`, " ", "\n", "\t", "\r", "#", " #", "$", "/h:/p.x", "(-+)",
	"é", "Ж", "½", "\u00a0", "\x0b", "\x00", "?", "|", "&", "*", "~", "%", "@",
}

func Test156WordsAsPython(t *testing.T) {
	o := python(t)
	t.Attr("upstream", "156")
	g := newGenerator(t)
	for range cases {
		text := g.text(wordPieces, 12)
		got, err := SplitWords(text)
		same3(t, "words", text, got, err, ask[tokenized](o, "words", question{"text": text}))
		if t.Failed() {
			return
		}
	}
}

func Test058to061TokensAsPython(t *testing.T) {
	o := python(t)
	t.Attr("upstream", "58 59 60 61 10A.3")
	g := newGenerator(t)
	for range cases {
		text := g.text(wordPieces, 12)
		got, err := legacyTokens(text)
		same3(t, "legacy tokens", text, got, err, ask[tokenized](o, "tokens", question{"text": text, "posix": false}))
		got, err = posixTokens(text)
		same3(t, "POSIX tokens", text, got, err, ask[tokenized](o, "tokens", question{"text": text, "posix": true}))
		if t.Failed() {
			return
		}
	}
}

func Test156SplitCommand(t *testing.T) {
	for _, c := range []struct{ command, want, err string }{
		{command: `/bin/sh -c "a 'b' \"c\"" d\ e`, want: `/bin/sh|-c|a 'b' "c"|d e`},
		{command: "a\n b # c", want: "a|b|#|c"},
		{command: `a '' ""`, want: "a||"},
		{command: `$HOME *.x ~`, want: "$HOME|*.x|~"},
		{command: "", err: "command is empty"},
		{command: " \n", err: "command is empty"},
		{command: `a "b`, err: `can't parse command 'a "b': No closing quotation`},
		{command: `a \`, err: `can't parse command 'a \\': No escaped character`},
	} {
		words, err := SplitCommand(c.command)
		if got := strings.Join(words, "|"); got != c.want || errorText(err) != c.err {
			t.Errorf("%q: got %q, %v, want %q, %s", c.command, got, err, c.want, c.err)
		}
	}
}

func TestEnvironmentFacts(t *testing.T) {
	for _, c := range []struct{ name, text, want, err string }{
		{name: "058 pairs", text: `A=1,B="2,3",C='x y'`, want: "A=1|B=2,3|C=x y"},
		{name: "058 any separator", text: "A=1;B=2\n,C=3,", want: "A=1|B=2|C=3"},
		{name: "059 what ends a token", text: `A=http://h/p?x=y`, want: "A=http://h/p|x=y"},
		{name: "059 dollar", text: `A=$HOME`, want: "A=$"},
		{name: "059 a blank is a separator's place", text: `A=x y`, want: "A=x"},
		{name: "059 two equals signs", text: `A==b`, want: "A=="},
		{name: "059 a comment", text: "A=1 # B=2", want: "A=1"},
		{name: "060 no value", text: `A=`, err: "Unexpected end of key/value pairs in value 'A='"},
		{name: "060 no pair", text: `A`, err: "Unexpected end of key/value pairs in value 'A'"},
		{name: "060 quotes", text: `A="`, err: "No closing quotation"},
		{name: "061 a backslash is a character", text: `A="a\b"`, want: `A=a\b`},
		{name: "061 quoted keys keep their quotes", text: `"A"=1`, want: `"A"=1`},
		{name: "061 outer quotes only", text: `A=x"y z"`, want: `A=x"y`},
		{name: "061 an empty value", text: `A="",B=''`, want: "A=|B="},
		{name: "061 escaped quotes, which the releases refuse", text: `A="a\"b,c",B=2`, want: `A=a"b,c|B=2`},
		{name: "the last of a key wins in its first place", text: "A=1,B=2,A=3", want: "A=3|B=2"},
		{name: "nothing", text: "", want: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			vars, err := parseEnvironment(c.text)
			var got []string
			for _, v := range vars {
				got = append(got, v.Key+"="+v.Value)
			}
			if text := strings.Join(got, "|"); text != c.want || errorText(err) != c.err {
				t.Errorf("got %q, %v, want %q, %s", text, err, c.want, c.err)
			}
		})
	}
}

// FuzzWords: every way of splitting terminates, and the words come back when each is
// quoted, or all together.
func FuzzWords(f *testing.F) {
	f.Add(`a "b c" d\ e 'f' # g`)
	f.Add("A=\"x\\\"y\",B='z'\n;C=\\")
	f.Fuzz(func(t *testing.T, text string) {
		if words, err := SplitWords(text); err == nil {
			var quoted []string
			for _, w := range words {
				quoted = append(quoted, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w)+`"`)
			}
			if each, err := SplitWords(strings.Join(quoted, " ")); err != nil || !slices.Equal(each, words) {
				t.Errorf("words of %q are %q, each quoted %q, %v", text, words, each, err)
			}
			again, err := SplitWords(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(strings.Join(words, `" "`)) + `"`)
			if len(words) > 0 && (err != nil || len(again) != 1) {
				t.Errorf("quoted words of %q are %q, %v", text, again, err)
			}
		}
	})
}

// FuzzEnvironment: what is accepted has each key once, and means the same when it is
// written out in double quotes.
func FuzzEnvironment(f *testing.F) {
	f.Add(`A=1,B="2,3",C='x y'`)
	f.Add("A=http://h/p?x=y # c\n;B=$HOME,A=3")
	f.Add(`A="a\"b,c",B=2`)
	f.Fuzz(func(t *testing.T, text string) {
		vars, err := parseEnvironment(text)
		if err != nil {
			return
		}
		var out []string
		seen := map[string]bool{}
		for _, v := range vars {
			if seen[v.Key] {
				t.Fatalf("%q: %s comes twice", text, v.Key)
			}
			seen[v.Key] = true
			if v.Key == "" || strings.ContainsAny(v.Key+v.Value, `'"\`) || strings.TrimFunc(v.Key, isASCIIWord) != "" {
				return // it cannot be quoted in a way that both rules share
			}
			out = append(out, v.Key+`="`+v.Value+`"`)
		}
		again, err := parseEnvironment(strings.Join(out, ","))
		if err != nil || !slices.Equal(again, vars) {
			t.Errorf("%q is %q, and written out again %q, %v", text, vars, again, err)
		}
	})
}
