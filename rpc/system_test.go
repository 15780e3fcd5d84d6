package rpc_test

import (
	"reflect"
	"slices"
	"testing"

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
