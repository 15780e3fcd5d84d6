package rpc_test

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"testing"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/api"
	"reeve/rpc/carry"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// again returns what json makes of a value.
func again[T any](t *testing.T, v T) (w T) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestHandOverCaches: what clients have stored is there afterwards, each value with its
// type, in the namespace it was stored in.
func TestHandOverCaches(t *testing.T) {
	sections := []config.Plugin{{Name: "one", Factory: config.CacheFactory}, {Name: "two", Factory: config.CacheFactory}}
	server := func(h rpc.Handed) *rpc.Server {
		return rpc.New(rpc.Options{Supervisor: &fake{state: supervisor.Running}, Methods: rpc.Namespaces(sections), Handed: h})
	}
	huge, _ := new(big.Int).SetString("-123456789012345678901234567890", 10)
	values := map[string]any{
		"text": "tab\tcontrol\x01 € \r\n", "empty": "", "true": true, "false": false, "int": int64(math.MinInt64), "huge": huge,
		"double": math.Inf(-1), "zero": math.Copysign(0, -1), "date": xmlrpc.DateTime{Year: 2026, Month: 1, Second: 59},
		"none": []any{}, "list": []any{int64(1), "x", nil, []any{false}},
		"struct": xmlrpc.Struct{{Name: "b\x02", Value: int64(1)}, {Name: "a", Value: xmlrpc.Struct{}}},
	}
	s := server(rpc.Handed{})
	for key, v := range values {
		if _, err := s.Do(t.Context(), "one.store", key, v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Do(t.Context(), "two.store", "text", "another"); err != nil {
		t.Fatal(err)
	}
	s = server(again(t, server(again(t, s.HandOver())).HandOver()))
	for key, want := range values {
		got, err := s.Do(t.Context(), "one.fetch", key)
		if err != nil || !reflect.DeepEqual(got, want) || key == "zero" && !math.Signbit(got.(float64)) {
			t.Errorf("%s: got %#v, %v, want %#v", key, got, err, want)
		}
	}
	if got, err := s.Do(t.Context(), "two.fetch", "text"); got != "another" {
		t.Errorf("two: got %v, %v", got, err)
	}
}

// TestHandOverFault: only a request whose transport hands nothing over gets a fault.
func TestHandOverFault(t *testing.T) {
	f := &fake{state: supervisor.Running, err: supervisor.ErrHandedOver}
	s := rpc.New(rpc.Options{Supervisor: f, Main: true})
	for _, method := range []string{"supervisor.getAllProcessInfo", "supervisor.stopAllProcesses", "supervisor.reloadConfig", "supervisor.shutdown"} {
		_, err := s.Do(t.Context(), method)
		if fault, _ := err.(*xmlrpc.Fault); fault == nil || fault.Code != api.Failed {
			t.Errorf("%s without a carry: %v", method, err)
		}
		c := carry.New(nil)
		if _, err := s.Do(carry.With(t.Context(), c), method); err == nil || !c.Handed() {
			t.Errorf("%s: %v, handed over: %v", method, err, c.Handed())
		}
	}
}

// TestHandOverHidden: an interruption that is the result for one of several processes
// hands the call over, too.
func TestHandOverHidden(t *testing.T) {
	f := &fake{state: supervisor.Running, results: []supervisor.Result{{}, {Err: supervisor.ErrHandedOver}}}
	c := carry.New(nil)
	if _, err := rpc.New(rpc.Options{Supervisor: f, Main: true}).Do(carry.With(t.Context(), c), "supervisor.stopAllProcesses"); err == nil || !c.Handed() {
		t.Errorf("%v, handed over: %v", err, c.Handed())
	}
}

// TestHandOverLogs: a log is not read when nobody knows whether it holds everything.
func TestHandOverLogs(t *testing.T) {
	over := make(chan struct{})
	close(over)
	f := &fake{state: supervisor.Running, infos: []*supervisor.Info{{Name: supervisor.Name{Group: "cat", Process: "cat"}}}}
	s := rpc.New(rpc.Options{Supervisor: f, Main: true})
	c := carry.New(over)
	if _, err := s.ProcessLog(carry.With(t.Context(), c), "cat", "stdout"); err == nil || !c.Handed() {
		t.Errorf("%v, handed over: %v", err, c.Handed())
	}
}

// TestHandOverSeveral: of several calls for one request, those that were done are not
// done again, refused ones neither; the one that was interrupted goes on.
func TestHandOverSeveral(t *testing.T) {
	f := &fake{state: supervisor.Running, errs: map[string]error{"cat:cat": supervisor.ErrNotRunning}}
	s := rpc.New(rpc.Options{Supervisor: f, Main: true})
	c := carry.New(nil)
	ctx := carry.With(t.Context(), c)
	_, refused := s.Do(ctx, "supervisor.stopProcess", "cat")
	f.err = supervisor.ErrHandedOver
	if _, err := s.Do(ctx, "supervisor.startProcess", "dog"); err == nil || !c.Handed() {
		t.Fatalf("%v, handed over: %v", err, c.Handed())
	}
	f.err, f.errs, f.asked, f.state = nil, nil, nil, supervisor.Shutdown
	c.Renew(true, again(t, c.Left()))
	if _, err := s.Do(ctx, "supervisor.stopProcess", "cat"); !reflect.DeepEqual(err, refused) || len(f.asked) > 0 {
		t.Errorf("again: %v, asked %v", err, f.asked)
	}
	if _, err := s.Do(ctx, "supervisor.startProcess", "dog"); err != nil || len(f.asked) != 1 {
		t.Errorf("goes on: %v, asked %v", err, f.asked)
	}
}
