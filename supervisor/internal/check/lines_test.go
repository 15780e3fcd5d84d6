package check_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"reeve/supervisor/internal/check"
)

func TestLines(t *testing.T) {
	for _, c := range []struct {
		pattern string
		pieces  []string
		want    bool
	}{
		{"^up$", []string{"up\n"}, true},
		{"^up$", []string{"up\r\n"}, true},
		{"^up$", []string{"u", "p", "\n"}, true},
		{"^up$", []string{"up"}, false}, // not a whole line yet
		{"^up$", []string{"starting\nup\nrunning\n"}, true},
		{"^up$", []string{"starting up\n", "up to date\n"}, false},
		{"up", []string{"still starting u\np"}, false},
		{"^$", []string{"x\n\n"}, true},
		{".*", []string{"\n"}, true},
		{"end", []string{strings.Repeat("x", 10000), "end\n"}, false}, // beyond what is kept
		{"^end", []string{strings.Repeat("x", 10000) + "\nend\n"}, true},
		{"(", []string{"(\n"}, false},
	} {
		l := check.Lines{Pattern: c.pattern}
		got := false
		for _, p := range c.pieces {
			saved, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			l = check.Lines{}
			if err := json.Unmarshal(saved, &l); err != nil {
				t.Fatal(err)
			}
			got = got || l.Match([]byte(p))
		}
		if got != c.want {
			t.Errorf("%s in %.40q: %v", c.pattern, c.pieces, got)
		}
	}
}

// FuzzLines: in however many pieces the text comes, the lines are the same.
func FuzzLines(f *testing.F) {
	f.Add([]byte("starting\r\nup\nrunning"), uint8(3))
	f.Add(bytes.Repeat([]byte("x"), 9000), uint8(200))
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		const pattern = "^[a-m]*$"
		want := false
		lines := bytes.Split(text, []byte{'\n'})
		for _, line := range lines[:len(lines)-1] {
			line = line[:min(len(line), 8<<10)]
			want = want || regexp.MustCompile(pattern).Match(bytes.TrimSuffix(line, []byte{'\r'}))
		}
		l, got := check.Lines{Pattern: pattern}, false
		for rest := text; len(rest) > 0 && !got; {
			n := min(int(size)+1, len(rest))
			got, rest = l.Match(bytes.Clone(rest[:n])), rest[n:]
		}
		if got != want {
			t.Errorf("%q in pieces of %d: %v", text, int(size)+1, got)
		}
	})
}
