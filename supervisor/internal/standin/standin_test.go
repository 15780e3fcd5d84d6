package standin

import (
	"strings"
	"testing"
)

func TestListen(t *testing.T) {
	for _, c := range []struct {
		name, in string
		bytes    bool
		events   int
		fails    bool
	}{
		{"nothing", "", false, 0, false},
		{"two events", "ver:3.0 eventname:A len:3\nabcver:3.0 eventname:A len:0\n", false, 2, false},
		{"characters", "ver:3.0 len:2\né\nver:3.0 len:1\n\n", false, 2, false},
		{"bytes", "ver:3.0 len:2\néver:3.0 len:1\n\n", true, 2, false},
		{"the end within a payload", "ver:3.0 len:4\nab", false, 0, false},
		{"the end within a header", "ver:3.0 le", false, 0, false},
		{"no length", "ver:3.0\nab", false, 0, true},
	} {
		var out strings.Builder
		err := listen(strings.NewReader(c.in), &out, c.bytes)
		if want := "READY\n" + strings.Repeat("RESULT 2\nOKREADY\n", c.events); out.String() != want {
			t.Errorf("%s: it says %q, want %q", c.name, out.String(), want)
		}
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
