package rpc_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"

	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// status is a status struct, as in the results of group calls (fact 242).
func status(name, group string, code int64, description string) xmlrpc.Struct {
	return xmlrpc.Struct{
		{Name: "name", Value: name},
		{Name: "group", Value: group},
		{Name: "status", Value: code},
		{Name: "description", Value: description},
	}
}

func args(values ...any) []any { return values }

// scene is one call: the supervisor's answers, the requests it should get, and the
// client's result.
type scene struct {
	name   string
	method string
	args   []any
	with   func(*fake)
	asked  []string
	want   any
}

func fails(err error) func(*fake) { return func(f *fake) { f.err = err } }

func play(t *testing.T, scenes []scene) {
	t.Helper()
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			f := newFake()
			if sc.with != nil {
				sc.with(f)
			}
			got := outcome(t, serve(f), sc.method, sc.args...)
			if !reflect.DeepEqual(got, sc.want) {
				t.Errorf("%s%v = %#v, want %#v", sc.method, sc.args, got, sc.want)
			}
			if !slices.Equal(f.asked, sc.asked) {
				t.Errorf("%s%v asked the supervisor %q, want %q", sc.method, sc.args, f.asked, sc.asked)
			}
		})
	}
}

func Test244Start(t *testing.T) {
	const m = "supervisor.startProcess"
	waits := []string{"start cat:cat wait"}
	missing := &supervisor.CommandError{Missing: true, Reason: "can't find command '/x'"}
	notExecutable := &supervisor.CommandError{Reason: "command at '/x' is not executable"}
	play(t, []scene{
		{"waits by default", m, args("cat"), nil, waits, true},
		{"full name", m, args("g:a"), nil, []string{"start g:a wait"}, true},
		{"wait false", m, args("cat", false), nil, []string{"start cat:cat nowait"}, true},
		{"wait empty text", m, args("cat", ""), nil, []string{"start cat:cat nowait"}, true},
		{"wait any text", m, args("cat", "false"), nil, waits, true},
		{"wait number", m, args("cat", int64(2)), nil, waits, true},
		{"wait zero", m, args("cat", int64(0)), nil, []string{"start cat:cat nowait"}, true},
		{"wait nil", m, args("cat", nil), nil, []string{"start cat:cat nowait"}, true},
		{"wait empty array", m, args("cat", []any{}), nil, []string{"start cat:cat nowait"}, true},
		{"no such group", m, args("nope"), fails(supervisor.ErrNoSuchGroup), []string{"start nope:nope wait"}, faulted{10, "BAD_NAME: nope"}},
		{"no such process", m, args("g:x"), fails(supervisor.ErrNoSuchProcess), []string{"start g:x wait"}, faulted{10, "BAD_NAME: g:x"}},
		{"two colons", m, args("g:a:b"), fails(supervisor.ErrNoSuchProcess), []string{"start g:a:b wait"}, faulted{10, "BAD_NAME: g:a:b"}},
		{"missing", m, args("cat"), fails(missing), waits, faulted{20, "NO_FILE: can't find command '/x'"}},
		{"not executable", m, args("cat"), fails(notExecutable), waits, faulted{21, "NOT_EXECUTABLE: command at '/x' is not executable"}},
		{"already started", m, args("cat"), fails(supervisor.ErrAlreadyStarted), waits, faulted{60, "ALREADY_STARTED: cat"}},
		{"unknown state", m, args("cat"), fails(supervisor.ErrUnknownState), waits, faulted{30, "FAILED: cat is in an unknown process state"}},
		{"spawn error", m, args("cat"), fails(supervisor.ErrSpawn), waits, faulted{50, "SPAWN_ERROR: cat"}},
		{"abnormal", m, args("cat"), fails(supervisor.ErrAbnormalTermination), waits, faulted{40, "ABNORMAL_TERMINATION: cat"}},
		{"failed", m, args("cat"), fails(&supervisor.FailedError{Text: "why"}), waits, faulted{30, "FAILED: why"}},
		{"loop has ended", m, args("cat"), fails(supervisor.ErrStopped), waits, faulted{6, "SHUTDOWN_STATE"}},
		{"name is a number", m, args(int64(5)), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"name is nil", m, args(nil), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"no name", m, nil, nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"too many", m, args("cat", true, true), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
	})
}

func Test245Stop(t *testing.T) {
	const m = "supervisor.stopProcess"
	play(t, []scene{
		{"waits", m, args("g:a"), nil, []string{"stop g:a wait"}, true},
		{"does not wait", m, args("cat", int64(0)), nil, []string{"stop cat:cat nowait"}, true},
		{"not running", m, args("cat"), fails(supervisor.ErrNotRunning), []string{"stop cat:cat wait"}, faulted{70, "NOT_RUNNING: cat"}},
		{"failed", m, args("cat"), fails(&supervisor.FailedError{Text: "kill failed"}), []string{"stop cat:cat wait"}, faulted{30, "FAILED: kill failed"}},
	})
}

// TestStartAlone: deps=false of reeve.startProcess, which is as upstream's otherwise.
func TestStartAlone(t *testing.T) {
	const m = "reeve.startProcess"
	play(t, []scene{
		{"as ever", m, args("cat"), nil, []string{"start cat:cat wait"}, true},
		{"with deps", m, args("cat", false, true), nil, []string{"start cat:cat nowait"}, true},
		{"alone", m, args("cat", true, false), nil, []string{"start cat:cat wait alone"}, true},
		{"group", m, args("g:*", false, int64(0)), nil, []string{"start group g nowait alone"}, []any{}},
		{"all", "reeve.startAllProcesses", args(true, false), nil, []string{"start all wait alone"}, []any{}},
		{"all with deps", "reeve.startAllProcesses", nil, nil, []string{"start all wait"}, []any{}},
		{
			"what it needs failed", m, args("cat"), fails(&supervisor.DependencyError{Reason: "needs db (FATAL)"}),
			[]string{"start cat:cat wait"},
			faulted{50, "SPAWN_ERROR: cat: needs db (FATAL)"},
		},
		{"too many", m, args("cat", true, false, 1), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"upstream has no deps", "supervisor.startProcess", args("cat", true, false), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
	})
}

func Test242Groups(t *testing.T) {
	several := func(f *fake) {
		f.results = []supervisor.Result{
			{Name: supervisor.Name{Group: "g", Process: "a"}},
			{Name: supervisor.Name{Group: "g", Process: "b"}, Err: supervisor.ErrSpawn},
			{Name: supervisor.Name{Group: "cat", Process: "cat"}, Err: supervisor.ErrAbnormalTermination},
		}
	}
	want := []any{
		status("a", "g", 80, "OK"),
		status("b", "g", 50, "SPAWN_ERROR: g:b"),
		status("cat", "cat", 40, "ABNORMAL_TERMINATION: cat"),
	}
	bad := []any{status("a", "g", 11, "BAD_SIGNAL: zap"), status("b", "g", 11, "BAD_SIGNAL: zap"), status("cat", "cat", 11, "BAD_SIGNAL: zap")}
	play(t, []scene{
		{"start star", "supervisor.startProcess", args("g:*"), several, []string{"start group g wait"}, want},
		{"start colon", "supervisor.startProcess", args("g:", false), several, []string{"start group g nowait"}, want},
		{"start group", "supervisor.startProcessGroup", args("g"), several, []string{"start group g wait"}, want},
		{"start all", "supervisor.startAllProcesses", args(false), several, []string{"start all nowait"}, want},
		{"stop star", "supervisor.stopProcess", args("g:*"), several, []string{"stop group g wait"}, want},
		{"stop group", "supervisor.stopProcessGroup", args("g", true), several, []string{"stop group g wait"}, want},
		{"stop all", "supervisor.stopAllProcesses", nil, several, []string{"stop all wait"}, want},
		{"signal star", "supervisor.signalProcess", args("g:*", "HUP"), several, []string{"signal group g hangup"}, want},
		{"signal group", "supervisor.signalProcessGroup", args("g", "1"), several, []string{"signal group g hangup"}, want},
		{"signal all", "supervisor.signalAllProcesses", args(int64(1)), several, []string{"signal all hangup"}, want},
		{"bad signal to all", "supervisor.signalAllProcesses", args("zap"), several, []string{"signal all signal -1"}, bad},
		{"bad signal to a group", "supervisor.signalProcess", args("g:*", "zap"), several, []string{"signal group g signal -1"}, bad},
		{"no signal to all", "supervisor.signalAllProcesses", args(nil), several, []string{"signal all signal -1"}, faulted{2, "INCORRECT_PARAMETERS"}},
		{"no signal to nobody", "supervisor.signalAllProcesses", args(nil), nil, []string{"signal all signal -1"}, []any{}},
		{"nothing to do", "supervisor.startProcessGroup", args("g"), nil, []string{"start group g wait"}, []any{}},
		{"bad star", "supervisor.startProcess", args("z:*"), fails(supervisor.ErrNoSuchGroup), []string{"start group z wait"}, faulted{10, "BAD_NAME: z:*"}},
		{"bad group", "supervisor.stopProcessGroup", args("z"), fails(supervisor.ErrNoSuchGroup), []string{"stop group z wait"}, faulted{10, "BAD_NAME: z"}},
		{"group is a number", "supervisor.startProcessGroup", args(int64(5)), nil, nil, faulted{10, "BAD_NAME: 5"}},
		{"group is a truth", "supervisor.stopProcessGroup", args(true), nil, nil, faulted{10, "BAD_NAME: True"}},
		{"group is an array", "supervisor.signalProcessGroup", args([]any{}, "HUP"), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
	})
}

func Test246Signal(t *testing.T) {
	const m = "supervisor.signalProcess"
	one := func(sig string) []string { return []string{"signal cat:cat " + sig} }
	play(t, []scene{
		{"name", m, args("cat", "SIGHUP"), nil, one("hangup"), true},
		{"lower case, blanks", m, args("cat", " hup "), nil, one("hangup"), true},
		{"number", m, args("cat", int64(15)), nil, one("terminated"), true},
		{"number as text", m, args("cat", "1_5"), nil, one("terminated"), true},
		{"truth", m, args("cat", true), nil, one("hangup"), true},
		{"float", m, args("cat", 15.9), nil, one("terminated"), true},
		{"zero", m, args("cat", "0"), nil, one("signal 0"), true},
		{"unknown name", m, args("cat", "FOO"), nil, nil, faulted{11, "BAD_SIGNAL: FOO"}},
		{"unknown number", m, args("cat", int64(99)), nil, nil, faulted{11, "BAD_SIGNAL: 99"}},
		{"huge number", m, args("cat", 1e300), nil, nil, faulted{11, "BAD_SIGNAL: 1e+300"}},
		{"negative", m, args("cat", int64(-1)), nil, nil, faulted{11, "BAD_SIGNAL: -1"}},
		{"array", m, args("cat", []any{}), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"nil", m, args("cat", nil), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"the name comes first", m, args("nope", "FOO"), nil, nil, faulted{10, "BAD_NAME: nope"}},
		{"the signal comes before the state", m, args("cat", "FOO"), fails(supervisor.ErrNotRunning), nil, faulted{11, "BAD_SIGNAL: FOO"}},
		{"not running", m, args("cat", "HUP"), fails(supervisor.ErrNotRunning), one("hangup"), faulted{70, "NOT_RUNNING: cat"}},
		{"failed", m, args("cat", "HUP"), fails(&supervisor.FailedError{Text: "x"}), one("hangup"), faulted{30, "FAILED: x"}},
	})
}

func Test254Stdin(t *testing.T) {
	const m = "supervisor.sendProcessStdin"
	one := []string{"stdin cat:cat é\n"}
	play(t, []scene{
		{"sent", m, args("cat", "é\n"), nil, one, true},
		{"not running", m, args("cat", "é\n"), fails(supervisor.ErrNotRunning), one, faulted{70, "NOT_RUNNING: cat"}},
		{"closed", m, args("cat", "é\n"), fails(supervisor.ErrNoFile), one, faulted{20, "NO_FILE: cat"}},
		{"group", m, args("g:*", "x"), nil, nil, faulted{10, "BAD_NAME: g:*"}},
		{"type before name", m, args("nope", int64(5)), nil, nil, faulted{2, "INCORRECT_PARAMETERS: 5"}},
		{"array", m, args("cat", []any{int64(1), "a"}), nil, nil, faulted{2, "INCORRECT_PARAMETERS: [1, 'a']"}},
	})
}

// A client that goes away ends the call, and only the call.
func TestCallEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.hang = true
		s := serve(f)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() {
			_, err := s.Do(ctx, "supervisor.startProcess", "cat")
			result <- err
		}()
		synctest.Wait()
		cancel()
		err := <-result
		if fault, ok := errors.AsType[*xmlrpc.Fault](err); !ok || fault.Code != api.Failed {
			t.Errorf("a call that was given up ended with %v, want a fault", err)
		}
	})
}
