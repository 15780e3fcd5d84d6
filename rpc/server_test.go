package rpc_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

func TestDaemonItself(t *testing.T) {
	changes := func(f *fake) {
		f.changes = supervisor.Changes{Added: []string{"new"}, Removed: []string{"x", "y"}}
	}
	state := func(code int64, name string) xmlrpc.Struct {
		return xmlrpc.Struct{{Name: "statecode", Value: code}, {Name: "statename", Value: name}}
	}
	broken := &supervisor.RereadError{Err: errors.New("File contains no section headers.")}
	play(t, []scene{
		{"API version", "supervisor.getAPIVersion", nil, nil, nil, "3.0"},
		{"version", "supervisor.getVersion", nil, nil, nil, "3.0"},
		{"daemon's version", "supervisor.getSupervisorVersion", nil, nil, nil, config.Version},
		{"identifier", "supervisor.getIdentification", nil, nil, nil, "ident"},
		{"state", "supervisor.getState", nil, nil, nil, state(1, "RUNNING")},
		{"shutdown", "supervisor.shutdown", nil, nil, []string{"shutdown"}, true},
		{"restart", "supervisor.restart", nil, nil, []string{"restart"}, true},
		{"restart, broken", "supervisor.restart", nil, fails(broken), []string{"restart"}, faulted{92, "CANT_REREAD: File contains no section headers."}},
		{"reload", "supervisor.reloadConfig", nil, changes, nil, []any{[]any{[]any{"new"}, []any{}, []any{"x", "y"}}}},
		{"reload, broken", "supervisor.reloadConfig", nil, fails(broken), nil, faulted{92, "CANT_REREAD: File contains no section headers."}},
		{"add", "supervisor.addProcessGroup", args("g"), nil, []string{"add g"}, true},
		{"add, unknown", "supervisor.addProcessGroup", args("g"), fails(supervisor.ErrNoSuchGroup), []string{"add g"}, faulted{10, "BAD_NAME: g"}},
		{"add twice", "supervisor.addProcessGroup", args("g"), fails(supervisor.ErrAlreadyAdded), []string{"add g"}, faulted{90, "ALREADY_ADDED: g"}},
		{"add a number", "supervisor.addProcessGroup", args(5.0), nil, nil, faulted{10, "BAD_NAME: 5.0"}},
		{
			"add an array", "supervisor.addProcessGroup", args([]any{"it's", true, nil, xmlrpc.Struct{{Name: "a", Value: int64(2)}}}), nil, nil,
			faulted{10, `BAD_NAME: ["it's", True, None, {'a': 2}]`},
		},
		{"remove", "supervisor.removeProcessGroup", args("g"), nil, []string{"remove g"}, true},
		{"remove, unknown", "supervisor.removeProcessGroup", args("g"), fails(supervisor.ErrNoSuchGroup), []string{"remove g"}, faulted{10, "BAD_NAME: g"}},
		{"remove, running", "supervisor.removeProcessGroup", args("g"), fails(supervisor.ErrStillRunning), []string{"remove g"}, faulted{91, "STILL_RUNNING: g"}},
		{"remove a struct", "supervisor.removeProcessGroup", args(xmlrpc.Struct{}), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"unknown method", "supervisor.foo", nil, nil, nil, faulted{1, "UNKNOWN_METHOD"}},
		{"no namespace", "getPID", nil, nil, nil, faulted{1, "UNKNOWN_METHOD"}},
		{"private", "supervisor._update", args("x"), nil, nil, faulted{1, "UNKNOWN_METHOD"}},
		{"too deep", "supervisor.supervisord.options", nil, nil, nil, faulted{1, "UNKNOWN_METHOD"}},
		{"an argument too many", "supervisor.getPID", args(nil), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
	})
}

func Test193RemoteCommunication(t *testing.T) {
	const m = "supervisor.sendRemoteCommEvent"
	when := xmlrpc.DateTime{Year: 2026, Month: 1, Day: 2, Hour: 3, Minute: 4, Second: 5}
	for _, c := range []struct {
		value any
		want  string
	}{
		{"text é", "text é"},
		{int64(5), "5"},
		{true, "True"},
		{1.5, "1.5"},
		{1e16, "1e+16"},
		{1e-5, "1e-05"},
		{100000.0, "100000.0"},
		{nil, "None"},
		{when, "2026-01-02 03:04:05"},
		{[]any{"1", int64(2), when}, "['1', 2, datetime.datetime(2026, 1, 2, 3, 4, 5)]"},
		{[]any{`"'`, "it's", "\n\u200b\x01é"}, `['"\'', "it's", '\n\u200b\x01é']`},
		{xmlrpc.Struct{{Name: "a", Value: int64(2)}}, "{'a': 2}"},
	} {
		f := newFake()
		f.state = supervisor.Shutdown // the one method that ignores it
		if got := outcome(t, serve(f), m, "T", c.value); got != true {
			t.Errorf("sendRemoteCommEvent(%#v) = %v, want true", c.value, got)
		}
		if want := []string{"event T " + c.want}; !slices.Equal(f.asked, want) {
			t.Errorf("sendRemoteCommEvent(%#v) published %q, want %q", c.value, f.asked, want)
		}
	}
}

// Only sendRemoteCommEvent and system.* work while the daemon shuts down or restarts.
func Test239Shutdown(t *testing.T) {
	for _, state := range []supervisor.State{supervisor.Shutdown, supervisor.Restarting} {
		f := newFake()
		f.state = state
		s := serve(f)
		names, ok := outcome(t, s, "system.listMethods").([]any)
		if !ok || len(upstreamMethods(slices.Clone(names)).([]any)) != 41 {
			t.Fatalf("listMethods during %v gave %v, want 41 names of upstream's", state, names)
		}
		for _, n := range names {
			name := n.(string)
			if !strings.HasPrefix(name, "supervisor.") || name == "supervisor.sendRemoteCommEvent" {
				continue
			}
			sig := outcome(t, s, "system.methodSignature", name).([]any)
			arguments := make([]any, len(sig)-1)
			for i := range arguments {
				arguments[i] = "cat"
			}
			if got := outcome(t, s, name, arguments...); got != (faulted{6, "SHUTDOWN_STATE"}) {
				t.Errorf("%s during %v = %v, want fault 6", name, state, got)
			}
		}
		if len(f.asked) != 0 {
			t.Errorf("during %v the supervisor was asked %q, want nothing", state, f.asked)
		}
	}
}

func Test092WithoutTheInterface(t *testing.T) {
	s := serve(newFake(), func(o *rpc.Options) { o.Main = false })
	if got := outcome(t, s, "supervisor.getState"); got != (faulted{1, "UNKNOWN_METHOD"}) {
		t.Errorf("supervisor.getState = %v, want fault 1", got)
	}
	want := []any{"system.listMethods", "system.methodHelp", "system.methodSignature", "system.multicall"}
	if got := outcome(t, s, "system.listMethods"); !reflect.DeepEqual(got, want) {
		t.Errorf("listMethods = %v, want %v", got, want)
	}
}

func TestFurtherNamespaces(t *testing.T) {
	row := rpc.Method{
		Name:    "cache.getValue",
		Doc:     "Look up.",
		Params:  []rpc.Param{{"string", "key", "what"}},
		Returns: rpc.Param{"string", "value", "that"},
		Handle: func(_ *rpc.Server, _ context.Context, args rpc.Args) (any, error) {
			return args[0], nil
		},
	}
	s := serve(newFake(), func(o *rpc.Options) { o.Methods = []rpc.Method{row} })
	if got := outcome(t, s, "cache.getValue", "k"); got != "k" {
		t.Errorf("cache.getValue = %v, want k", got)
	}
	if got := outcome(t, s, "cache.getValue"); got != (faulted{2, "INCORRECT_PARAMETERS"}) {
		t.Errorf("cache.getValue without key = %v, want fault 2", got)
	}
	if got := outcome(t, s, "system.methodSignature", "cache.getValue"); !reflect.DeepEqual(got, []any{"string", "string"}) {
		t.Errorf("its signature is %v", got)
	}
	names := upstreamMethods(outcome(t, s, "system.listMethods")).([]any)
	if len(names) != 42 || names[0] != "cache.getValue" {
		t.Errorf("listMethods gives %d names, first %v, want 42 with cache.getValue first", len(names), names[0])
	}
}

func TestCallAppends(t *testing.T) {
	f := newFake()
	s := serve(f)
	reply, err := s.Call(t.Context(), xmlrpc.Call{Method: "supervisor.getVersion"}, []byte("head|"))
	if err != nil {
		t.Fatal(err)
	}
	want := "head|<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><string>3.0</string></value>\n</param>\n</params>\n</methodResponse>\n"
	if string(reply) != want {
		t.Errorf("reply is %q, want %q", reply, want)
	}
	f.err = supervisor.ErrNoSuchGroup
	_, err = s.Call(t.Context(), xmlrpc.Call{Method: "supervisor.addProcessGroup", Params: []any{"x"}}, nil)
	if fault, ok := errors.AsType[*xmlrpc.Fault](err); !ok || fault.Code != api.BadName {
		t.Errorf("addProcessGroup ended with %v, want fault 10", err)
	}
}

// A panic in a handler fails that call and nothing else.
func TestPanicIsContained(t *testing.T) {
	s := serve(newFake(), func(o *rpc.Options) {
		o.Methods = []rpc.Method{{Name: "x.panics", Handle: func(*rpc.Server, context.Context, rpc.Args) (any, error) { panic("oh") }}}
	})
	_, err := s.Call(t.Context(), xmlrpc.Call{Method: "x.panics"}, nil)
	if _, isFault := errors.AsType[*xmlrpc.Fault](err); err == nil || isFault {
		t.Fatalf("a panic became %v, want an error that is no fault", err)
	}
	if !strings.Contains(err.Error(), "cannot carry out x.panics: oh") || !strings.Contains(err.Error(), "server_test.go") {
		t.Errorf("the error does not say what went wrong where: %v", err)
	}
}
