package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"reeve/rpc/api"
)

func TestDesiredVerbs(t *testing.T) {
	t.Parallel()
	unknown := fault(api.UnknownMethod, "UNKNOWN_METHOD")
	lacks := "ERROR: %s needs a daemon with the namespace reeve: Supervisor's own does not have it, nor does an older reeve\n"
	told := func(name string, status int, text string) object {
		return object{"group": "web", "name": name, "status": status, "description": text}
	}
	const full = "this holds until the end of supervisord only: no space"
	tests := []struct {
		line  string
		extra map[string]any
		want  string
		exit  int
		call  string
	}{
		{"disable cat", nil, "cat: disabled\n", 0, "reeve.disable cat"},
		{"disable cat web:web_0", nil, "cat: disabled\nweb:web_0: disabled\n", 0, "reeve.disable web:web_0"},
		{"disable web:*", nil, "web:web_0: disabled\nweb:web_1: disabled\n", 0, "reeve.disable web:*"},
		{"disable web:web_?", nil, "web:web_0: disabled\nweb:web_1: disabled\n", 0, "reeve.disable web:web_1"},
		{"enable all", nil, "cat: enabled\noff: enabled\nweb:web_0: enabled\nweb:web_1: enabled\n", 0, "reeve.enable off:*"},
		{"enable nope", nil, "nope: ERROR (no such process)\n", 1, "reeve.enable nope"},
		{"enable nope:*", nil, "nope: ERROR (no such group)\n", 1, "reeve.enable nope:*"},
		{"disable", nil, "Error: disable requires a process name\n", exitInvalidArgs, ""},
		{"enable", nil, "Error: enable requires a process name\n", exitInvalidArgs, ""},
		{"disable cat", map[string]any{"reeve.disable cat": unknown}, strings.ReplaceAll(lacks, "%s", "disable"), exitUnimplemented, ""},
		{"disable web:*", map[string]any{"reeve.disable web:*": unknown}, strings.ReplaceAll(lacks, "%s", "disable"), exitUnimplemented, ""},
		{"disable all", map[string]any{"reeve.disable cat:*": unknown}, strings.ReplaceAll(lacks, "%s", "disable"), exitUnimplemented, ""},
		{"disable cat", map[string]any{"reeve.disable cat": fault(api.Failed, "FAILED: "+full)}, "FAILED: " + full + "\n", 1, ""},

		{"scale web 3", map[string]any{"reeve.scale web 3 1": []any{told("web_2", 80, "started")}}, "web:web_2: started\n", 0, ""},
		{"scale web 1", map[string]any{"reeve.scale web 1 1": []any{told("web_1", 80, "stopped")}}, "web:web_1: stopped\n", 0, ""},
		{"scale web 1 --no-wait", map[string]any{"reeve.scale web 1 0": []any{told("web_1", 80, "stopped")}}, "web:web_1: stopping\n", 0, ""},
		{"scale --no-wait web 3", map[string]any{"reeve.scale web 3 0": []any{told("web_2", 80, "started")}}, "web:web_2: starting\n", 0, ""},
		{"scale web 2", map[string]any{"reeve.scale": []any{}}, "web: has 2 already\n", 0, "reeve.scale web 2 1"},
		{
			"scale web 4",
			map[string]any{"reeve.scale": []any{told("web_2", 80, "started"), told("web_3", api.SpawnError, "SPAWN_ERROR: web:web_3")}},
			"web:web_2: started\nweb:web_3: ERROR (spawn error)\n", exitNotRunning, "",
		},
		{
			"scale web 1",
			map[string]any{"reeve.scale": []any{told("web_1", api.Failed, "FAILED: no")}},
			"web:web_1: ERROR (FAILED: no)\n", 1, "",
		},
		{"scale nope 2", map[string]any{"reeve.scale": fault(api.BadName, "BAD_NAME: nope")}, "nope: ERROR (no such program)\n", 1, ""},
		{
			"scale web 9",
			map[string]any{"reeve.scale": fault(api.Failed, "FAILED: cannot scale web to 9: 9 is not from 1 to 4")},
			"web: ERROR (cannot scale web to 9: 9 is not from 1 to 4)\n", 1, "",
		},
		{"scale web 9", map[string]any{"reeve.scale": fault(api.CantReread, "CANT_REREAD: bad")}, "web: ERROR (bad)\n", 1, ""},
		{"scale web 2", nil, strings.ReplaceAll(lacks, "%s", "scale"), exitUnimplemented, ""},
		{"scale web", nil, "Error: scale requires the name of a program and a number\n", exitInvalidArgs, ""},
		{"scale web 1 2", nil, "Error: scale requires the name of a program and a number\n", exitInvalidArgs, ""},
		{"scale web many", nil, "Error: scale requires a number of at least 1, not many\n", exitInvalidArgs, ""},
		{"scale web 0", nil, "Error: scale requires a number of at least 1, not 0\n", exitInvalidArgs, ""},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			answers := world()
			both := []any{result("web", "web_0", api.Success), result("web", "web_1", api.Success)}
			for _, method := range []string{"reeve.enable", "reeve.disable"} {
				answers[method] = fault(api.BadName, "BAD_NAME: x")
				answers[method+" web:*"] = both
				answers[method+" cat:*"] = []any{result("cat", "cat", api.Success)}
				answers[method+" off:*"] = []any{result("off", "off", api.Success)}
				for _, name := range []string{"cat", "web:web_0", "web:web_1"} {
					answers[method+" "+name] = true
				}
			}
			maps.Copy(answers, test.extra)
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
