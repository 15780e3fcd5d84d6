package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"reeve/rpc/api"
)

// world is a table of answers with a bit of everything.
func world() map[string]any {
	processes := []any{
		info("cat", "cat", "RUNNING", "pid 7, uptime 0:00:01", 7),
		info("off", "off", "STOPPED", "Not started", 0),
		info("web", "web_0", "RUNNING", "pid 8, uptime 0:00:02", 8),
		info("web", "web_1", "RUNNING", "pid 9, uptime 0:00:03", 9),
	}
	badName := fault(api.BadName, "BAD_NAME: x")
	w := map[string]any{
		"supervisor.getAllProcessInfo":    processes,
		"supervisor.getPID":               42,
		"supervisor.getSupervisorVersion": "4.2.5",
		"supervisor.shutdown":             true,
		"supervisor.restart":              true,
		"supervisor.reloadConfig":         []any{[]any{[]any{"new", "b"}, []any{"chg"}, []any{"gone"}}},
		"supervisor.addProcessGroup":      true,
		"supervisor.removeProcessGroup":   true,
		"supervisor.startProcess":         badName,
		"supervisor.stopProcess":          badName,
		"supervisor.signalProcess":        badName,
		"supervisor.clearProcessLogs":     badName,
		"supervisor.getProcessInfo":       badName,
		"supervisor.startProcessGroup":    badName,
		"supervisor.stopProcessGroup":     badName,
		"supervisor.signalProcessGroup":   badName,
		"supervisor.readProcessStdoutLog": badName,
		"supervisor.readProcessStderrLog": badName,
		"supervisor.readLog":              "main log\n",
		"supervisor.sendProcessStdin":     true,
		"supervisor.getAllConfigInfo": []any{
			object{"name": "cat", "group": "cat", "inuse": true, "autostart": true, "group_prio": 999, "process_prio": 1, "exitcodes": []any{0}},
			object{"name": "w", "group": "g", "inuse": false, "autostart": false, "group_prio": -1, "process_prio": 999, "exitcodes": []any{}},
		},
	}
	for i, name := range []string{"cat", "off", "web:web_0", "web:web_1"} {
		w["supervisor.startProcess "+name] = true
		w["supervisor.stopProcess "+name] = true
		w["supervisor.signalProcess "+name] = true
		w["supervisor.clearProcessLogs "+name] = true
		w["supervisor.getProcessInfo "+name] = processes[i]
		w["supervisor.readProcessStdoutLog "+name] = "out of " + name
		w["supervisor.readProcessStderrLog "+name] = "err of " + name
	}
	both := []any{result("web", "web_0", api.Success), result("web", "web_1", api.Success)}
	for _, method := range []string{"start", "stop", "signal"} {
		w["supervisor."+method+"ProcessGroup web"] = both
		w["supervisor."+method+"AllProcesses"] = both
	}
	w["supervisor.clearAllProcessLogs"] = both
	return w
}

const noName = "error: <class 'xmlrpc.client.Fault'>, <Fault 10: 'BAD_NAME: x'>: file: supervisorctl line: 0\n"

// TestVerbs runs each action's cases: line, extra answers, output, exit status. Help
// after an error is cut off.
func TestVerbs(t *testing.T) {
	t.Parallel()
	f := func(code int, text string) any { return fault(code, text) }
	tests := []struct {
		line  string
		extra map[string]any
		want  string
		exit  int
	}{
		{"start cat", nil, "cat: started\n", 0},
		{"start cat nope", nil, "cat: started\nnope: ERROR (no such process)\n", 1},
		{"start web:*", nil, "web:web_0: started\nweb:web_1: started\n", 0},
		{"start web:", nil, "web:web_0: started\nweb:web_1: started\n", 0},
		{"start nope:*", nil, "nope: ERROR (no such group)\n", 2},
		{"start all", nil, "web:web_0: started\nweb:web_1: started\n", 0},
		{"start", nil, "Error: start requires a process name\n", 2},
		{"start cat", map[string]any{"supervisor.startProcess cat": f(20, "NO_FILE")}, "cat: ERROR (no such file)\n", 1},
		{"start cat", map[string]any{"supervisor.startProcess cat": f(21, "X")}, "cat: ERROR (file is not executable)\n", 1},
		{"start cat", map[string]any{"supervisor.startProcess cat": f(60, "X")}, "cat: ERROR (already started)\n", 0},
		{"start cat", map[string]any{"supervisor.startProcess cat": f(50, "X")}, "cat: ERROR (spawn error)\n", 7},
		{"start cat", map[string]any{"supervisor.startProcess cat": f(40, "X")}, "cat: ERROR (abnormal termination)\n", 7},
		{
			"start cat off",
			map[string]any{"supervisor.startProcess cat": f(30, "FAILED")},
			"error: <class 'ValueError'>, Unknown result code 30 for cat: file: supervisorctl line: 0\n", 1,
		},
		{"stop cat", nil, "cat: stopped\n", 0},
		{"stop cat", map[string]any{"supervisor.stopProcess cat": f(70, "X")}, "cat: ERROR (not running)\n", 0},
		{"stop cat", map[string]any{"supervisor.stopProcess cat": f(30, "FAILED: why")}, "FAILED: why\n", 1},
		{"stop nope web:*", nil, "nope: ERROR (no such process)\nweb:web_0: stopped\nweb:web_1: stopped\n", 1},
		{"stop nope:", nil, "nope: ERROR (no such group)\n", 1},
		{"stop", nil, "Error: stop requires a process name\n", 1},
		{"restart cat", nil, "cat: stopped\ncat: started\n", 0},
		{"restart cat", map[string]any{"supervisor.stopProcess cat": f(70, "X")}, "cat: ERROR (not running)\ncat: started\n", 0},
		{"restart", nil, "Error: restart requires a process name\n", 1},
		{"signal HUP cat web:*", nil, "cat: signalled\nweb:web_0: signalled\nweb:web_1: signalled\n", 0},
		{"signal HUP nope", nil, "nope: ERROR (no such process)\n", 1},
		{"signal HUP nope:*", nil, "nope: ERROR (no such group)\n", 1},
		{"signal X cat", map[string]any{"supervisor.signalProcess cat": f(11, "X")}, "cat: ERROR (bad signal name)\n", 1},
		{"signal HUP cat", map[string]any{"supervisor.signalProcess cat": f(70, "X")}, "cat: ERROR (not running)\n", 7},
		{"signal HUP", nil, "Error: signal requires a signal name and a process name\n", 1},
		{"clear cat nope", nil, "cat: cleared\nnope: ERROR (no such process)\n", 1},
		{"clear web:*", nil, "web:None: ERROR (no such process)\n", 1},
		{"clear cat", map[string]any{"supervisor.clearProcessLogs cat": f(30, "X")}, "cat: ERROR (failed)\n", 1},
		{"clear all", nil, "web:web_0: cleared\nweb:web_1: cleared\n", 0},
		{"clear", nil, "Error: clear requires a process name\n", 1},
		{"pid", nil, "42\n", 0},
		{"pid all", nil, "7\n0\n8\n9\n", 0},
		{"pid cat off", nil, "7\n0\n", 7},
		{"pid nope", nil, "No such process nope\n", 1},
		{"pid web:*", nil, "No such process web:*\n", 1},
		{"avail", nil, "cat" + strings.Repeat(" ", 29) + " in use    auto      999:1\ng:w" + strings.Repeat(" ", 29) + " avail     manual    -1:999\n", 0},
		{"avail x", nil, "Error: avail accepts no arguments\n", 1},
		{"avail", map[string]any{"supervisor.getAllConfigInfo": f(6, "X")}, "ERROR: supervisor shutting down\n", 1},
		{"version", nil, "4.2.5\n", 0},
		{"version x", nil, "Error: version accepts no arguments\n", 1},
		{"shutdown", nil, "Shut down\n", 0},
		{"shutdown", map[string]any{"supervisor.shutdown": f(6, "X")}, "ERROR: already shutting down\n", 0},
		{"shutdown x", nil, "Error: shutdown accepts no arguments\n", 1},
		{"reload", nil, "Restarted supervisord\n", 0},
		{"reload", map[string]any{"supervisor.restart": f(6, "X")}, "ERROR: already shutting down\n", 1},
		{"reread", nil, "b: available\nchg: changed\ngone: disappeared\nnew: available\n", 0},
		{"reread", map[string]any{"supervisor.reloadConfig": []any{[]any{[]any{}, []any{}, []any{}}}}, "No config updates to processes\n", 0},
		{"reread", map[string]any{"supervisor.reloadConfig": f(92, "CANT_REREAD: bad")}, "ERROR: CANT_REREAD: bad\n", 1},
		{"reread", map[string]any{"supervisor.reloadConfig": f(6, "X")}, "ERROR: supervisor shutting down\n", 1},
		{"reread x", nil, "Error: reread accepts no arguments\n", 1},
		{"add a b", nil, "a: added process group\nb: added process group\n", 0},
		{"add a", map[string]any{"supervisor.addProcessGroup": f(90, "X")}, "ERROR: process group already active\n", 0},
		{"add a", map[string]any{"supervisor.addProcessGroup": f(10, "X")}, "ERROR: no such process/group: a\n", 1},
		{"add a", map[string]any{"supervisor.addProcessGroup": f(6, "X")}, "ERROR: shutting down\n", 1},
		{"remove a", nil, "a: removed process group\n", 0},
		{"remove a", map[string]any{"supervisor.removeProcessGroup": f(91, "X")}, "ERROR: process/group still running: a\n", 1},
		{"remove a", map[string]any{"supervisor.removeProcessGroup": f(10, "X")}, "ERROR: no such process/group: a\n", 1},
		{
			"remove a",
			map[string]any{"supervisor.removeProcessGroup": f(6, "SHUTDOWN_STATE")},
			"error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>: file: supervisorctl line: 0\n", 1,
		},
		{"update", map[string]any{"supervisor.reloadConfig": f(6, "X")}, "ERROR: already shutting down\n", 1},
		{"update", nil, noName, 1},
		{"tail cat", nil, "out of cat\n", 0},
		{"tail cat STDERR", nil, "err of cat\n", 0},
		{"tail nope", nil, "nope: ERROR (no such process name)\n", 1},
		{"tail cat", map[string]any{"supervisor.readProcessStdoutLog cat": f(20, "X")}, "cat: ERROR (no log file)\n", 1},
		{"tail cat", map[string]any{"supervisor.readProcessStdoutLog cat": f(30, "X")}, "cat: ERROR (unknown error reading log)\n", 1},
		{"tail cat it's", nil, "Error: bad channel \"it's\"\n", 1},
		{"tail -5", nil, "Error: tail requires process name\n", 1},
		{"tail -z cat", nil, "Error: bad argument -z\n", 1},
		{"tail", nil, "Error: too few arguments\n", 1},
		{"tail a b c d", nil, "Error: too many arguments\n", 1},
		{"maintail", nil, "main log\n\n", 0},
		{"maintail x", nil, "Error: bad argument x\n", 1},
		{"maintail", map[string]any{"supervisor.readLog": f(20, "X")}, "supervisord: ERROR (no log file)\n", 1},
		{"maintail a b", nil, "Error: too many arguments\n", 1},
		{"fg", nil, "ERROR: no process name supplied\n", 1},
		{"fg a b", nil, "ERROR: too many process names supplied\n", 1},
		{"fg nope", nil, "ERROR: bad process name supplied\n", 1},
		{"fg off", nil, "ERROR: process not running\n", 1},
		{"open ftp://x", nil, "ERROR: url must be http:// or unix://\n", 1},
		{"quit", nil, "\n", 0},
		{"nope x", nil, "*** Unknown syntax: nope x\n", 1},
		{"start x", map[string]any{"supervisor.getVersion": "2.0"}, "Sorry, this version of supervisorctl expects to talk to a server " +
			"with API version 3.0, but the remote version is 2.0.\n", 5},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			answers := world()
			maps.Copy(answers, test.extra)
			out, errs, exit := one(t, newFake(t, answers).url, test.line, "", nil)
			verb, _, _ := strings.Cut(test.line, " ")
			if help := strings.Join(helpOf(verb), "\n") + "\n"; strings.Contains(test.want, "Error: ") || verb == "fg" {
				out = strings.TrimSuffix(out, help)
			}
			if out != test.want || errs != "" || exit != test.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, test.want, test.exit)
			}
		})
	}
}

// TestUpdateOrder: removed, changed, added, each done before the next begins
// (facts 282-284).
func TestUpdateOrder(t *testing.T) {
	t.Parallel()
	answers := world()
	answers["supervisor.stopProcessGroup gone"] = []any{result("gone", "p", api.Success)}
	answers["supervisor.stopProcessGroup chg"] = []any{result("chg", "p", api.Failed)}
	f := newFake(t, answers)
	out, _, exit := one(t, f.url, "update", "", nil)
	want := "gone: stopped\ngone: removed process group\nchg: stopped\nchg: updated process group\n" +
		"new: added process group\nb: added process group\n"
	if out != want || exit != 0 {
		t.Errorf("printed %q, status %d; want %q, 0", out, exit, want)
	}
	calls := []string{
		"reloadConfig", "stopProcessGroup gone 1", "removeProcessGroup gone", "stopProcessGroup chg 1", "removeProcessGroup chg",
		"addProcessGroup chg", "addProcessGroup new", "addProcessGroup b",
	}
	if !slices.Equal(f.calls, calls) {
		t.Errorf("called %q, want %q", f.calls, calls)
	}
	answers["supervisor.stopProcessGroup gone"] = []any{result("gone", "p", api.Failed)}
	out, _, exit = one(t, newFake(t, answers).url, "update gone nope", "", nil)
	if want := "ERROR: no such group: gone\nERROR: no such group: nope\ngone: stopped\ngone: has problems; not removing\n"; out != want || exit != 1 {
		t.Errorf("printed %q, status %d; want %q, 1", out, exit, want)
	}
}

// helpOf returns the help of an action, or nil if there is no such action.
func helpOf(verb string) []string {
	lines, _ := (&ctl{set: &settings{}}).helpOn(verb)
	return lines
}
