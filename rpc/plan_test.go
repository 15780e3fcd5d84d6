package rpc_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// updater answers with what the test put in, and records what was asked.
type updater struct {
	plan  supervisor.Plan
	err   error
	asked []string
}

func (u *updater) Plan(_ context.Context, groups ...string) (supervisor.Plan, error) {
	u.asked = append(u.asked, "plan "+strings.Join(groups, ","))
	return u.plan, u.err
}

func (u *updater) Update(_ context.Context, groups ...string) (supervisor.Plan, error) {
	u.asked = append(u.asked, "update "+strings.Join(groups, ","))
	return u.plan, u.err
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// TestPlan: a plan as plain values, and why there is none.
func TestPlan(t *testing.T) {
	u := &updater{plan: supervisor.Plan{
		{Group: "web", Process: "web_0", Action: supervisor.Unplanned, Origin: "/s.conf", Keys: []config.Difference{
			{Section: "program:web", Key: "command", Old: "a", New: "b", Origin: "/s.conf:3", Change: config.Restart},
		}},
		{Group: "x", Process: "x", Reason: "why", Problem: "what"},
	}}
	s := serve(newFake(), func(o *rpc.Options) { o.Updater = u })
	entry := func(name, group, reason, origin, problem string, keys ...any) xmlrpc.Struct {
		if keys == nil {
			keys = []any{}
		}
		return xmlrpc.Struct{
			{Name: "name", Value: name},
			{Name: "group", Value: group},
			{Name: "action", Value: "none"},
			{Name: "reason", Value: reason},
			{Name: "origin", Value: origin},
			{Name: "problem", Value: problem},
			{Name: "keys", Value: keys},
		}
	}
	want := []any{
		entry("web_0", "web", "", "/s.conf", "", xmlrpc.Struct{
			{Name: "key", Value: "command"},
			{Name: "section", Value: "program:web"},
			{Name: "old", Value: "a"},
			{Name: "new", Value: "b"},
			{Name: "change", Value: "restart"},
			{Name: "origin", Value: "/s.conf:3"},
		}),
		entry("x", "x", "why", "", "what"),
	}
	for _, method := range []string{"reeve.getPlan", "reeve.update"} {
		same(t, method, outcome(t, s, method), want)
		same(t, method, outcome(t, s, method, []any{"web", "x"}), want)
		same(t, method, outcome(t, s, method, "web"), faulted{2, "INCORRECT_PARAMETERS"})
		same(t, method, outcome(t, s, method, []any{int64(1)}), faulted{2, "INCORRECT_PARAMETERS"})
	}
	same(t, "asked", u.asked, []string{"plan ", "plan web,x", "update ", "update web,x"})
	for _, c := range []struct {
		err  error
		want faulted
	}{
		{&supervisor.UnknownGroupError{Name: "nobody"}, faulted{10, "BAD_NAME: nobody"}},
		{&supervisor.FailedError{Text: "a start of web hangs; nothing was changed"}, faulted{30, "FAILED: a start of web hangs; nothing was changed"}},
		{supervisor.ErrEnding, faulted{6, "SHUTDOWN_STATE"}},
		{&supervisor.RereadError{Err: &config.Error{Text: "broken"}}, faulted{92, "CANT_REREAD: broken"}},
	} {
		u.err = c.err
		same(t, c.err.Error(), outcome(t, s, "reeve.update"), c.want)
	}
	same(t, "none", outcome(t, serve(newFake()), "reeve.getPlan"), faulted{30, "FAILED: this daemon can't be updated"})
}
