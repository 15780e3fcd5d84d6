package rpc_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// withPlugins makes a server with one section [rpcinterface:NAME] per argument, which is
// NAME=FACTORY followed by options KEY=VALUE.
func withPlugins(f *fake, sections ...[]string) *rpc.Server {
	var plugins []config.Plugin
	for _, words := range sections {
		p := config.Plugin{Options: map[string]string{}}
		p.Name, p.Factory, _ = strings.Cut(words[0], "=")
		for _, w := range words[1:] {
			key, value, _ := strings.Cut(w, "=")
			p.Options[key] = value
		}
		plugins = append(plugins, p)
	}
	return serve(f, func(o *rpc.Options) { o.Main, o.Methods = false, rpc.Namespaces(plugins) })
}

// step is a call and its expected outcome.
type step struct {
	method string
	args   []any
	want   any
}

func (c step) check(t *testing.T, s *rpc.Server) {
	t.Helper()
	if got := outcome(t, s, c.method, c.args...); !reflect.DeepEqual(got, c.want) {
		t.Errorf("%s%v = %#v, want %#v", c.method, c.args, got, c.want)
	}
}

func TestFactoriesHaveNamespaces(t *testing.T) {
	for i, factory := range config.Factories {
		rows := rpc.Namespaces([]config.Plugin{{Name: "n" + string(rune('a'+i)), Factory: factory}})
		if len(rows) == 0 {
			t.Errorf("%s has no methods", factory)
		}
		for _, m := range rows {
			if m.Doc == "" || m.Handle == nil {
				t.Errorf("%s: row %s is not complete", factory, m.Name)
			}
		}
	}
}

// The signatures are those that upstream derived from the plug-ins' own texts.
func TestNamespacesAreDescribed(t *testing.T) {
	s := withPlugins(newFake(), []string{"tw=" + config.TwiddlerFactory}, []string{"cache=" + config.CacheFactory},
		[]string{"laforge=" + config.LaForgeFactory}, []string{"again=" + config.MainFactory}, []string{"system=" + config.MainFactory})
	want := map[string]string{
		"tw.addProgramToGroup": "boolean string string struct", "tw.getAPIVersion": "int", "tw.getGroupNames": "array",
		"tw.log": "boolean string string|int", "tw.removeProcessFromGroup": "boolean string string",
		"cache.clear": "boolean", "cache.delete": "boolean string", "cache.fetch": "string string", "cache.getAPIVersion": "string",
		"cache.getCount": "integer", "cache.getKeys": "array", "cache.store": "boolean string string",
		"laforge.getAPIVersion": "string", "laforge.getMrLaForgeVersion": "string",
		"laforge.killProcess": "boolean string string", "laforge.killProcessGroup": "struct string string",
	}
	var others []string
	for _, name := range outcome(t, s, "system.listMethods").([]any) {
		name := name.(string)
		if want[name] == "" {
			others = append(others, name)
			continue
		}
		var words []string
		for _, w := range outcome(t, s, "system.methodSignature", name).([]any) {
			words = append(words, w.(string))
		}
		if got := strings.Join(words, " "); got != want[name] {
			t.Errorf("the signature of %s is %s, want %s", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
	for _, name := range others {
		if !strings.HasPrefix(name, "again.") && !strings.HasPrefix(name, "system.") && !strings.HasPrefix(name, "reeve.") || name == "system.getState" {
			t.Errorf("%s is listed", name)
		}
	}
	step{"again.getAPIVersion", nil, "3.0"}.check(t, s)
	step{"supervisor.getAPIVersion", nil, faulted{1, "UNKNOWN_METHOD"}}.check(t, s)
}

func TestTwiddler(t *testing.T) {
	f := newFake()
	f.groups = []string{"z", "a"}
	var lines []string
	plugins := rpc.Namespaces([]config.Plugin{{Name: "tw", Factory: config.TwiddlerFactory}})
	s := serve(f, func(o *rpc.Options) {
		o.Methods = plugins
		o.Log = func(level process.Level, text string) { lines = append(lines, fmt.Sprint(int(level), " ", text)) }
	})
	command := xmlrpc.Struct{{Name: "command", Value: "/bin/cat"}}
	const add, remove = "tw.addProgramToGroup", "tw.removeProcessFromGroup"
	incorrect := faulted{2, "INCORRECT_PARAMETERS"}
	for _, c := range []step{
		{"tw.getAPIVersion", nil, "1.0"},
		{"tw.getGroupNames", nil, []any{"z", "a"}},
		{"tw.log", []any{"hi"}, true},
		{"tw.log", []any{"hi", "Erro"}, true},
		{"tw.log", []any{"hi", int64(50)}, true},
		{"tw.log", []any{int64(5), 3.0}, true},
		{"tw.log", []any{"d", "x"}, incorrect},
		{"tw.log", []any{"d", "20"}, incorrect},
		{"tw.log", []any{"d", int64(99)}, incorrect},
		{"tw.log", []any{"d", nil}, incorrect},
		{"tw.log", []any{"d", true}, incorrect},
		{"tw.log", []any{"d", []any{int64(20)}}, incorrect},
		{add, []any{"g", "p", command}, true},
		{add, []any{"g", int64(5), []any{[]any{"command", "x"}, []any{"numprocs", int64(2)}, []any{"autostart", false}}}, true},
		{add, []any{"g", "p", []any{}}, true},
		{add, []any{"g", "p", ""}, true},
		{add, []any{"g", "p", "abc"}, incorrect},
		{add, []any{"g", "p", int64(42)}, incorrect},
		{add, []any{"g", "p", nil}, incorrect},
		{add, []any{"g", "p", []any{"command"}}, incorrect},
		{add, []any{"g", "p", xmlrpc.Struct{{Name: "command", Value: nil}}}, faulted{2, "INCORRECT_PARAMETERS: value of command is no text"}},
		{add, []any{"g", " ", command}, faulted{2, "INCORRECT_PARAMETERS: Invalid name: ' '"}},
		{add, []any{int64(5), "p", command}, faulted{10, "BAD_NAME: group: 5"}},
		{add, []any{nil, "p", command}, faulted{10, "BAD_NAME: group: None"}},
		{add, []any{[]any{}, "p", command}, incorrect},
		{remove, []any{"g", "p"}, true},
		{remove, []any{int64(5), "p"}, faulted{10, "BAD_NAME: group: 5"}},
		{remove, []any{"g", int64(5)}, faulted{10, "BAD_NAME: 5"}},
		{remove, []any{"g", []any{}}, incorrect},
	} {
		c.check(t, s)
	}
	if want := []string{"20 hi", "40 hi", "50 hi", "3 5"}; !slices.Equal(lines, want) {
		t.Errorf("logged %q, want %q", lines, want)
	}
	want := []string{
		"join g p command=/bin/cat", "join g 5 command=x numprocs=2 autostart=False", "join g p", "join g p", "leave g:p",
	}
	if !slices.Equal(f.asked, want) {
		t.Errorf("asked %q, want %q", f.asked, want)
	}
	for _, c := range []struct {
		err         error
		add, remove any
	}{
		{supervisor.ErrNoSuchGroup, faulted{10, "BAD_NAME: group: g"}, faulted{10, "BAD_NAME: group: g"}},
		{&config.Error{Text: "bad value"}, faulted{2, "INCORRECT_PARAMETERS: bad value"}, nil},
		{&supervisor.NameTakenError{Name: "x"}, faulted{10, "BAD_NAME: x"}, nil},
		{&supervisor.FailedError{Text: "disk"}, faulted{30, "FAILED: disk"}, nil},
		{supervisor.ErrNoSuchProcess, nil, faulted{10, "BAD_NAME: p"}},
		{supervisor.ErrStillRunning, nil, faulted{91, "STILL_RUNNING: p"}},
	} {
		f.err = c.err
		if c.add != nil {
			step{add, []any{"g", "p", command}, c.add}.check(t, s)
		}
		if c.remove != nil {
			step{remove, []any{"g", "p"}, c.remove}.check(t, s)
		}
	}
}

func TestTwiddlerWhitelist(t *testing.T) {
	s := withPlugins(newFake(), []string{"tw=" + config.TwiddlerFactory, "whitelist= log,getGroupNames "})
	for _, c := range []step{
		{"tw.log", []any{"x"}, true},
		{"tw.getGroupNames", nil, []any{}},
		{"tw.getAPIVersion", nil, faulted{230, "UNKNOWN: getAPIVersion"}},
		{"tw.removeProcessFromGroup", []any{"g", "a"}, faulted{230, "UNKNOWN: removeProcessFromGroup"}},
	} {
		c.check(t, s)
	}
}

func TestCache(t *testing.T) {
	s := withPlugins(newFake(), []string{"cache=" + config.CacheFactory}, []string{"other=" + config.CacheFactory})
	list := []any{int64(1), xmlrpc.Struct{{Name: "x", Value: true}}}
	bad := faulted{10, "BAD_NAME: Cache key must be a non-empty string"}
	for _, c := range []step{
		{"cache.getAPIVersion", nil, "0.2"},
		{"cache.getKeys", nil, []any{}},
		{"cache.store", []any{"b", "x"}, true},
		{"cache.store", []any{"a", list}, true},
		{"cache.store", []any{"é", nil}, true},
		{"cache.store", []any{"", "x"}, bad},
		{"cache.store", []any{int64(5), "x"}, bad},
		{"cache.getKeys", nil, []any{"a", "b", "é"}},
		{"cache.getCount", nil, int64(3)},
		{"other.getCount", nil, int64(0)},
		{"cache.fetch", []any{"a"}, list},
		{"cache.fetch", []any{"é"}, faulted{10, "BAD_NAME"}},
		{"cache.fetch", []any{"nope"}, faulted{10, "BAD_NAME"}},
		{"cache.fetch", []any{nil}, bad},
		{"cache.delete", []any{"a"}, true},
		{"cache.delete", []any{"a"}, true},
		{"cache.delete", []any{""}, bad},
		{"cache.fetch", []any{"a"}, faulted{10, "BAD_NAME"}},
		{"cache.store", []any{"b", "y"}, true},
		{"cache.fetch", []any{"b"}, "y"},
		{"cache.clear", nil, true},
		{"cache.getCount", nil, int64(0)},
		{"cache.clear", []any{int64(1)}, faulted{2, "INCORRECT_PARAMETERS"}},
	} {
		c.check(t, s)
	}
}

func TestLaForge(t *testing.T) {
	f := newFake()
	f.results = []supervisor.Result{{Name: supervisor.Name{Group: "g", Process: "a"}}}
	f.errs = map[string]error{"g:b": supervisor.ErrNotRunning}
	s := withPlugins(f, []string{"laforge=" + config.LaForgeFactory})
	status := func(code int64, text string) []any {
		return []any{xmlrpc.Struct{
			{Name: "name", Value: "a"}, {Name: "group", Value: "g"}, {Name: "status", Value: code}, {Name: "description", Value: text},
		}}
	}
	const kill, group = "laforge.killProcess", "laforge.killProcessGroup"
	for _, c := range []step{
		{"laforge.getAPIVersion", nil, "0.1"},
		{kill, []any{"cat", "HUP"}, true},
		{kill, []any{"g:a", "sighup"}, true},
		{kill, []any{"g:a", int64(1)}, true},
		{kill, []any{"g:a", "1"}, true},
		{kill, []any{"g:b", "HUP"}, faulted{70, "NOT_RUNNING"}},
		{kill, []any{"nope", "HUP"}, faulted{10, "BAD_NAME: nope"}},
		{kill, []any{"g:nope", "NOPE"}, faulted{10, "BAD_NAME: g:nope"}},
		{kill, []any{"g:a", "nope"}, faulted{3, "BAD_ARGUMENTS: nope"}},
		{kill, []any{"g:a", []any{}}, faulted{2, "INCORRECT_PARAMETERS"}},
		{kill, []any{"g:*", "HUP"}, status(80, "OK")},
		{group, []any{"g", "HUP"}, status(80, "OK")},
		{group, []any{"g", "nope"}, status(3, "BAD_ARGUMENTS: nope")},
	} {
		c.check(t, s)
	}
	want := []string{
		"signal cat:cat hangup", "signal g:a hangup", "signal g:a hangup", "signal g:a hangup", "signal g:b hangup",
		"signal group g hangup", "signal group g hangup", "signal group g signal -1",
	}
	if !slices.Equal(f.asked, want) {
		t.Errorf("asked %q, want %q", f.asked, want)
	}
}

// During a restart two of the plug-ins go on, unlike upstream's own methods; during a
// shutdown none does.
func TestNamespacesInOtherStates(t *testing.T) {
	f := newFake()
	s := withPlugins(f, []string{"tw=" + config.TwiddlerFactory}, []string{"cache=" + config.CacheFactory}, []string{"laforge=" + config.LaForgeFactory})
	shut := faulted{6, "SHUTDOWN_STATE"}
	for _, c := range []struct {
		state              supervisor.State
		tw, cache, laforge any
	}{{supervisor.Restarting, "1.0", "0.2", shut}, {supervisor.Shutdown, shut, shut, shut}} {
		f.state = c.state
		step{"tw.getAPIVersion", nil, c.tw}.check(t, s)
		step{"cache.getAPIVersion", nil, c.cache}.check(t, s)
		step{"laforge.getAPIVersion", nil, c.laforge}.check(t, s)
	}
}

// The namespace reeve comes with upstream's own interface, whatever the name of that is,
// and gives way to a section named reeve.
func TestReeveNamespace(t *testing.T) {
	main := []string{"x=" + config.MainFactory}
	s := withPlugins(newFake(), main)
	step{"reeve.getAPIVersion", nil, "1.0"}.check(t, s)
	step{"reeve.getVersion", nil, config.Own}.check(t, s)
	s = withPlugins(newFake(), []string{"cache=" + config.CacheFactory})
	step{"reeve.getAPIVersion", nil, faulted{1, "UNKNOWN_METHOD"}}.check(t, s)
	s = withPlugins(newFake(), main, []string{"reeve=" + config.CacheFactory})
	step{"reeve.getAPIVersion", nil, "0.2"}.check(t, s)
	step{"reeve.getVersion", nil, faulted{1, "UNKNOWN_METHOD"}}.check(t, s)
}
