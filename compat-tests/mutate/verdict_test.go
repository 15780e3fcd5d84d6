package main

import (
	"strings"
	"testing"
)

// said is the output of go test for a script with two facts; DIFF stands for the diffs.
const said = `--- FAIL: TestScripts (0.00s)
    --- FAIL: TestScripts/states (11.33s)
        --- FAIL: TestScripts/states/ours (0.00s)
            --- FAIL: TestScripts/states/ours/142_startretries_0_is_one_attempt (0.00s)
                compare_test.go:136: diff oracle ours
                    --- oracle
                    +++ ours
                    @@ -1,3 +1,3 @@
                     > rpc supervisor.startProcess gone
DIFF
        --- SKIP: TestScripts/states/theirs (0.00s)
            scripts_test.go:90: -recorded
FAIL
`

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, diff string
		kind       string
	}{
		{"another answer", "                    -  fault 50\n                    +  fault 51", caughtIt},
		{"less said", "                    -  true", caughtIt},
		{"waited in vain", "                    +  TIMEOUT BACKOFF\n                     - a word in a list", notCompared},
		{"waited in vain, then another answer", "                    +  TIMEOUT BACKOFF\n                    +  - a word", caughtIt},
	} {
		v := judge(strings.Replace(said, "DIFF", c.diff, 1))
		if v.kind != c.kind {
			t.Errorf("%s: %s, want %s", c.name, v.kind, c.kind)
		}
		if v.kind == caughtIt && v.what != "142 startretries 0 is one attempt" {
			t.Errorf("%s: by %q", c.name, v.what)
		}
	}
	broken := `--- FAIL: TestScripts (0.00s)
    --- FAIL: TestScripts/states (0.10s)
        --- FAIL: TestScripts/states/ours (0.00s)
            scripts_test.go:92: cannot run the script: line 1: start: it did not come up: exit 2
FAIL
`
	for _, out := range []string{broken, "panic: test timed out after 3m0s\n", ""} {
		if v := judge(out); v.kind != notCompared {
			t.Errorf("%q is %s", out, v.kind)
		}
	}
}

func TestRan(t *testing.T) {
	if !ran("        --- PASS: TestScripts/users/ours (0.00s)\n", "users") {
		t.Error("a script that was played did not run")
	}
	if ran("    --- SKIP: TestScripts/users (0.00s)\n", "users") {
		t.Error("a script that was skipped ran")
	}
}

func TestApply(t *testing.T) {
	m := mutation{name: "m", file: "f.go", old: "a < b", new: "a <= b"}
	if got, err := m.apply("if a < b {"); err != nil || got != "if a <= b {" {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", "a < b a < b"} {
		if _, err := m.apply(text); err == nil {
			t.Errorf("it applies to %q", text)
		}
	}
	if _, err := (mutation{old: "x", new: "x"}).apply("x"); err == nil {
		t.Error("a mutation that changes nothing applies")
	}
}
