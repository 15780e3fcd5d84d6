package config

import (
	"encoding/json"
	"fmt"
	"testing"
	"unicode"
)

// reader pairs one of our parsers with upstream's.
type reader struct {
	upstream string
	read     func(string) (any, error)
	pieces   []string
}

func anyReader[T any](read func(string) (T, error)) func(string) (any, error) {
	return func(text string) (any, error) {
		v, err := read(text)
		if err != nil {
			return nil, err
		}
		return v, nil
	}
}

var digits = []string{"0", "1", "9", "12", "255", "256", "_", "-", "+", " ", "\t", "x", ".", "0o", "0O", "0x", "", "1e3"}

var readers = []reader{
	{"boolean", anyReader(parseBool), []string{"yes", "YES", "true", "on", "1", "no", "False", "oFF", "0", "2", " ", "maybe", ""}},
	{"integer", anyReader(ParseInt), digits},
	{"byte_size", anyReader(ParseBytes), append([]string{"kb", "KB", "mB", "gb", "tb", "b", "k"}, digits...)},
	{"octal_type", anyReader(ParseOctal), append([]string{"7", "8", "077", "0_7", "o"}, digits...)},
	{"signal_number", anyReader(func(s string) (int, error) { n, err := ParseSignal(s); return int(n), err }), []string{
		"SIG", "sig", "HUP", "term", "RTMIN", "RTMAX", "CLD", "POLL", "iot", "STKFLT", "_DFL", "_IGN", "_BLOCK", "_SETMASK", "_UNBLOCK", "0", "1", "31",
		"32", "33", "34", "35", "63", "64", "65", "-1", " ", "FOO", "", "+", "_", "NAL", "KILL", "INFO", "EMT",
	}},
	{"list_of_exitcodes", anyReader(parseExitCodes), append([]string{",", ",", ", "}, digits...)},
	{"logging_level", anyReader(ParseLogLevel), []string{"critical", "ERROR", "warn", "warning", "Info", "debug", "trace", "blather", " ", "", "10"}},
	{"auto_restart", anyReader(func(s string) (int, error) { v, err := parseAutorestart(s); return int(v), err }), []string{"Unexpected", "perhaps", "x'"}},
	{"process_or_group_name", anyReader(parseName), []string{"a", "b-c", " ", ":", "/", "'", "\t", "é", ""}},
	{"inet_address", anyReader(func(s string) ([]any, error) { host, port, err := parseAddress(s); return []any{host, port}, err }), []string{
		":", ":", "*", "HOST", "h", "9001", "0", "65535", "65536", "-1", "x", " ", "", "::1",
	}},
	{"existing_directory", anyReader(ParseDir), []string{"/", "/tmp", "/nope", "~", "~root", "~nobodyatall", "", "//", "."}},
	{"existing_dirpath", anyReader(ParsePath), []string{"/", "tmp", "/nope", "~", "~root", "~nobodyatall", "", "x.log", "."}},
	{"colon_separated_user_group", anyReader(func(s string) ([]int, error) {
		o, err := parseOwner(s)
		if err != nil {
			return nil, fmt.Errorf("Invalid user:group definition %s", s)
		}
		return []int{o.UID, o.GID}, nil
	}), []string{"root", "0", ":", ":", "daemon", "nobodyatall", "87654", "", "1", "-1"}},
}

func Test047to054ValuesAsUpstream(t *testing.T) {
	o := upstream(t)
	t.Attr("upstream", "47 48 49 50 51 52 53 54 55 56")
	g := newGenerator(t)
	t.Setenv("HOME", "/tmp/")
	type answer struct {
		Value json.RawMessage
		Error string
	}
	ask[answer](o, "environ", question{"environ": map[string]string{"HOME": "/tmp/"}})
	for _, r := range readers {
		t.Run(r.upstream, func(t *testing.T) {
			for range 250 {
				text := g.text(r.pieces, 3)
				want := ask[answer](o, "value", question{"reader": r.upstream, "text": text})
				v, err := r.read(text)
				got, _ := json.Marshal(v)
				if errorText(err) != want.Error || err == nil && r.upstream != "auto_restart" && compact(got) != compact(want.Value) {
					t.Errorf("%q: got %s, %v, want %s, %s", text, got, err, want.Value, want.Error)
				}
			}
		})
	}
}

// TestDigitsOfAllScripts: every decimal digit that Python's int accepts has the same
// value here.
func TestDigitsOfAllScripts(t *testing.T) {
	o := python(t)
	known := 0
	check := func(r rune) {
		text := "1" + string(r)
		want := ask[struct{ Value int }](o, "python", question{"function": "integer", "text": text}).Value
		if want < 0 {
			return // of a later Unicode version than that Python's
		}
		known++
		if n, err := ParseInt(text); err != nil || n != want {
			t.Errorf("%U: %d, %v, want %d", r, n, err, want)
		}
	}
	for _, block := range unicode.Nd.R16 {
		for r := rune(block.Lo); r <= rune(block.Hi); r++ {
			check(r)
		}
	}
	for _, block := range unicode.Nd.R32 {
		for r := rune(block.Lo); r <= rune(block.Hi); r++ {
			check(r)
		}
	}
	if known < 500 {
		t.Errorf("Python knows only %d digits: this test shows little", known)
	}
}

func compact(text json.RawMessage) string {
	var v any
	_ = json.Unmarshal(text, &v)
	return fmt.Sprint(v)
}

// The same written out, for where upstream is not installed.
func TestValueFacts(t *testing.T) {
	for _, c := range []struct {
		name string
		read func(string) (any, error)
		text string
		want string // value, or error
	}{
		{"047", anyReader(parseBool), "Yes", "true"},
		{"047", anyReader(parseBool), "", "not a valid boolean value: ''"},
		{"048", anyReader(ParseInt), " -1_000 ", "-1000"},
		{"048", anyReader(ParseInt), "1__0", "invalid literal for int() with base 10: '1__0'"},
		{"049", anyReader(ParseBytes), "1 Kb", "1024"},
		{"049", anyReader(ParseBytes), "1.5MB", "invalid literal for int() with base 10: '1.5'"},
		{"049 more than fits", anyReader(ParseBytes), "9999999999999999999GB", "9223372035781033984"},
		{"050", anyReader(ParseOctal), "0o22", "18"},
		{"050", anyReader(ParseOctal), "9", "9 can not be converted to an octal type"},
		{"051", anyReader(ParseSignal), "sigterm", "terminated"},
		{"051", anyReader(ParseSignal), "99", "value '99' is not a valid signal number"},
		{"051", anyReader(ParseSignal), "FOO", "value 'FOO' is not a valid signal name"},
		{"052", anyReader(parseExitCodes), "0, 2", "[0 2]"},
		{"052", anyReader(parseExitCodes), "256", "not a valid list of exit codes: '256'"},
		{"053", anyReader(ParseDir), "/nope", "/nope is not an existing directory"},
		{"053", anyReader(ParsePath), "/nope/x", "The directory named as part of the path /nope/x does not exist"},
		{"053", anyReader(ParsePath), "x", "x"},
		{"054", anyReader(ParseUser), "nobodyatall", "Invalid user name nobodyatall"},
		{"054", anyReader(ParseUser), "87654", "Invalid user id 87654"},
		{"056", anyReader(parseName), " a b", "Invalid name: ' a b' because of character: ' '"},
	} {
		v, err := c.read(c.text)
		got := fmt.Sprint(v)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %q: got %s, want %s", c.name, c.text, got, c.want)
		}
	}
}
