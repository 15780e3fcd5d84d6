package delivery

import (
	"fmt"
	"strings"
	"testing"
)

func TestStdoutHandler(t *testing.T) {
	const good = "processname:web groupname:g pid:9 channel:stdout\n"
	for _, c := range []struct{ body, want string }{
		{good + "a", "web stdout | a\n"},
		{good + "a\n", "web stdout | a\n"},
		{good + "a\n\nb\n", "web stdout | a\nweb stdout | \nweb stdout | b\n"},
		{good + "a\r\nb\rc\vd\fe\x1cf\x1dg\x1eh\u0085i\u2028j\u2029k", strings.Repeat("web stdout | _\n", 11)},
		{good, "\n"}, // print of an empty text
		{"processname:web channel:stderr channel:stdout\nthe later one", "web stdout | the later one\n"},
		{"  channel:x\tprocessname:y  \nblanks", "y x | blanks\n"},
		{"processname:é channel:\nempty", "é  | empty\n"},
		{"OK", "error"},
		{"", "error"},
		{"\n" + good, "error"},
		{"processname:web\nx", "error"},
		{"channel:stdout\nx", "error"},
		{"processname:web channel:a:b\nx", "error"},
		{"processname:web channel:a more\nx", "error"},
		{good + "\xff", "error"},
	} {
		verdict, effects := PrintLines(nil, []byte(c.body))
		var got strings.Builder
		got.WriteString(map[Verdict]string{Rejected: "rejected", Failed: "error"}[verdict])
		for _, e := range effects {
			got.WriteString(string(e.(Print).Text))
		}
		if strings.Contains(c.want, "_") { // one letter after the other
			for i := range 11 {
				c.want = strings.Replace(c.want, "_", fmt.Sprintf("%c", 'a'+i), 1)
			}
		}
		if got.String() != c.want {
			t.Errorf("result %q: got %q, want %q", c.body, got.String(), c.want)
		}
	}
}
