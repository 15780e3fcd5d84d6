package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// TestPatterns: a shell pattern is expanded only if the daemon knows nothing of that
// name, and upstream's text stays if nothing matches.
func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line, want string
		exit       int
	}{
		{"start web:web_?", "web:web_0: started\nweb:web_1: started\n", 0},
		{"start w*:*", "web:web_0: started\nweb:web_1: started\n", 0},
		{"start w*:", "web:web_0: started\nweb:web_1: started\n", 0},
		{"start ca* [xo]ff", "cat: started\noff: started\n", 0},
		{"stop *", "cat: stopped\noff: stopped\nweb:web_0: stopped\nweb:web_1: stopped\n", 0},
		{"stop w*1", "web:web_1: stopped\n", 0},
		{"restart c?t", "cat: stopped\ncat: started\n", 0},
		{"signal HUP web:*1", "web:web_1: signalled\n", 0},
		{"clear w*:*", "web:web_0: cleared\nweb:web_1: cleared\n", 0},
		{"pid c* web:*_1", "7\n9\n", 0},
		{"start x*", "x*: ERROR (no such process)\n", 1},
		{"start x*:*", "x*: ERROR (no such group)\n", 2},
		{"start [", "[: ERROR (no such process)\n", 1},
		{"stop x*:*", "x*: ERROR (no such group)\n", 1},
		{"clear x*:*", "x*:None: ERROR (no such process)\n", 1},
		{"pid x*", "No such process x*\n", 1},
		{"status x*", "x*: ERROR (no such process)\n", 4},
		{"status x*:*", "x*: ERROR (no such group)\n", 4},
		{"status [oc]*", "cat                              RUNNING   pid 7, uptime 0:00:01\noff                              STOPPED   Not started\n", 3},
		{"status w*:*_1", "web:web_1                        RUNNING   pid 9, uptime 0:00:03\n", 0},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			out, errs, exit := one(t, newFake(t, world()).url, test.line, "", nil)
			if out != test.want || errs != "" || exit != test.exit {
				t.Errorf("printed %q, %q, status %d; want %q, status %d", out, errs, exit, test.want, test.exit)
			}
		})
	}
}

// TestPatternNameWins: a name with pattern characters means the process of that name, if
// there is one.
func TestPatternNameWins(t *testing.T) {
	t.Parallel()
	answers := world()
	answers["supervisor.stopProcess c*"] = true
	f := newFake(t, answers)
	if out, _, _ := one(t, f.url, "stop c*", "", nil); out != "c*: stopped\n" || slices.Contains(f.calls, "getAllProcessInfo") {
		t.Errorf("printed %q after %q", out, f.calls)
	}
}

func TestGroupPatterns(t *testing.T) {
	t.Parallel()
	answers := world()
	badName := fault(api.BadName, "BAD_NAME")
	answers["supervisor.addProcessGroup *"] = badName
	answers["supervisor.addProcessGroup x*"] = badName
	answers["supervisor.removeProcessGroup [cw]*"] = badName
	for line, want := range map[string]string{
		"add *":         "g: added process group\n",
		"add x*":        "ERROR: no such process/group: x*\n",
		"remove [cw]*":  "cat: removed process group\nweb: removed process group\n",
		"update n* zz*": "ERROR: no such group: zz*\nnew: added process group\n",
	} {
		if out, _, _ := one(t, newFake(t, answers).url, line, "", nil); out != want {
			t.Errorf("%s printed %q, want %q", line, out, want)
		}
	}
}

func TestStatusJSON(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	out, errs, exit := one(t, f.url, "status --json web:* nope off", "", nil)
	var list []client.ProcessInfo
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if len(list) != 3 || list[0].Name != "web_0" || list[2].StateName != "STOPPED" || list[0].PID != 8 {
		t.Errorf("got %+v", list)
	}
	if errs != "nope: ERROR (no such process)\n" || exit != 3 {
		t.Errorf("standard error %q, status %d", errs, exit)
	}
	if out, errs, exit := one(t, "unix:///nonexistent/s", "status --json", "", nil); out != "" || errs != "unix:///nonexistent/s no such file\n" || exit != 4 {
		t.Errorf("daemon gone: %q, %q, %d", out, errs, exit)
	}
	answers := world()
	answers["supervisor.getAllProcessInfo"] = []any{}
	if out, _, exit := one(t, newFake(t, answers).url, "status --json", "", nil); out != "[]\n" || exit != 0 {
		t.Errorf("nothing configured: %q, %d", out, exit)
	}
	out, _, exit = one(t, f.url, "avail --json", "", nil)
	var configs []client.ConfigInfo
	if err := json.Unmarshal([]byte(out), &configs); err != nil || len(configs) != 2 || configs[1].Group != "g" || exit != 0 {
		t.Errorf("avail: %v, %+v, %d", err, configs, exit)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	answers := world()
	asked := 0
	// It is called with the fake's lock held.
	answers["supervisor.getAllProcessInfo"] = func() any {
		asked++
		state := "BACKOFF"
		if asked > 2 {
			state = "RUNNING"
		}
		return []any{info("cat", "cat", state, "", 0), info("off", "off", "FATAL", "", 0), info("web", "web_0", "STOPPING", "", 1)}
	}
	f := newFake(t, answers)
	out, _, exit := one(t, f.url, "start --wait 30 cat", "", nil)
	if out != "cat: started\n" || exit != 0 || !slices.Contains(f.calls, "startProcess cat 0") {
		t.Errorf("printed %q, status %d after %q", out, exit, f.calls)
	}
	for _, test := range []struct {
		line, want string
		exit       int
	}{
		{"start off --wait=9", "off: ERROR (spawn error)\n", 7},
		{"start --wait 0 off", "off: started\n", 0},
		{"stop --wait 0.01 web:web_0", "web:web_0: ERROR (still STOPPING after 0.01 seconds)\n", 1},
		{"stop off --wait 9", "off: stopped\n", 0},
		{"restart --wait 5 off", "off: stopped\noff: ERROR (spawn error)\n", 7},
		{"start --wait 5 nope", "nope: ERROR (no such process)\n", 1},
	} {
		if out, _, exit := one(t, f.url, test.line, "", nil); out != test.want || exit != test.exit {
			t.Errorf("%s printed %q, status %d; want %q, %d", test.line, out, exit, test.want, test.exit)
		}
	}
	for _, line := range []string{"start --wait", "start --wait x cat", "start --wait -1 cat", "stop --wait=NaN cat"} {
		if out, _, exit := one(t, f.url, line, "", nil); !strings.HasPrefix(out, "Error: --wait requires a number of seconds\n") || exit == 0 {
			t.Errorf("%s printed %q, status %d", line, out, exit)
		}
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	colored := func(c *ctl) { c.out.color = true }
	out, _, _ := one(t, f.url, "status cat nope", "", colored)
	want := "\x1b[31mnope: ERROR (no such process)\x1b[0m\n" +
		"cat                              \x1b[32mRUNNING\x1b[0m   pid 7, uptime 0:00:01\n"
	if out != want {
		t.Errorf("printed %q, want %q", out, want)
	}
	for color, want := range map[string][2]bool{"": {false, false}, "auto": {false, true}, "always": {true, true}} {
		s := &settings{color: color}
		for i, terminal := range []bool{false, true} {
			if got := s.wantsColor(func() bool { return terminal }); got != want[i] {
				t.Errorf("color %q on a terminal %v: %v", color, terminal, got)
			}
		}
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	shell := func(c *ctl) { c.out.hints = true }
	for line, want := range map[string]string{
		"statsu":       "hint: did you mean status?\n",
		"start act":    "hint: did you mean cat?\n",
		"start web":    "hint: web is a group, its processes are web:*\n",
		"start web_1":  "hint: did you mean web:web_1?\n",
		"status ofg":   "hint: did you mean off?\n",
		"update wbe":   "hint: did you mean web?\n",
		"start zzzzzz": "",
		"status cat":   "",
	} {
		if _, errs, _ := one(t, f.url, line, "", shell); errs != want {
			t.Errorf("%s hinted %q, want %q", line, errs, want)
		}
		if _, errs, _ := one(t, f.url, line, "", nil); errs != "" {
			t.Errorf("%s hinted %q outside of the shell", line, errs)
		}
	}
}

// Test290Completion: Tab offers words by context.
func Test290Completion(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	c := &ctl{set: &settings{serverURL: f.url}, out: &output{}}
	for _, test := range []struct{ line, head, words string }{
		{"sta", "", "start |status "},
		{"", "", strings.Join(verbNames(true), " |") + " "},
		{"help re", "help ", "reload |remove |reread |restart "},
		{"start ", "start ", "cat |off |web:* |web:web_0 |web:web_1 "},
		{"start cat w", "start cat ", "web:* |web:web_0 |web:web_1 "},
		{"stop cat:", "stop ", "cat:* |cat:cat "},
		{"remove ", "remove ", "cat |off |web "},
		{"update o", "update ", "off "},
		{"maintail ", "maintail ", ""},
		{"nope ", "nope ", ""},
	} {
		head, words, tail := c.completeWord(test.line+" x", len(test.line))
		if head != test.head || strings.Join(words, "|") != test.words || tail != " x" {
			t.Errorf("%q: %q, %q, %q", test.line, head, words, tail)
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(f.calls), func(call string) bool { return call != "getAllProcessInfo" })); n != 1 {
		t.Errorf("asked the daemon %d times for one line", n)
	}
	c = &ctl{set: &settings{serverURL: "unix:///nonexistent/s"}, out: &output{}}
	if _, words, _ := c.completeWord("start ", 6); words != nil {
		t.Errorf("completed to %q without a daemon", words)
	}
}

// TestVerbsHaveHelp: every action has help, and our own are listed by `help more`.
func TestVerbsHaveHelp(t *testing.T) {
	t.Parallel()
	c := &ctl{set: &settings{}, out: &output{}}
	more, _ := c.helpOn("more")
	for _, v := range verbs {
		if v.name == "EOF" {
			continue
		}
		lines, ok := c.helpOn(v.name)
		if !ok || !strings.HasPrefix(lines[0], v.name) {
			t.Errorf("help on %s is %q", v.name, lines)
		}
		if v.ours && !slices.Contains(more, lines[0]) {
			t.Errorf("help more does not have %s", v.name)
		}
	}
}

func TestCompletionWords(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	for line, want := range map[string]string{
		"completion words re":             "reload\nremove\nreread\nrestart\n",
		"completion words stop web":       "web:*\nweb:web_0\nweb:web_1\n",
		"completion words graph ''":       "--dot\n--json\n",
		"completion words analyze ''":     "--json\n",
		"completion words gra":            "graph\n",
		"completion words start --":       "--no-deps\n--wait\n",
		"completion words restart --":     "--no-deps\n--wait\n",
		"completion words stop cat ''":    "--wait\nall\ncat\noff\nweb:*\nweb:web_0\nweb:web_1\n",
		"completion words status --":      "--json\n",
		"completion words wait web:":      "web:*\nweb:web_0\nweb:web_1\n",
		"completion words wait cat --":    "--for\n--timeout\n",
		"completion words wait --for d":   "done\n",
		"completion words completion ''":  "bash\nfish\nzsh\n",
		"completion words compl":          "completion\n",
		"completion words version ''":     "",
		"completion words add ''":         "cat\noff\nweb\n",
		"completion words nope something": "",
	} {
		if out, _, exit := one(t, f.url, line, "", nil); out != want || exit != 0 {
			t.Errorf("%s printed %q, status %d; want %q", line, out, exit, want)
		}
	}
}

func TestConfirmation(t *testing.T) {
	t.Parallel()
	ask := func(c *ctl) { c.set.interactive = true }
	for _, test := range []struct {
		line, input, want string
		call              string
	}{
		{"shutdown", "y\n", "Really shut the remote supervisord process down y/N? Shut down\n", "shutdown"},
		{"shutdown", "Yes\n", "Really shut the remote supervisord process down y/N? Shut down\n", "shutdown"},
		{"shutdown", "n\n", "Really shut the remote supervisord process down y/N? ", ""},
		{"shutdown", "\n", "Really shut the remote supervisord process down y/N? ", ""},
		{"reload", "y\n", "Really restart the remote supervisord process y/N? Restarted supervisord\n", "restart"},
		{"reload", "", "Really restart the remote supervisord process y/N? error: <class 'EOFError'>, EOF when reading a line: " +
			"file: supervisorctl line: 0\n", ""},
	} {
		f := newFake(t, world())
		out, _, _ := one(t, f.url, test.line, test.input, ask)
		if out != test.want || (test.call == "") != (len(f.calls) == 0) {
			t.Errorf("%s, %q: printed %q after %q", test.line, test.input, out, f.calls)
		}
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	f.auth = "me:secret"
	out, _, exit := one(t, f.url, "status", "", nil)
	if out != "Server requires authentication\n" || exit != 1 {
		t.Errorf("printed %q, status %d", out, exit)
	}
	me, secret := "me", "secret"
	out, _, exit = one(t, f.url, "pid", "", func(c *ctl) { c.set.username, c.set.password = &me, &secret })
	if out != "42\n" || exit != 0 {
		t.Errorf("printed %q, status %d", out, exit)
	}
}

func TestHTTPStatus(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	f.status = 500
	out, _, exit := one(t, f.url, "avail", "", nil)
	want := "error: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for 127.0.0.1/RPC2: 500 Internal Server Error>: file: supervisorctl line: 0\n"
	if out != want || exit != 1 {
		t.Errorf("printed %q, status %d", out, exit)
	}
}
