package capture

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// found is what tokens found in a stream.
type found struct {
	text  string
	comms []string
}

// feedAll feeds pieces and then the end of the stream.
func feedAll(pieces ...string) found {
	var (
		t        tokens
		f        found
		captured strings.Builder
	)
	text := func(p []byte) {
		if t.Capturing {
			captured.Write(p)
		} else {
			f.text += string(p)
		}
	}
	for _, p := range pieces {
		t.feed([]byte(p), text, func() {
			f.comms = append(f.comms, captured.String())
			captured.Reset()
		})
	}
	t.flush(text)
	return f
}

func Test185Tokens(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string
		text   string
		comms  []string
	}{
		{"none", []string{"hello"}, "hello", nil},
		{"one", []string{"a" + beginToken + "b" + endToken + "c"}, "ac", []string{"b"}},
		{"empty", []string{beginToken + endToken}, "", []string{""}},
		{"two", []string{beginToken + "x" + endToken + beginToken + "y" + endToken}, "", []string{"x", "y"}},
		{"split", []string{"a<!--XSUPER", "VISOR:BEG", "IN-->b<", "!--XSUPERVISOR:END--", ">c"}, "ac", []string{"b"}},
		{"end without begin", []string{"a" + endToken}, "a" + endToken, nil},
		{"begin within", []string{beginToken + beginToken + endToken}, "", []string{beginToken}},
		{"almost", []string{"<!--XSUPERVISOR:BEGIN-<!--XSUPERVISOR:BEGIN-->x" + endToken}, "<!--XSUPERVISOR:BEGIN-", []string{"x"}},
		{"187: held back at the end", []string{"a<!--XSUP"}, "a<!--XSUP", nil},
		{"no end", []string{"a" + beginToken + "lost"}, "a", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := feedAll(c.pieces...)
			if got.text != c.text || strings.Join(got.comms, "|") != strings.Join(c.comms, "|") || len(got.comms) != len(c.comms) {
				t.Errorf("got %+v, want %q %q", got, c.text, c.comms)
			}
		})
	}
}

// The result does not depend on how a stream is cut.
func FuzzTokens(f *testing.F) {
	f.Add("a"+beginToken+"b"+endToken+"c", uint16(5), uint16(40))
	f.Add("<<!--XSUPERVISOR:BEGIN--><!--XSUPERVISOR:END--<!--XSUPERVISOR:END-->", uint16(24), uint16(30))
	f.Add(endToken+"<!--XSUPERVISOR:<!--", uint16(1), uint16(2))
	f.Fuzz(func(t *testing.T, stream string, a, b uint16) {
		i := min(int(a), len(stream))
		j := min(i+int(b), len(stream))
		whole := feedAll(stream)
		cut := feedAll(stream[:i], stream[i:j], stream[j:])
		single := feedAll(strings.Split(stream, "")...)
		if strings.ToValidUTF8(stream, "") != stream {
			single = whole // Split cuts at characters
		}
		for _, other := range []found{cut, single} {
			if other.text != whole.text || strings.Join(other.comms, "\x00") != strings.Join(whole.comms, "\x00") {
				t.Errorf("%q: whole %+v, cut %+v", stream, whole, other)
			}
		}
	})
}

func Test186Overflow(t *testing.T) {
	for _, c := range []struct {
		limit  int
		chunks []string
		want   string
	}{
		{10, []string{"abc", "def"}, "abcdef"},
		{6, []string{"abc", "def"}, "abcdef"},
		{5, []string{"abc", "de", "f"}, "bcdef"},
		{5, []string{"abc", "def"}, "def"},
		{5, []string{"abcd", "ef"}, "cdef"},
		{5, []string{"ab", "much more"}, "much more"},
		{5, []string{"much more", "x"}, "uch morex"},
	} {
		var b bound
		for _, chunk := range c.chunks {
			b.add([]byte(chunk), c.limit)
		}
		if got := string(b.take()); got != c.want || len(b.Data) != 0 {
			t.Errorf("%d %q: %q, want %q", c.limit, c.chunks, got, c.want)
		}
	}
}

var ansiCases = []struct{ in, want string }{
	{"", ""},
	{"plain", "plain"},
	{"\x1b[31mred\x1b[0m", "red"},
	{"a\x1b[2Kb\x1b[1;1Hc", "abc"},
	{"\x1b[?25lx", "x"},
	{"a\x1b[31", "a"},
	{"31mred", "31mred"}, // the other half of a cut sequence
	{"a\x1b[zz then m rest", "aen m rest"[:1] + "en m rest"},
	{"\x1b]0;title\x07x", "\x1b]0;title\x07x"},
	{"\x1b", "\x1b"},
	{"\x1b[", ""},
	{"\x1b[m\x1b[m", ""},
	{"\x1b[\x1b[mx", "x"},
	{"x\x1b[E\x1b[Gy\x1b[mz", "xz"},
	{"\xff\x1b[m\xfe", "\xff\xfe"},
}

func Test189StripANSI(t *testing.T) {
	for _, c := range ansiCases {
		in := []byte(c.in)
		if got := stripANSI(in); string(got) != c.want {
			t.Errorf("stripANSI(%q) = %q, want %q", c.in, got, c.want)
		}
		if string(in) != c.in {
			t.Errorf("stripANSI changed %q to %q", c.in, in)
		}
	}
}

func Test189AsUpstream(t *testing.T) {
	const script = `
import json, sys
from supervisor.dispatchers import stripEscapes
print(json.dumps([stripEscapes(s.encode("latin-1")).decode("latin-1") for s in json.load(sys.stdin)]))
`
	var in []string
	for _, c := range ansiCases {
		in = append(in, latin1(c.in))
	}
	question, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", script)
	cmd.Stdin = bytes.NewReader(question)
	reply, err := cmd.Output()
	if err != nil {
		t.Skip("upstream is not installed:", err)
	}
	var want []string
	if err := json.Unmarshal(reply, &want); err != nil || len(want) != len(in) {
		t.Fatalf("%q, %v", reply, err)
	}
	for i, c := range ansiCases {
		if got := latin1(string(stripANSI([]byte(c.in)))); got != want[i] {
			t.Errorf("%q: %q, upstream %q", c.in, got, want[i])
		}
	}
}

// latin1 decodes each byte as one character.
func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
