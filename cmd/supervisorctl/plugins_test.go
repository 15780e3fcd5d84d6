package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"reeve/config"
	"reeve/rpc/api"
)

func TestCtlFactoriesHaveRows(t *testing.T) {
	t.Parallel()
	for _, factory := range config.CtlFactories {
		plugins, err := loadPlugins([]config.Plugin{{Name: "x", Factory: factory}})
		if err != nil {
			t.Fatal(err)
		}
		p := plugins[0]
		helpless := func(v verb) bool { return v.help == nil }
		if p.name != "x" || len(p.verbs) == 0 || slices.ContainsFunc(p.verbs, helpless) || !slices.IsSorted(p.verbNames()) {
			t.Errorf("%s: %+v", factory, p)
		}
		for _, v := range p.verbs {
			if findVerb(v.name) != nil {
				t.Errorf("%s of %s hides behind our own", v.name, factory)
			}
			if !strings.HasPrefix(v.help[0], v.name) && factory != config.CtlWildcards {
				t.Errorf("the help of %s is %q", v.name, v.help)
			}
		}
	}
	for _, bad := range []config.Plugin{
		{Name: "w", Factory: config.CtlWildcards, Options: map[string]string{"match_group": "x"}},
		{Name: "w", Factory: config.CtlQuick, Options: map[string]string{"retries": ""}},
	} {
		if _, err := loadPlugins([]config.Plugin{bad}); err == nil || !strings.HasPrefix(err.Error(), "section [ctlplugin:w]: ") {
			t.Errorf("%v is taken: %v", bad, err)
		}
	}
}

// withPlugin runs one action of a ctl that has a plug-in; options are KEY=VALUE.
func withPlugin(t *testing.T, f *fakeDaemon, factory, line string, options ...string) (stdout string, exit int) {
	t.Helper()
	p := config.Plugin{Name: "mine", Factory: factory, Options: map[string]string{}}
	for _, o := range options {
		key, value, _ := strings.Cut(o, "=")
		p.Options[key] = value
	}
	plugins, err := loadPlugins([]config.Plugin{p})
	if err != nil {
		t.Fatal(err)
	}
	out, errs, exit := one(t, f.url, line, "", func(c *ctl) { c.set.plugins = plugins })
	if errs != "" {
		t.Errorf("%s: %q on stderr", line, errs)
	}
	return out, exit
}

func TestHelpAndTabKnowPlugins(t *testing.T) {
	t.Parallel()
	plugins, err := loadPlugins([]config.Plugin{{Name: "w", Factory: config.CtlWildcards}, {Name: "k", Factory: config.CtlLaForge}})
	if err != nil {
		t.Fatal(err)
	}
	load := func(c *ctl) { c.set.plugins = plugins }
	out, _, _ := one(t, "unix:///nonexistent", "help", "", load)
	if want := "\nw commands (type help <topic>):\n===============================\nmrestart  mstart  mstop\n\n" +
		"\nk commands (type help <topic>):\n===============================\nkill\n\n"; !strings.HasSuffix(out, want) {
		t.Errorf("help prints %q, want it to end in %q", out, want)
	}
	out, _, _ = one(t, "unix:///nonexistent", "help kill", "", load)
	if want := strings.Join(plugins[1].verbs[0].help, "\n") + "\n"; out != want {
		t.Errorf("help kill prints %q, want %q", out, want)
	}
	c := &ctl{set: &settings{plugins: plugins}}
	if _, words, _ := c.completeWord("ms", 2); !slices.Equal(words, []string{"mstart ", "mstop "}) {
		t.Errorf("Tab offers %q", words)
	}
}

func TestPluginTexts(t *testing.T) {
	t.Parallel()
	f := fault
	infos := []any{info("cat", "cat", "RUNNING", "", 1), info("g", "cow", "STOPPED", "", 0), info("g", "dog", "STOPPED", "", 0)}
	answers := map[string]any{
		"supervisor.getAllProcessInfo":    infos,
		"supervisor.startProcess":         true,
		"supervisor.startProcess cat:cat": f(60, "ALREADY_STARTED: cat:cat"),
		"supervisor.stopProcess":          f(70, "NOT_RUNNING: x"),
		"supervisor.stopProcess cat:cat":  true,
		"cache.clear":                     true,
		"cache.delete":                    true,
		"cache.fetch":                     f(10, "BAD_NAME"),
		"cache.fetch list":                []any{1, true, "it's", object{"b": "", "a": []any{}}},
		"cache.fetch wide":                strings.Repeat("a b ", 30),
		"cache.fetch empty":               "",
		"cache.getCount":                  3,
		"cache.getKeys":                   []any{"é", "b c"},
		"cache.store":                     true,
		"laforge.killProcess":             true,
		"laforge.killProcess off":         f(70, "NOT_RUNNING"),
		"laforge.killProcess nope":        f(10, "BAD_NAME: nope"),
		"laforge.killProcess bad":         f(3, "BAD_ARGUMENTS: X"),
		"laforge.killProcess odd":         f(30, "FAILED"),
		"laforge.killProcessGroup":        []any{result("g", "cow", api.Success), result("g", "dog", api.BadArguments)},
		"laforge.killProcessGroup nope":   f(10, "BAD_NAME: nope"),
	}
	const wild, cache, kill, serial = config.CtlWildcards, config.CtlCache, config.CtlLaForge, config.CtlSerial
	long := []any{strings.Repeat("a", 40), strings.Repeat("b", 40)}
	help := func(factory, name string) string {
		p, _ := pluginFactories[factory](nil)
		i := slices.IndexFunc(p.verbs, func(v verb) bool { return v.name == name })
		return strings.Join(p.verbs[i].help, "\n") + "\n"
	}
	raised := func(what string) string { return "error: <class " + what + ": file: supervisorctl line: 0\n" }
	for _, test := range []struct {
		factory, line string
		options       []string
		want          string
		exit          int
	}{
		{wild, "mstart c*", nil, "cat: ERROR (already started)\ng:cow: started\n", 0},
		{wild, "mstart c?w [!c]og", nil, "g:cow: started\ng:dog: started\n", 0},
		{wild, "mstart co* c*w", nil, "g:cow: started\n", 0},
		{wild, "mstop x all", nil, "cat: stopped\ng:cow: ERROR (not running)\ng:dog: ERROR (not running)\n", 0},
		{wild, "mrestart c*", nil, "cat: stopped\ncat: ERROR (already started)\ng:cow: ERROR (not running)\ng:cow: started\n", 0},
		{wild, "mstart g:*", nil, noMatch + "\n", 0},
		{wild, "mstart g:*", []string{"match_group=1"}, "g:cow: started\ng:dog: started\n", 0},
		{wild, "mstart c*", []string{"match_group=1"}, "cat: ERROR (already started)\n", 0},
		{wild, "mstart", nil, noMatch + "\n", 0},
		{serial, "serialrestart g:* nope", nil, "No such process nope\ng:cow: ERROR (not running)\ng:cow: started\n" +
			"g:dog: ERROR (not running)\ng:dog: started\n", 0},
		{serial, "serialrestart c* cat", nil, "cat: ERROR (not running)\ncat: started\n", 0},
		{serial, "serialrestart all x", nil, "cat: ERROR (not running)\ncat: started\ng:cow: ERROR (not running)\ng:cow: started\n" +
			"g:dog: ERROR (not running)\ng:dog: started\n", 0},
		{serial, "serialrestart", nil, "Error: serialrestart requires a process name\n" + help(serial, "serialrestart"), 0},
		{cache, "cache_keys", nil, "['é', 'b c']\n", 0},
		{cache, "cache_keys x", nil, help(cache, "cache_keys"), 0},
		{cache, "cache_count", nil, "3\n", 0},
		{cache, "cache_store 'a b' \"c\"", nil, "", 0},
		{cache, "cache_store a", nil, help(cache, "cache_store"), 0},
		{cache, "cache_store 'a", nil, raised("'ValueError'>, No closing quotation"), 1},
		{cache, "cache_fetch list", nil, "[1, True, \"it's\", {'a': [], 'b': ''}]\n", 0},
		{cache, "cache_fetch wide", nil, "'" + strings.Repeat("a b ", 30) + "'\n", 0},
		{cache, "cache_fetch empty", nil, "''\n", 0},
		{cache, "cache_fetch x", nil, raised("'xmlrpc.client.Fault'>, <Fault 10: 'BAD_NAME'>"), 1},
		{cache, "cache_fetch", nil, help(cache, "cache_fetch"), 0},
		{cache, "cache_delete x", nil, "", 0},
		{cache, "cache_clear", nil, "", 0},
		{kill, "kill HUP cat g:* off", nil, "cat: signal sent\ncow: signal sent\ndog: ERROR (signal not defined)\noff: ERROR (not running)\n", 0},
		{kill, "kill HUP nope bad", nil, "nope: ERROR (no such process)\nbad: ERROR (signal not defined)\n", 0},
		{kill, "kill HUP odd cat", nil, raised("'ValueError'>, Unknown result code 30 for odd"), 1},
		{kill, "kill HUP nope:*", nil, raised("'xmlrpc.client.Fault'>, <Fault 10: 'BAD_NAME: nope'>"), 1},
		{kill, "kill HUP", nil, "Error: kill requires a process name\n" + help(kill, "kill"), 0},
		{kill, "kill", nil, "Error: kill requires a signal and process name\n" + help(kill, "kill"), 0},
		{kill, "mstart x", nil, "*** Unknown syntax: mstart x\n", 1},
	} {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			out, exit := withPlugin(t, newFake(t, answers), test.factory, test.line, test.options...)
			if out != test.want || exit != test.exit {
				t.Errorf("printed %q, status %d; want %q, status %d", out, exit, test.want, test.exit)
			}
		})
	}
	t.Run("long list", func(t *testing.T) {
		t.Parallel()
		answers := maps.Clone(answers)
		answers["cache.getKeys"] = long
		out, _ := withPlugin(t, newFake(t, answers), cache, "cache_keys")
		if want := "['" + long[0].(string) + "',\n '" + long[1].(string) + "']\n"; out != want {
			t.Errorf("printed %q, want %q", out, want)
		}
	})
}

// The states are reached one after the other; each process is printed when it has reached
// its state.
func TestQuick(t *testing.T) {
	t.Parallel()
	turn := 0
	states := [][]string{{"STOPPED", "STOPPED", "RUNNING"}, {"STARTING", "RUNNING", "RUNNING"}, {"BACKOFF", "RUNNING", "RUNNING"}, {"FATAL", "RUNNING", "RUNNING"}}
	f := newFake(t, map[string]any{
		"supervisor.getAllProcessInfo": func() any {
			s := states[min(turn, len(states)-1)]
			turn++
			return []any{info("g", "a", s[0], "", 0), info("g", "b", s[1], "", 0), info("x", "x", s[2], "", 0)}
		},
		"system.multicall": []any{true, true, object{"faultCode": 60, "faultString": "ALREADY_STARTED: x"}},
	})
	out, exit := withPlugin(t, f, config.CtlQuick, "quickstart g: x")
	if want := "g:b: RUNNING\ng:a: FATAL\n"; out != want || exit != 0 {
		t.Errorf("printed %q, status %d; want %q, 0", out, exit, want)
	}
	turn = 0
	out, _ = withPlugin(t, f, config.CtlQuick, "quickstart all", "retries=0")
	if want := "x:x ERROR(ALREADY_STARTED)\ng:a: STARTING\ng:b: RUNNING\n"; out != want {
		t.Errorf("printed %q, want %q", out, want)
	}
	for line, want := range map[string]string{"quickstop": noMatch + "\n", "quickstop nope": "", "quickstop x": "", "quickstop g": ""} {
		if out, exit := withPlugin(t, f, config.CtlQuick, line); out != want || exit != 0 {
			t.Errorf("%s prints %q, status %d; want %q", line, out, exit, want)
		}
	}
}

func TestPluginsWithoutDaemon(t *testing.T) {
	t.Parallel()
	for factory, line := range map[string]string{config.CtlWildcards: "mstop x", config.CtlQuick: "quickstop x", config.CtlCache: "cache_keys"} {
		plugins, err := loadPlugins([]config.Plugin{{Name: "x", Factory: factory}})
		if err != nil {
			t.Fatal(err)
		}
		out, _, exit := one(t, "unix:///nonexistent/s.sock", line, "", func(c *ctl) { c.set.plugins = plugins })
		if want := "error: <class 'FileNotFoundError'>, [Errno 2] No such file or directory: file: supervisorctl line: 0\n"; out != want || exit != 1 {
			t.Errorf("%s prints %q, status %d; want %q, 1", line, out, exit, want)
		}
	}
}
