package main

import (
	"slices"
	"strings"
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
		{"restart --no-deps cat", "cat: stopped\ncat: started\n", 0, "reeve.startProcess cat 1 0"},
		{"restart --no-deps --wait 0 cat", "cat: stopped\ncat: started\n", 0, "reeve.startProcess cat 0 0"},
		{"restart --no-deps", "Error: restart requires a process name\n", exitGeneric, ""},
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
			if test.call == "" {
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

// ordered adds the answers about order to those of the world.
func ordered() map[string]any {
	answers := world()
	need := func(node int, name, condition string) object {
		return object{"node": node, "name": name, "condition": condition}
	}
	answers["reeve.getGraph"] = []any{
		object{"name": "db", "processes": []any{"db"}, "needs": []any{}},
		object{"name": "migrate", "processes": []any{"migrate"}, "needs": []any{need(0, "db", "ready")}},
		object{"name": "app", "processes": []any{"app:app_0", "app:app_1"}, "needs": []any{need(0, "db", "ready"), need(1, "migrate", "done")}},
		object{"name": "cron", "processes": []any{"cron"}, "needs": []any{}},
	}
	step := func(name string, at, waited, took float64) object {
		return object{"name": name, "at": at, "waited": waited, "took": took}
	}
	db, app := step("db", 0, 0, 1.1), step("app", 1.1, 0.0005, 1.000001)
	answers["reeve.getBoot"] = object{"took": 2.100001, "path": []any{db, app}, "steps": []any{db, app}, "missing": []any{"cron"}}
	return answers
}

const treeText = `wave 1: db
wave 2: migrate
wave 3: app (2 processes)

app (2 processes)
├─ db
└─ migrate:done
   └─ db

in no order: cron
`

const dotText = `digraph order {
	rankdir=LR;
	node [shape=box];
	"db";
	"migrate";
	"app (2 processes)";
	"cron";
	"migrate" -> "db";
	"app (2 processes)" -> "db";
	"app (2 processes)" -> "migrate" [label="done"];
}
`

const graphJSON = `[
 {"name":"db","processes":["db"],"needs":[]},
 {"name":"migrate","processes":["migrate"],"needs":[{"node":0,"name":"db","condition":"ready"}]},
 {"name":"app","processes":["app:app_0","app:app_1"],"needs":[{"node":0,"name":"db","condition":"ready"},{"node":1,"name":"migrate","condition":"done"}]},
 {"name":"cron","processes":["cron"],"needs":[]}
]
`

const bootText = `up after 2.100s

critical path
       AT    WAITED      TOOK  NAME
   0.000s    0.000s    1.100s  db
   1.100s    0.001s    1.000s  app

slowest
       AT    WAITED      TOOK  NAME
   0.000s    0.000s    1.100s  db
   1.100s    0.001s    1.000s  app

not up: cron
`

const bootJSON = `{"took":2.100001,"path":[{"name":"db","at":0,"waited":0,"took":1.1},{"name":"app","at":1.1,"waited":0.0005,"took":1.000001}],` +
	`"steps":[{"name":"db","at":0,"waited":0,"took":1.1},{"name":"app","at":1.1,"waited":0.0005,"took":1.000001}],"missing":["cron"]}` + "\n"

func TestOrderVerbs(t *testing.T) {
	t.Parallel()
	wrong := func(condition string, node int) map[string]any {
		return map[string]any{"reeve.getGraph": []any{
			object{"name": "a", "processes": []any{"a"}, "needs": []any{object{"node": node, "name": "a", "condition": condition}}},
		}}
	}
	unknown := fault(api.UnknownMethod, "UNKNOWN_METHOD")
	none := map[string]any{
		"reeve.getGraph": []any{},
		"reeve.getBoot":  object{"took": -1.0, "path": []any{}, "steps": []any{}, "missing": []any{}},
	}
	lacks := "ERROR: %s needs a daemon with the namespace reeve: Supervisor's own does not have it, nor does an older reeve\n"
	tests := []struct {
		line  string
		extra map[string]any
		want  string
		exit  int
	}{
		{"graph", nil, treeText, 0},
		{"graph --dot", nil, dotText, 0},
		{"graph --json", nil, graphJSON, 0},
		{"graph", none, "", 0},
		{"graph --json", none, "[]\n", 0},
		{"graph --dot --json", nil, "Error: graph accepts --dot or --json only\n", exitInvalidArgs},
		{"graph db", nil, "Error: graph accepts --dot or --json only\n", exitInvalidArgs},
		{"graph", map[string]any{"reeve.getGraph": unknown}, strings.ReplaceAll(lacks, "%s", "graph"), exitUnimplemented},
		{
			"graph", wrong("ready", 1),
			"error: <class 'xml.parsers.expat.ExpatError'>, cannot decode the reply to reeve.getGraph: a node that does not exist: file: supervisorctl line: 0\n", 1,
		},
		{
			"graph", wrong("later", 0),
			"error: <class 'xml.parsers.expat.ExpatError'>, cannot decode the reply to reeve.getGraph: 'later' is no condition: file: supervisorctl line: 0\n", 1,
		},
		{
			"graph", wrong("ready", 0),
			"error: <class 'xml.parsers.expat.ExpatError'>, cannot decode the reply to reeve.getGraph: a circle: file: supervisorctl line: 0\n", 1,
		},
		{"analyze", nil, bootText, 0},
		{"analyze --json", nil, bootJSON, 0},
		{"analyze", none, "nothing is up yet\n", 0},
		{"analyze --json", none, `{"took":-1,"path":[],"steps":[],"missing":[]}` + "\n", 0},
		{"analyze --dot", nil, "Error: analyze accepts --json only\n", exitInvalidArgs},
		{"analyze", map[string]any{"reeve.getBoot": unknown}, strings.ReplaceAll(lacks, "%s", "analyze"), exitUnimplemented},
		{"analyze", map[string]any{"reeve.getBoot": fault(api.ShutdownState, "SHUTDOWN_STATE")}, "error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>: file: supervisorctl line: 0\n", 1},
		{"start --no-deps cat", map[string]any{"reeve.startProcess": unknown}, "cat: ERROR (the daemon has no --no-deps)\n", 1},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, ordered())
			for method, answer := range test.extra {
				f.set(method, answer)
			}
			out, errs, exit := one(t, f.url, test.line, "", nil)
			if exit == exitInvalidArgs {
				out = out[:min(len(out), len(test.want))] // help follows
			}
			if out != test.want || errs != "" || exit != test.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, test.want, test.exit)
			}
		})
	}
}
