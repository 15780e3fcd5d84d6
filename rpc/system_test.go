package rpc_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"reeve/rpc"
	"reeve/rpc/budget"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

func TestMethodHelp(t *testing.T) {
	play(t, []scene{
		{"signature", "system.methodSignature", args("supervisor.startProcess"), nil, nil, []any{"boolean", "string", "boolean"}},
		{"signature of unknown", "system.methodSignature", args("foo"), nil, nil, faulted{4, "SIGNATURE_UNSUPPORTED"}},
		{"help of unknown", "system.methodHelp", args("foo"), nil, nil, faulted{4, "SIGNATURE_UNSUPPORTED"}},
		{"help of a number", "system.methodHelp", args(int64(5)), nil, nil, faulted{4, "SIGNATURE_UNSUPPORTED"}},
		{"help of nothing", "system.methodHelp", nil, nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{
			"help", "system.methodHelp", args("supervisor.getPID"), nil, nil,
			"Tell the process id of the daemon.\n\n@return int pid  as the system knows it\n",
		},
	})
}

// entry is one call of a multicall.
func entry(method any, params ...any) xmlrpc.Struct {
	return xmlrpc.Struct{{Name: "methodName", Value: method}, {Name: "params", Value: params}}
}

func faultStruct(code int64, text string) xmlrpc.Struct {
	return xmlrpc.Struct{{Name: "faultCode", Value: code}, {Name: "faultString", Value: text}}
}

func Test257Multicall(t *testing.T) {
	f := newFake()
	f.errs = map[string]error{"g:b": supervisor.ErrSpawn}
	calls := []any{
		entry("supervisor.getVersion"),
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getIdentification"}},
		entry("supervisor.stopProcess", "g:b"),
		entry("supervisor.startProcess", "cat"),
		entry("supervisor.startProcess", int64(5)),
		entry("nope"),
		entry(""),
		entry(int64(5)),
		entry(nil),
		xmlrpc.Struct{},
		entry("system.multicall", []any{}),
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: ""}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: xmlrpc.Struct{}}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: int64(5)}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: nil}},
	}
	want := []any{
		"3.0",
		"ident",
		faultStruct(50, "SPAWN_ERROR: g:b"),
		true,
		faultStruct(2, "INCORRECT_PARAMETERS"),
		faultStruct(1, "UNKNOWN_METHOD"),
		faultStruct(1, "UNKNOWN_METHOD"),
		faultStruct(2, "INCORRECT_PARAMETERS"),
		faultStruct(2, "INCORRECT_PARAMETERS: No methodName"),
		faultStruct(2, "INCORRECT_PARAMETERS: No methodName"),
		faultStruct(2, "INCORRECT_PARAMETERS: Recursive system.multicall forbidden"),
		"3.0",
		"3.0",
		faultStruct(2, "INCORRECT_PARAMETERS"),
		faultStruct(2, "INCORRECT_PARAMETERS"),
	}
	got, ok := outcome(t, serve(f), "system.multicall", calls).([]any)
	if !ok || len(got) != len(want) {
		t.Fatalf("multicall = %v, want %d results", got, len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("result %d of %v is %v, want %v", i, calls[i], got[i], want[i])
		}
	}
	if order := []string{"stop g:b wait", "start cat:cat wait"}; !slices.Equal(f.asked, order) {
		t.Errorf("the supervisor was asked %q, want %q", f.asked, order)
	}
}

func Test257MulticallArgument(t *testing.T) {
	const m = "system.multicall"
	bad := faulted{2, "INCORRECT_PARAMETERS"}
	play(t, []scene{
		{"empty", m, args([]any{}), nil, nil, []any{}},
		{"empty text", m, args(""), nil, nil, []any{}},
		{"text", m, args("a"), nil, nil, bad},
		{"number", m, args(int64(5)), nil, nil, bad},
		{"struct", m, args(xmlrpc.Struct{}), nil, nil, bad},
		{"entry is no struct", m, args([]any{entry("supervisor.shutdown"), int64(5)}), nil, nil, bad},
		{"none", m, nil, nil, nil, bad},
	})
}

// TestMulticallOfAClientThatLeft: what was not begun is left out.
func TestMulticallOfAClientThatLeft(t *testing.T) {
	f := newFake()
	s := serve(f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := []any{entry("supervisor.stopProcess", "cat"), entry("supervisor.startProcess", "cat")}
	if _, err := s.Call(ctx, xmlrpc.Call{Method: "system.multicall", Params: []any{calls}}, nil); err != nil || len(f.asked) > 0 {
		t.Errorf("the supervisor was asked %q, %v", f.asked, err)
	}
}

// TestMulticallBeyondBudget: results that do not fit are faults, those that do are there,
// and what was read is given back.
func TestMulticallBeyondBudget(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte(strings.Repeat("a & b\n", 50_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(newFake(), func(o *rpc.Options) { o.MainLog = &mainLog{path: log} })
	share := budget.New(budget.Limits{Each: 2 << 20, All: 2 << 20, WaitFor: time.Millisecond}, func() bool { return false }).Share()
	read := entry("supervisor.readLog", int64(0), int64(0))
	small := entry("supervisor.readLog", int64(0), int64(6))
	calls := []any{read, read, read, small, read}
	reply, err := s.Call(budget.With(t.Context(), &budget.Account{Reply: share}), xmlrpc.Call{Method: "system.multicall", Params: []any{calls}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := string(reply)
	if n := strings.Count(text, "FAILED: the reply is too large: more than 2 MiB at once"); n != 1 {
		t.Errorf("%d faults", n)
	}
	if n := strings.Count(text, "a &amp; b\n"); n != 150_001 {
		t.Errorf("%d lines of the log", n)
	}
	if h := share.Held(); h < int64(len(reply))-1024 || h > int64(len(reply)) {
		t.Errorf("%d bytes are held for a reply of %d", h, len(reply))
	}
}
