package main

import (
	"strings"
	"testing"

	"reeve/rpc/api"
)

func rollOf(id int, state string, over bool, notes ...string) object {
	all := []any{}
	for _, n := range notes {
		all = append(all, object{"at": 1, "text": n})
	}
	return object{
		"id": id, "update": false, "groups": []any{"web"}, "state": state, "over": over, "reason": "", "notes": all,
		"members": []any{object{"name": "web:a", "surge": false, "step": "replaced"}},
	}
}

// TestRolling: what restart --rolling and update --rolling ask for, print, and exit with.
func TestRolling(t *testing.T) {
	t.Parallel()
	begun := rollOf(3, "rolling", false, "web:a: restarting (1 of 1)")
	done := rollOf(3, "done", true, "web:a: available", "done; 1 restarted")
	failed := rollOf(3, "failed", true, "failed: web:a is FATAL; 1 not available")
	const first = "roll 3: web:a: restarting (1 of 1)\n"
	const asked = "reeve.rollRestart"
	for _, c := range []struct {
		line   string
		begin  any
		then   any
		want   string
		exit   int
		called string
	}{
		{"restart --rolling web:*", begun, done, first + "roll 3: web:a: available\nroll 3: done; 1 restarted\n", exitOK, asked},
		{"restart --rolling web:*", begun, failed, first + "roll 3: failed: web:a is FATAL; 1 not available\n", exitGeneric, asked},
		{"restart all --rolling --batch 2 --surge=1", done, nil, "roll 3: web:a: available\nroll 3: done; 1 restarted\n", exitOK, asked},
		{"update --rolling --revert --wait-healthy 5m", begun, done, first + "roll 3: web:a: available\nroll 3: done; 1 restarted\n", exitOK, "reeve.rollUpdate"},
		{"update --rolling web --max-unavailable=2", done, nil, "roll 3: web:a: available\nroll 3: done; 1 restarted\n", exitOK, "reeve.rollUpdate"},
		{"restart --rolling x", fault(api.BadName, "BAD_NAME: x"), nil, "ERROR: no such name: x\n", exitGeneric, asked},
		{"restart --rolling x", fault(api.Failed, "FAILED: roll 2 of web is under way"), nil, "ERROR: roll 2 of web is under way\n", exitGeneric, asked},
		{"restart --rolling x", fault(api.ShutdownState, "SHUTDOWN_STATE"), nil, "ERROR: supervisor shutting down\n", exitGeneric, asked},
		{"update --rolling", fault(api.CantReread, "CANT_REREAD: bad"), nil, "ERROR: bad\n", exitGeneric, "reeve.rollUpdate"},
		{
			"update --rolling", fault(api.UnknownMethod, "UNKNOWN_METHOD"), nil,
			"ERROR: update --rolling needs a daemon with the namespace reeve: Supervisor's own does not have it, nor does an older reeve\n", exitUnimplemented, "reeve.rollUpdate",
		},
		{"restart --rolling", nil, nil, "Error: restart requires a process name\n", exitGeneric, ""},
		{"restart --rolling x --revert", nil, nil, "Error: --revert is for update: a restart has nothing to go back to\n", exitInvalidArgs, ""},
		{"restart --rolling x --batch", nil, nil, "Error: --batch requires a number of at least 1\n", exitInvalidArgs, ""},
		{"restart --rolling x --batch=0", nil, nil, "Error: --batch requires a number of at least 1\n", exitInvalidArgs, ""},
		{"restart --rolling x --surge -1", nil, nil, "Error: --surge requires a number of at least 0\n", exitInvalidArgs, ""},
		{"update --rolling --wait-healthy soon", nil, nil, "Error: --wait-healthy requires a time such as 30s or 5m\n", exitInvalidArgs, ""},
		{"update --rolling --by-process", nil, nil, "Error: --rolling has no option --by-process\n", exitInvalidArgs, ""},
	} {
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			answers := world()
			answers["reeve.rollRestart"], answers["reeve.rollUpdate"], answers["reeve.awaitRoll"] = c.begin, c.begin, c.then
			f := newFake(t, answers)
			out, errs, exit := one(t, f.url, c.line, "", nil)
			if c.called == "" {
				out = out[:min(len(out), len(c.want))] // help follows
			}
			if out != c.want || errs != "" || exit != c.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, c.want, c.exit)
			}
			if called := strings.Join(f.calls, "\n"); c.called != "" && !strings.Contains(called, c.called) {
				t.Errorf("calls: %s", called)
			}
		})
	}
}

// TestRollVerb: looking at rolls, and stopping one.
func TestRollVerb(t *testing.T) {
	t.Parallel()
	ended := rollOf(1, "failed", true, "x")
	ended["reason"] = "web:a is FATAL"
	all := []any{ended, rollOf(2, "rolling", false)}
	const two = "roll 1: restart of web, failed: web:a is FATAL\nroll 2: restart of web, rolling\n    web:a: replaced\n"
	for line, want := range map[string]string{
		"roll":                  two,
		"roll status":           two,
		"roll status 1":         "roll 1: restart of web, failed: web:a is FATAL\n    web:a: replaced\n",
		"roll status 9":         "ERROR: no roll 9\n",
		"roll abort 2":          "roll 2: stopped\n",
		"roll abort 2 --revert": "roll 2: going back\n",
		"roll abort":            "Error: roll accepts status or abort with a number\n",
		"roll abort x":          "Error: roll requires the number of a roll\n",
		"roll 2":                "Error: roll accepts status or abort with a number\n",
		"roll status 1 --json": "[\n {\"id\":1,\"update\":false,\"groups\":[\"web\"],\"state\":\"failed\",\"over\":true,\"reason\":\"web:a is FATAL\"," +
			"\"members\":[{\"name\":\"web:a\",\"surge\":false,\"step\":\"replaced\"}],\"notes\":[{\"at\":1,\"text\":\"x\"}]}\n]\n",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			answers := world()
			answers["reeve.getRolls"], answers["reeve.abortRoll"] = all, true
			f := newFake(t, answers)
			out, errs, _ := one(t, f.url, line, "", nil)
			if strings.HasPrefix(want, "Error: ") {
				out = out[:min(len(out), len(want))]
			}
			if out != want || errs != "" {
				t.Errorf("printed %q, %q; want %q", out, errs, want)
			}
		})
	}
}
