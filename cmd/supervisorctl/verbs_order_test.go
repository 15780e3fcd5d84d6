package main

import (
	"slices"
	"testing"

	"reeve/rpc/api"
)

// TestStartAlone: --no-deps in front of the names, with or without --wait.
func TestStartAlone(t *testing.T) {
	t.Parallel()
	both := []any{result("web", "web_0", api.Success), result("web", "web_1", api.Success)}
	tests := []struct {
		line, want string
		exit       int
		call       string
	}{
		{"start --no-deps cat", "cat: started\n", 0, "reeve.startProcess cat 1 0"},
		{"start --no-deps --wait 0 cat", "cat: started\n", 0, "reeve.startProcess cat 0 0"},
		{"start --wait 0 --no-deps cat", "cat: started\n", 0, "reeve.startProcess cat 0 0"},
		{"start --no-deps web:*", "web:web_0: started\nweb:web_1: started\n", 0, "reeve.startProcess web:* 1 0"},
		{"start --no-deps web:web_?", "web:web_0: started\nweb:web_1: started\n", 0, "reeve.startProcess web:web_1 1 0"},
		{"start --no-deps all", "web:web_0: started\nweb:web_1: started\n", 0, "reeve.startAllProcesses 1 0"},
		{"start --no-deps nope", "nope: ERROR (no such process)\n", 1, "reeve.startProcess nope 1 0"},
		{"start --no-deps", "Error: start requires a process name\n", exitInvalidArgs, ""},
		{"start cat --no-deps", "cat: started\n--no-deps: ERROR (no such process)\n", 1, "startProcess --no-deps 1"},
		{"start --no-dep cat", "--no-dep: ERROR (no such process)\ncat: started\n", 1, "startProcess --no-dep 1"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			answers := world()
			answers["reeve.startProcess"] = fault(api.BadName, "BAD_NAME: x")
			answers["reeve.startProcess web:*"] = both
			answers["reeve.startAllProcesses"] = both
			for _, name := range []string{"cat", "web:web_0", "web:web_1"} {
				answers["reeve.startProcess "+name] = true
			}
			f := newFake(t, answers)
			out, errs, exit := one(t, f.url, test.line, "", nil)
			if exit == exitInvalidArgs {
				out = out[:min(len(out), len(test.want))] // help follows
			}
			if out != test.want || errs != "" || exit != test.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, test.want, test.exit)
			}
			if test.call != "" && !slices.Contains(f.calls, test.call) {
				t.Errorf("calls %q, without %q", f.calls, test.call)
			}
		})
	}
}
