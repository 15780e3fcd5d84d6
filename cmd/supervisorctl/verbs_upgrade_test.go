package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reeve/rpc/api"
)

func TestUpgrade(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	done := object{"from": "0.1.0", "to": "0.2.0", "processes": 3, "pause": 0.0312345}
	const said = "upgraded from version 0.1.0 to 0.2.0: 3 processes went on, nothing was served for 31.2ms\n"
	for _, c := range []struct {
		line   string
		answer any
		want   string
		exit   int
		call   string
	}{
		{"upgrade", done, said, 0, "reeve.upgrade "},
		{"upgrade /srv/supervisord", done, said, 0, "reeve.upgrade /srv/supervisord"},
		{"upgrade bin/../supervisord", done, said, 0, "reeve.upgrade " + filepath.Join(here, "supervisord")},
		{"upgrade --json", done, `{"from":"0.1.0","to":"0.2.0","processes":3,"pause":0.0312345}` + "\n", 0, "reeve.upgrade "},
		{"upgrade --json x", done, `{"from":"0.1.0","to":"0.2.0","processes":3,"pause":0.0312345}` + "\n", 0, "reeve.upgrade " + here + "/x"},
		{
			"upgrade /bin/ls", fault(api.Failed, "FAILED: cannot upgrade, nothing was changed: /bin/ls can't"),
			"ERROR: cannot upgrade, nothing was changed: /bin/ls can't\n", exitGeneric, "reeve.upgrade /bin/ls",
		},
		{"upgrade a b", done, "Error: upgrade accepts one program at most\n", exitInvalidArgs, ""},
		{
			"upgrade", fault(api.UnknownMethod, "UNKNOWN_METHOD"),
			"ERROR: upgrade needs a daemon with the namespace reeve: Supervisor's own does not have it, nor does an older reeve\n",
			exitUnimplemented, "reeve.upgrade ",
		},
	} {
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			answers := world()
			answers["reeve.upgrade"] = c.answer
			f := newFake(t, answers)
			out, errs, exit := one(t, f.url, c.line, "", nil)
			if c.call == "" {
				out = out[:min(len(out), len(c.want))] // help follows
			}
			if out != c.want || errs != "" || exit != c.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, c.want, c.exit)
			}
			if called := strings.Join(f.calls, "\n"); c.call != "" && !strings.HasSuffix(called, c.call) || c.call == "" && strings.Contains(called, "upgrade") {
				t.Errorf("calls %q, want %q last", f.calls, c.call)
			}
		})
	}
}
