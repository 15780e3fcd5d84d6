package getopt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reeve/config/pytext"
)

var errBad = errors.New("bad")

// options is a table that appends what it is given to a log.
func options(log *[]string) []Option {
	set := func(name string) func(string) error {
		return func(value string) error {
			if strings.HasPrefix(value, "bad") {
				return errBad
			}
			*log = append(*log, name+"="+value)
			return nil
		}
	}
	return []Option{
		{Short: "c", Long: "configuration", Value: true, Set: set("c")},
		{Short: "n", Long: "nodaemon", Set: set("n")},
		{Short: "k", Long: "nocleanup", Set: set("k")},
		{Short: "h", Long: "help", Again: true, Set: set("h")},
		{Short: "?", Again: true, Set: set("?")},
		{Short: "m", Long: "umask", Value: true, Set: set("m")},
		{Short: "a", Long: "minfds", Value: true, Set: set("a")},
		{Long: "minprocs", Value: true, Set: set("minprocs")},
		{Long: "min", Value: true, Set: set("min")},
	}
}

type result struct{ log, rest, err string }

func parse(args []string) result {
	var log []string
	rest, err := Parse(options(&log), args, nil)
	r := result{log: strings.Join(log, " "), rest: strings.Join(rest, " ")}
	if err != nil {
		r.err = err.Error()
	}
	return r
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want result
	}{
		{"101 nothing", nil, result{}},
		{"101 bundled", []string{"-nkc", "f"}, result{log: "n= k= c=f"}},
		{"101 bundled with the value", []string{"-ncf"}, result{log: "n= c=f"}},
		{"101 an equals sign is part of a short value", []string{"-c=f"}, result{log: "c==f"}},
		{"101 a unique beginning", []string{"--conf", "f", "--nod"}, result{log: "c=f n="}},
		{"101 a whole name that begins others", []string{"--min", "1"}, result{log: "min=1"}},
		{"101 a value behind an equals sign", []string{"--umask=022=3"}, result{log: "m=022=3"}},
		{"101 an empty value", []string{"--umask=", "-c", ""}, result{log: "m= c="}},
		{"101 a value may look like an option", []string{"-c", "-n"}, result{log: "c=-n"}},
		{"101 the first word ends the options", []string{"-n", "w", "-k"}, result{log: "n=", rest: "w -k"}},
		{"101 two dashes end the options", []string{"-n", "--", "-k"}, result{log: "n=", rest: "-k"}},
		{"101 one dash is a word", []string{"-", "-k"}, result{rest: "- -k"}},
		{"101 unknown letter", []string{"-Z"}, result{err: "option -Z not recognized"}},
		{"101 unknown letter in a bundle", []string{"-nZ"}, result{err: "option -Z not recognized"}},
		{"101 unknown letter that is not ASCII", []string{"-é"}, result{err: "option -é not recognized"}},
		{"101 unknown byte", []string{"-n\xff"}, result{err: "option -\xff not recognized"}},
		{"101 a colon is no option", []string{"-:"}, result{err: "option -: not recognized"}},
		{"101 unknown word", []string{"--bogus=1"}, result{err: "option --bogus not recognized"}},
		{"101 no value", []string{"-c"}, result{err: "option -c requires argument"}},
		{"101 no value, in full", []string{"--conf"}, result{err: "option --configuration requires argument"}},
		{"101 a value too many", []string{"--nodaemon=1"}, result{err: "option --nodaemon must not have an argument"}},
		{"101 an empty value too many", []string{"--nod="}, result{err: "option --nodaemon must not have an argument"}},
		{"101 not unique", []string{"--no"}, result{err: "option --no not a unique prefix"}},
		{"101 the empty name", []string{"--=x"}, result{err: "option -- not a unique prefix"}},
		{"103 twice", []string{"-n", "-n"}, result{log: "n= n=", err: "conflicting command line option '-n'"}},
		{"103 both spellings", []string{"-n", "--nod"}, result{log: "n= n=", err: "conflicting command line option '--nodaemon'"}},
		{"103 twice, with values", []string{"-c1", "-c1"}, result{log: "c=1 c=1", err: "conflicting command line option '-c'"}},
		{"103 what stores nothing", []string{"-hh?"}, result{log: "h= h= ?="}},
		{"104 a bad value", []string{"-m", "bad"}, result{err: "invalid value for -m 'bad': bad"}},
		{"104 in full", []string{"--uma=bad's"}, result{err: `invalid value for --umask "bad's": bad`}},
		{"104 a bad value before a conflict", []string{"-m1", "-mbad"}, result{log: "m=1", err: "invalid value for -m 'bad': bad"}},
		{"104 a syntax error before a bad value", []string{"-mbad", "-Z"}, result{err: "option -Z not recognized"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := parse(c.args); got != c.want {
				t.Errorf("%q\n got %+v\nwant %+v", c.args, got, c.want)
			}
		})
	}
}

func Test102CheckComesBeforeAnyOptionActs(t *testing.T) {
	var log []string
	_, err := Parse(options(&log), []string{"-h", "foo"}, func(rest []string) error { return fmt.Errorf("words: %q", rest) })
	if err == nil || err.Error() != `words: ["foo"]` {
		t.Errorf("error %v", err)
	}
	if len(log) > 0 {
		t.Errorf("options acted: %q", log)
	}
}

func Test104ReasonCanBeFound(t *testing.T) {
	var log []string
	if _, err := Parse(options(&log), []string{"-cbad"}, nil); !errors.Is(err, errBad) {
		t.Errorf("error %v does not hold the one of Set", err)
	}
}

func Test104Quote(t *testing.T) {
	for text, want := range map[string]string{
		"": "''", "a b": "'a b'", "it's": `"it's"`, `'"`: `'\'"'`, `a\b`: `'a\\b'`, "\n\r\t": `'\n\r\t'`, "\x00\x1b\x7f": `'\x00\x1b\x7f'`,
		"é\u00a0": `'é\xa0'`, "\u200b": `'\u200b'`, "\U000e0001": `'\U000e0001'`, "\ufffd": "'\ufffd'", "a\xff\xc3": `'a\udcff\udcc3'`,
	} {
		if got := pytext.Repr(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// FuzzParse: no command line breaks the parser, and the words returned are the last ones
// given.
func FuzzParse(f *testing.F) {
	f.Add("-nkc\x00f\x00--umask=022\x00--\x00x")
	f.Add("-\xff\x00--=\x00-")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		var log []string
		rest, err := Parse(options(&log), slices.Clone(args), nil)
		if err == nil && !slices.Equal(rest, args[len(args)-len(rest):]) {
			t.Errorf("%q left %q", args, rest)
		}
	})
}
