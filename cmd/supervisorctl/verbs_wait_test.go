package main

import (
	"encoding/json"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// seen is a process as reeve.getProcess returns it; the pairs are members that differ
// from those of a process that just runs.
func seen(group, name, state string, pairs ...any) object {
	o := info(group, name, state, "", 0)
	maps.Copy(o, object{
		"ready": state == "RUNNING", "health": "", "waiting_for": "", "status_text": "", "restarts": 0, "next_attempt": 0,
		"last_exit": object{"code": 0, "signal": "", "at": 0}, "reason": "boot", "enabled": true,
	})
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}

// seenWorld has a process in every situation.
func seenWorld() map[string]any {
	w := world()
	w["reeve.getAllProcesses"] = []any{
		seen("cat", "cat", "RUNNING"),
		seen("bad", "bad", "FATAL", "spawnerr", "can't find command"),
		seen("crash", "crash", "EXITED", "spawnerr", "Bad exit code 3"),
		seen("ended", "ended", "EXITED"),
		seen("lost", "lost", "UNKNOWN"),
		seen("off", "off", "STOPPED"),
		seen("retry", "retry", "EXITED", "next_attempt", 3000, "spawnerr", "Bad exit code 3"),
		seen("sick", "sick", "RUNNING", "health", "unhealthy"),
		seen("slow", "slow", "BACKOFF", "next_attempt", 3000),
		seen("web", "web_0", "RUNNING", "health", "healthy"),
		seen("web", "web_1", "STOPPED", "waiting_for", "db (STARTING)"),
		seen("yet", "yet", "STARTING", "health", "unknown"),
	}
	for _, o := range w["reeve.getAllProcesses"].([]any) {
		o := o.(object)
		w["reeve.getProcess "+displayName(o["group"].(string), o["name"].(string))] = o
	}
	return w
}

// TestWaitFor has a line for every situation: those that go on end by the time.
func TestWaitFor(t *testing.T) {
	t.Parallel()
	f := newFake(t, seenWorld())
	for _, test := range []struct {
		line, want string
		exit       int
	}{
		{"cat", "cat: running\n", 0},
		{"cat web:web_0 cat", "cat: running\nweb:web_0: running\n", 0},
		{"bad", "bad: ERROR (FATAL: can't find command)\n", 1},
		{"crash", "crash: ERROR (EXITED: Bad exit code 3)\n", 1},
		{"ended", "ended: ERROR (EXITED)\n", 1},
		{"lost", "lost: ERROR (UNKNOWN)\n", 1},
		{"retry", "retry: ERROR (still EXITED after 0)\n", 3},
		{"slow", "slow: ERROR (still BACKOFF after 0)\n", 3},
		{"off", "off: ERROR (still STOPPED after 0)\n", 3},
		{"yet", "yet: ERROR (still STARTING after 0)\n", 3},
		{"sick", "sick: running\n", 0},
		{"web:*", "web:web_0: running\nweb:web_1: ERROR (still STOPPED after 0)\n", 3},
		{"w*:*_0", "web:web_0: running\n", 0},
		{"web:* bad", "web:web_0: running\nbad: ERROR (FATAL: can't find command)\n", 1},
		{"nope cat", "nope: ERROR (no such process)\n", 2},
		{"nope:*", "nope: ERROR (no such group)\n", 2},
		{"web:web_0 --for healthy", "web:web_0: healthy\n", 0},
		{"yet --for=healthy", "yet: ERROR (still STARTING after 0)\n", 3},
		{"sick --for healthy", "sick: ERROR (still RUNNING after 0)\n", 3},
		{"cat --for healthy", "cat: ERROR (it has neither health nor watchdog)\n", 1},
		{"off ended bad crash --for stopped", "off: stopped\nended: stopped\nbad: stopped\ncrash: stopped\n", 0},
		{"cat --for stopped", "cat: ERROR (still RUNNING after 0)\n", 3},
		{"retry --for stopped", "retry: ERROR (still EXITED after 0)\n", 3},
		{"lost --for stopped", "lost: ERROR (UNKNOWN)\n", 1},
		{"ended --for done", "ended: done\n", 0},
		{"crash --for done", "crash: ERROR (EXITED: Bad exit code 3)\n", 1},
		{"cat --for done", "cat: ERROR (still RUNNING after 0)\n", 3},
		{"retry --for done", "retry: ERROR (still EXITED after 0)\n", 3},
		{"ended crash --for exited", "ended: exited\ncrash: exited\n", 0},
		{"bad --for exited", "bad: ERROR (FATAL: can't find command)\n", 1},
		{"off --for exited", "off: ERROR (still STOPPED after 0)\n", 3},
		{"", "Error: wait requires a process name\n", 2},
		{"cat --for", "Error: --for requires one of running, healthy, stopped, done, exited\n", 2},
		{"cat --for ever", "Error: --for requires one of running, healthy, stopped, done, exited\n", 2},
		{"cat --timeout", "Error: --timeout requires a time such as 30s, 5m or 2h\n", 2},
		{"cat --timeout soon", "Error: --timeout requires a time such as 30s, 5m or 2h\n", 2},
		{"cat --timeout=-1s", "Error: --timeout requires a time such as 30s, 5m or 2h\n", 2},
	} {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			line := "wait --timeout 0 " + test.line
			out, errs, exit := one(t, f.url, line, "", nil)
			out = strings.TrimSuffix(out, strings.Join(helpOf("wait"), "\n")+"\n")
			if out != test.want || errs != "" || exit != test.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, test.want, test.exit)
			}
		})
	}
}

// TestWaitForPolls: a process is asked for by its name, several together, until all are
// there.
func TestWaitForPolls(t *testing.T) {
	t.Parallel()
	answers := seenWorld()
	asked := 0
	answers["reeve.getAllProcesses"] = func() any {
		state := "STARTING"
		if asked++; asked > 2 {
			state = "RUNNING"
		}
		return []any{seen("a", "a", state), seen("g", "b", "STARTING")}
	}
	answers["reeve.getProcess g:b"] = seen("g", "b", "RUNNING")
	f := newFake(t, answers)
	out, _, exit := one(t, f.url, "wait g:b a --timeout 1m", "", nil)
	if out != "a: running\ng:b: running\n" || exit != 0 {
		t.Errorf("printed %q, status %d", out, exit)
	}
	const all = "reeve.getAllProcesses"
	if want := []string{"getVersion", all, all, all, "reeve.getProcess g:b"}; !slices.Equal(f.calls, want) {
		t.Errorf("called %q, want %q", f.calls, want)
	}
	asked = 0
	answers["reeve.getProcess g:b"] = fault(api.BadName, "BAD_NAME: g:b")
	out, _, exit = one(t, newFake(t, answers).url, "wait g:b", "", nil)
	if out != "g:b: ERROR (no such process)\n" || exit != 1 {
		t.Errorf("removed: printed %q, status %d", out, exit)
	}
	out, _, exit = one(t, newFake(t, seenWorld()).url, "wait slow --timeout 60ms", "", nil)
	if out != "slow: ERROR (still BACKOFF after 60ms)\n" || exit != 3 {
		t.Errorf("too late: printed %q, status %d", out, exit)
	}
	out, _, exit = one(t, newFake(t, world()).url, "wait cat", "", nil)
	if out != "ERROR: this supervisord does not have reeve.getProcess, which wait needs\n" || exit != 5 {
		t.Errorf("upstream's daemon: printed %q, status %d", out, exit)
	}
}

// TestStatusJSONSeen: with our daemon the objects have more than the table shows, after
// what they had before.
func TestStatusJSONSeen(t *testing.T) {
	t.Parallel()
	f := newFake(t, seenWorld())
	out, errs, exit := one(t, f.url, "status --json web:* crash nope", "", nil)
	var list []client.Process
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if len(list) != 3 || list[0].Health != "healthy" || list[1].WaitingFor != "db (STARTING)" || list[2].SpawnErr != "Bad exit code 3" {
		t.Errorf("got %+v", list)
	}
	if errs != "nope: ERROR (no such process)\n" || exit != 3 {
		t.Errorf("standard error %q, status %d", errs, exit)
	}
	out, _, exit = one(t, f.url, "status --json web:web_0", "", nil)
	want := `[
 {"name":"web_0","group":"web","start":1000,"stop":0,"now":2000,"state":20,"statename":"RUNNING","spawnerr":"","exitstatus":0,` +
		`"stdout_logfile":"","stderr_logfile":"","pid":0,"description":"","ready":true,"health":"healthy","waiting_for":"",` +
		`"status_text":"","restarts":0,"next_attempt":0,"last_exit":{"code":0,"signal":"","at":0},"reason":"boot","enabled":true}
]
`
	if out != want || exit != 0 {
		t.Errorf("printed %s, status %d; want %s", out, exit, want)
	}
}

// TestWaitForHangs: the time is over even if the daemon never answers.
func TestWaitForHangs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), "s.sock")
	listener, err := net.Listen("unix", path) // nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	out, _, exit := one(t, "unix://"+path, "wait cat --timeout 1ms", "", nil)
	if out != "ERROR: supervisord does not answer\n" || exit != 3 {
		t.Errorf("printed %q, status %d", out, exit)
	}
	answers := seenWorld()
	release := make(chan struct{})
	answers["reeve.getProcess slow"] = func() any { <-release; return seen("slow", "slow", "RUNNING") }
	f := newFake(t, answers)
	defer close(release)
	out, _, exit = one(t, f.url, "wait slow --timeout 1s", "", nil)
	if out != "slow: ERROR (still BACKOFF after 1s)\n" || exit != 3 {
		t.Errorf("hangs later: printed %q, status %d", out, exit)
	}
}
