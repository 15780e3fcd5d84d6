package config

import (
	"fmt"
	"testing"
	"time"
)

func TestOwnValues(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(string) (any, error){
		"duration": anyReader(parseDuration),
		"limit":    anyReader(parseStartLimit),
		"list":     anyReader(listOf(parseDuration)),
		"number":   anyReader(between("a number", ParseInt, 1, 20)),
		"share":    anyReader(between("a number", parseDecimal, 0, 1)),
		"span":     anyReader(between("a duration", parseDuration, time.Second, time.Hour)),
		"switch":   anyReader(words[bool]{{"characters", false}, {"bytes", true}}.parse),
		"words":    anyReader(words[int]{{"keep", 0}, {"restart", 1}, {"stop", 2}}.parse),
	}
	const duration, limit = ", not a duration such as 500ms, 10s, 5m or 2h", ", not a number and a duration such as 5/60s"
	for _, c := range []struct{ kind, text, want string }{
		{"duration", "500ms", "500ms"},
		{"duration", "10s", "10s"},
		{"duration", "5m", "5m0s"},
		{"duration", "2H", "2h0m0s"},
		{"duration", "1.5s", "1.5s"},
		{"duration", "90", "1m30s"},
		{"duration", "0", "0s"},
		{"duration", "0.25", "250ms"},
		{"duration", "", "''" + duration},
		{"duration", "-1", "'-1'" + duration},
		{"duration", "+1s", "'+1s'" + duration},
		{"duration", "5 m", "'5 m'" + duration},
		{"duration", "5us", "'5us'" + duration},
		{"duration", "1h30m", "'1h30m'" + duration},
		{"duration", ".5s", "'.5s'" + duration},
		{"duration", "9999999999h", "'9999999999h'" + duration},
		{"limit", "5/60s", "5/1m0s"},
		{"limit", "1/2", "1/2s"},
		{"limit", "5", "'5'" + limit},
		{"limit", "0/60s", "'0/60s'" + limit},
		{"limit", "5/0", "'5/0'" + limit},
		{"limit", "/60s", "'/60s'" + limit},
		{"limit", "5/6/7", "'5/6/7'" + limit},
		{"list", "", "[]"},
		{"list", "1s, 2m", "[1s 2m0s]"},
		{"list", "1s,,2m", "''" + duration},
		{"number", "20", "20"},
		{"number", "0", "'0', not a number from 1 to 20"},
		{"number", "21", "'21', not a number from 1 to 20"},
		{"number", "x", "'x', not a number from 1 to 20"},
		{"share", "0.1", "0.1"},
		{"share", "1.01", "'1.01', not a number from 0 to 1"},
		{"share", "NaN", "'NaN', not a number from 0 to 1"},
		{"span", "1h", "1h0m0s"},
		{"span", "999ms", "'999ms', not a duration from 1s to 1h0m0s"},
		{"switch", "Bytes", "true"},
		{"switch", "inches", "'inches', neither characters nor bytes"},
		{"words", "RESTART", "1"},
		{"words", "", "'', not keep, restart or stop"},
	} {
		v, err := kinds[c.kind](c.text)
		got := fmt.Sprint(v)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %q:\ngot  %s\nwant %s", c.kind, c.text, got, c.want)
		}
	}
}
