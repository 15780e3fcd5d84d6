package config_test

import (
	"strings"
	"testing"
	"time"

	"reeve/config"
)

// TestStopSequence: one signal as ever, several with times, and what can't be.
func TestStopSequence(t *testing.T) {
	const where = " in section 'program:x' (file: 'DIR/s.conf')"
	for text, want := range map[string]string{
		"TERM":                  "TERM 10s",
		" sigusr1 ":             "USR1 10s",
		"2":                     "INT 10s",
		"TERM:10 INT:5 KILL":    "TERM:10 INT:5 KILL 15s",
		"TERM:10  INT":          "TERM:10 INT 20s",
		"TERM:500ms 3:2m KILL":  "TERM:500ms QUIT:2m KILL 2m0.5s",
		"TERM:1m":               "TERM:1m KILL 1m0s",
		"TERM:10 INT:5":         "TERM:10 INT:5 KILL 15s",
		"SIGTERM:0 KILL":        "TERM:0 KILL 0s",
		"FOO":                   "value 'FOO' is not a valid signal name" + where,
		"TERM:10 FOO":           "value 'FOO' is not a valid signal name" + where,
		"TERM INT":              "value 'TERM INT' is not valid: after TERM there is no time to wait, such as TERM:10" + where,
		"KILL:1 TERM":           "value 'KILL:1 TERM' is not valid: KILL can only be the last signal, and nothing comes after it" + where,
		"TERM:1 KILL:1":         "value 'TERM:1 KILL:1' is not valid: KILL can only be the last signal, and nothing comes after it" + where,
		"TERM:soon KILL":        "value 'TERM:soon KILL' is not valid: 'soon', not a duration such as 500ms, 10s, 5m or 2h" + where,
		"TERM:":                 "value 'TERM:' is not valid: '', not a duration such as 500ms, 10s, 5m or 2h" + where,
		":10 KILL":              "value '' is not a valid signal name" + where,
		"%(program_name)s TERM": "value 'x' is not a valid signal name" + where,
	} {
		cfg, err := load(t, "[supervisord]\n[program:x]\ncommand=x\nstopsignal="+text)
		if err != nil {
			if got := relative(err); got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
			continue
		}
		p := cfg.Groups[0].Processes[0]
		old := *p
		old.StopSignal = nil
		got := ""
		for _, d := range config.Differences(cfg.Groups[0], cfg.Groups[0], &old, p, nil) {
			got += d.New
		}
		if got += " " + p.StopTime().Round(time.Millisecond).String(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		if again, err := load(t, "[supervisord]\n[program:x]\ncommand=x\nstopsignal="+strings.Join(strings.Fields(got)[:len(strings.Fields(got))-1], " ")); err != nil ||
			len(again.Groups[0].Processes[0].StopSignal) != len(p.StopSignal) {
			t.Errorf("%q: what is shown is read otherwise: %v", text, err)
		}
	}
}
