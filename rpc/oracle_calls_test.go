package rpc_test

import (
	"math"

	"reeve/rpc/xmlrpc"
)

type oracleCall struct {
	method string
	args   []any
}

// oracleCalls are calls whose answer does not depend on what runs: every method with
// every kind of value in every position, too few and too many arguments, and names that
// refer to nothing.
func oracleCalls() (calls []oracleCall) {
	add := func(method string, args ...any) { calls = append(calls, oracleCall{method, args}) }

	values := []any{
		nil, true, false, int64(0), int64(5), int64(-3), int64(1 << 20), 0.5, -2.7, 1e9, 1.5e-7, math.NaN(), "", "x", "7", " 7_0 ", "1__0",
		"nope", "nope:*", "nope:x", "g:x", "g:a:b", ":", "*", "g", "a", "it's",
		xmlrpc.DateTime{Year: 2026, Month: 1, Day: 2, Hour: 3, Minute: 4, Second: 5},
		[]any{},
		[]any{int64(1), "two", nil, []any{true}},
		xmlrpc.Struct{},
		xmlrpc.Struct{{Name: "a", Value: 1.0}},
	}
	for _, v := range values {
		for _, m := range []string{
			"addProcessGroup", "getProcessInfo", "stopProcess", "stopProcessGroup", "signalAllProcesses", "getPID",
		} {
			add("supervisor."+m, v)
		}
		for _, m := range []string{"signalProcess", "signalProcessGroup", "stopProcess", "sendProcessStdin"} {
			add("supervisor."+m, v, "TERM")
			if _, known := v.(string); !known { // which names exist depends on the system
				add("supervisor."+m, "cat", v)
				add("supervisor."+m, "g:a", v)
			}
		}
		for _, m := range []string{"system.methodHelp", "system.methodSignature", "system.multicall"} {
			add(m, v)
		}
		for _, m := range []string{"readProcessStdoutLog", "readProcessLog", "tailProcessStdoutLog", "tailProcessLog", "readProcessStderrLog", "tailProcessStderrLog"} {
			add("supervisor."+m, v, int64(0), int64(0))
			add("supervisor."+m, "cat", v, int64(0))
			add("supervisor."+m, "cat", int64(2), v)
			add("supervisor."+m, "g:a", v, v)
		}
		add("supervisor.sendRemoteCommEvent", v, v)
	}
	for _, v := range []any{1e16, -1e22, math.Inf(1), "", "nope", []any{1.25e-9, "\u200b\n"}} {
		add("supervisor.removeProcessGroup", v)
		add("supervisor.startProcessGroup", v)
	}
	for _, m := range []string{
		"getAPIVersion", "getVersion", "getIdentification", "getState", "startAllProcesses", "stopAllProcesses", "readLog", "startProcess",
		"addProcessGroup", "signalProcess", "getAllProcessInfo", "tailProcessLog", "sendRemoteCommEvent", "shutdown", "restart", "clearLog",
	} {
		add("supervisor."+m, "x", "x", "x", "x")
	}
	for _, m := range []string{"readLog", "startProcess", "startProcessGroup", "signalProcess", "tailProcessLog", "sendRemoteCommEvent", "clearProcessLogs"} {
		add("supervisor." + m)
	}
	for _, m := range []string{
		"supervisor", "supervisor.", ".getPID", "getPID", "supervisor.getPID.x", "supervisor._update", "supervisor.__init__", "system._listMethods",
		"supervisor.supervisord", "Supervisor.getPID", "supervisor.getpid", " supervisor.getPID", "system.getPID", "system.namespaces",
	} {
		add(m)
	}
	add("system.multicall", []any{
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: []any{int64(1)}}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.stopProcess"}, {Name: "params", Value: []any{"nope"}}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.stopProcess"}, {Name: "params", Value: []any{"cat", false}}},
		xmlrpc.Struct{{Name: "methodName", Value: "system.multicall"}, {Name: "params", Value: []any{[]any{}}}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: ""}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: xmlrpc.Struct{}}},
		xmlrpc.Struct{{Name: "methodName", Value: "supervisor.getVersion"}, {Name: "params", Value: int64(5)}},
		xmlrpc.Struct{{Name: "methodName", Value: ""}},
		xmlrpc.Struct{{Name: "params", Value: []any{}}},
		xmlrpc.Struct{},
	})
	return calls
}
