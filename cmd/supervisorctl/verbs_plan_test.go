package main

import (
	"strings"
	"testing"

	"reeve/rpc/api"
)

func planEntry(group, name, action, reason, problem string, keys ...any) object {
	if keys == nil {
		keys = []any{}
	}
	return object{"group": group, "name": name, "action": action, "reason": reason, "origin": "/s.conf", "problem": problem, "keys": keys}
}

func planKey(key, old, value, change, origin string) object {
	return object{"key": key, "section": "program:web", "old": old, "new": value, "change": change, "origin": origin}
}

// TestPlanVerbs: what update and reread print about plans, and their exit status.
func TestPlanVerbs(t *testing.T) {
	t.Parallel()
	plan := []any{
		planEntry("db", "db", "none", "", ""),
		planEntry("web", "web_0", "restart", "command", "",
			planKey("command", "/bin/web", "/bin/web -x", "restart", "/s.conf:3"), planKey("startsecs", "1", "5", "unchanged", "/s.conf:4"),
			planKey("user", "", "www", "restart", "")),
		planEntry("web", "web_1", "remove", "", ""),
	}
	const text = "db: none\nweb:web_0: restart (command)\n    command: /bin/web -> /bin/web -x  [/s.conf:3]\n" +
		"    startsecs: 1 -> 5, from the next start  [/s.conf:4]\n    user: (none) -> www\nweb:web_1: remove\n"
	idle := []any{planEntry("db", "db", "none", "", "")}
	failed := []any{planEntry("db", "db", "restart", "command", "it can't be stopped: no"), planEntry("x", "x", "live", "", "")}
	const unknown = "ERROR: this needs a daemon with the namespace reeve: Supervisor's own does not have it, nor does an older reeve\n"
	const wrong = "Error: update accepts --dry-run, --by-process or --by-group, the first two with --json\n"
	for _, c := range []struct {
		line   string
		method string
		answer any
		want   string
		exit   int
	}{
		{"update --dry-run", "reeve.getPlan", plan, text, exitPlanned},
		{"update --dry-run web all", "reeve.getPlan", plan, text, exitPlanned},
		{"update --by-process --dry-run", "reeve.getPlan", plan, text, exitPlanned},
		{"reread --diff", "reeve.getPlan", plan, text, exitPlanned},
		{"reread --diff web", "reeve.getPlan", plan, text, exitPlanned},
		{"update --dry-run", "reeve.getPlan", idle, "db: none\n", exitOK},
		{"update --dry-run --json", "reeve.getPlan", idle, "[\n {\"name\":\"db\",\"group\":\"db\",\"action\":\"none\",\"reason\":\"\"," +
			"\"origin\":\"/s.conf\",\"problem\":\"\",\"keys\":[]}\n]\n", exitOK},
		{"update --dry-run", "reeve.getPlan", fault(api.CantReread, "CANT_REREAD: bad"), "ERROR: CANT_REREAD: bad\n", exitPlanError},
		{"update --dry-run nobody", "reeve.getPlan", fault(api.BadName, "BAD_NAME: nobody"), "ERROR: no such group: nobody\n", exitPlanError},
		{"update --dry-run", "reeve.getPlan", fault(api.ShutdownState, "X"), "ERROR: supervisor shutting down\n", exitPlanError},
		{"update --dry-run", "reeve.getPlan", fault(api.UnknownMethod, "UNKNOWN_METHOD"), unknown, exitPlanError},
		{"update --by-process", "reeve.update", plan, "web:web_0: restart (command)\nweb:web_1: remove\n", exitOK},
		{"update --by-process web", "reeve.update", idle, "", exitOK},
		{"update --by-process", "reeve.update", failed, "db: ERROR (it can't be stopped: no)\nx: live\n", exitGeneric},
		{"update --by-process", "reeve.update", fault(api.Failed, "FAILED: a start hangs"), "ERROR: FAILED: a start hangs\n", exitGeneric},
		{"update --json", "reeve.update", idle, wrong, exitInvalidArgs},
		{"update --by-group --by-process", "reeve.update", idle, wrong, exitInvalidArgs},
		{"update --by-group --dry-run", "reeve.update", idle, wrong, exitInvalidArgs},
		{"update --diff", "reeve.update", idle, wrong, exitInvalidArgs},
		{"reread --diff --dry-run", "reeve.getPlan", idle, "Error: reread accepts no arguments\n", exitGeneric},
	} {
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			answers := world()
			answers[c.method] = c.answer
			f := newFake(t, answers)
			out, errs, exit := one(t, f.url, c.line, "", nil)
			if strings.HasPrefix(c.want, "Error: ") {
				out = out[:min(len(out), len(c.want))] // help follows
			}
			if out != c.want || errs != "" || exit != c.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, c.want, c.exit)
			}
		})
	}
}

// TestUpdateByDefault: [supervisorctl] update=by-process makes update go process by
// process, and --by-group still does as upstream.
func TestUpdateByDefault(t *testing.T) {
	t.Parallel()
	answers := world()
	answers["reeve.update"] = []any{planEntry("x", "x", "live", "", "")}
	f := newFake(t, answers)
	file := writeConfig(t, "[supervisorctl]\nupdate=by-process\n")
	set, err := loadSettings([]string{"supervisorctl", "-c", file, "update"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{"update": "x: live\n", "update --by-group nosuch": "ERROR: no such group: nosuch\n"} {
		out, _, _ := one(t, f.url, line, "", func(c *ctl) { c.set.byProcess = set.byProcess })
		if out != want {
			t.Errorf("%s: printed %q, want %q", line, out, want)
		}
	}
}
