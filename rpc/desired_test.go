package rpc_test

import (
	"context"
	"fmt"
	"testing"

	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

func (f *fake) Enable(_ context.Context, n supervisor.Name) error {
	f.note("enable", n.String())
	return f.one(n)
}

func (f *fake) EnableGroup(_ context.Context, group string) ([]supervisor.Result, error) {
	f.note("enable group", group)
	return f.results, f.err
}

func (f *fake) Disable(_ context.Context, n supervisor.Name) error {
	f.note("disable", n.String())
	return f.one(n)
}

func (f *fake) DisableGroup(_ context.Context, group string) ([]supervisor.Result, error) {
	f.note("disable group", group)
	return f.results, f.err
}

func (f *fake) Scale(_ context.Context, name string, count int, wait bool) ([]supervisor.Result, error) {
	f.note("scale", name, fmt.Sprint(count), waiting(wait))
	return f.results, f.err
}

func TestDesired(t *testing.T) {
	status := func(name string, code int, text string) xmlrpc.Struct {
		return xmlrpc.Struct{
			{Name: "name", Value: name},
			{Name: "group", Value: "g"},
			{Name: "status", Value: int64(code)},
			{Name: "description", Value: text},
		}
	}
	several := func(f *fake) {
		f.results = []supervisor.Result{
			{Name: supervisor.Name{Group: "g", Process: "a"}},
			{Name: supervisor.Name{Group: "g", Process: "b"}, Err: supervisor.ErrSpawn},
			{Name: supervisor.Name{Group: "g", Process: "c"}, Stop: true},
			{Name: supervisor.Name{Group: "g", Process: "d"}, Stop: true, Err: &supervisor.FailedError{Text: "no"}},
		}
	}
	one := func(f *fake) { f.results = []supervisor.Result{{Name: supervisor.Name{Group: "g", Process: "a"}}} }
	const full = "this holds until the end of supervisord only: no space"
	play(t, []scene{
		{"a process", "reeve.disable", args("g:a"), nil, []string{"disable g:a"}, true},
		{"its group", "reeve.disable", args("g:*"), one, []string{"disable group g"}, []any{status("a", 80, "OK")}},
		{"unknown", "reeve.disable", args("x"), fails(supervisor.ErrNoSuchGroup), []string{"disable x:x"}, faulted{10, "BAD_NAME: x"}},
		{"unknown group", "reeve.disable", args("x:*"), fails(supervisor.ErrNoSuchGroup), []string{"disable group x"}, faulted{10, "BAD_NAME: x:*"}},
		{"not kept", "reeve.disable", args("x"), fails(&supervisor.FailedError{Text: full}), []string{"disable x:x"}, faulted{30, "FAILED: " + full}},
		{"no text", "reeve.disable", args(int64(1)), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"enabled", "reeve.enable", args("g:a"), nil, []string{"enable g:a"}, true},
		{"group enabled", "reeve.enable", args("g:"), one, []string{"enable group g"}, []any{status("a", 80, "OK")}},
		{"no text to enable", "reeve.enable", args(int64(1)), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},

		{
			"scaled", "reeve.scale", args("g", int64(4)), several,
			[]string{"scale g 4 wait"},
			[]any{status("a", 80, "started"), status("b", 50, "SPAWN_ERROR: g:b"), status("c", 80, "stopped"), status("d", 30, "FAILED: no")},
		},
		{"not waited for", "reeve.scale", args("g:p", int64(1), false), one, []string{"scale g:p 1 nowait"}, []any{status("a", 80, "started")}},
		{"as it is", "reeve.scale", args("g", int64(1)), nil, []string{"scale g 1 wait"}, []any{}},
		{"unknown to scale", "reeve.scale", args("x", int64(1)), fails(supervisor.ErrNoSuchProcess), []string{"scale x 1 wait"}, faulted{10, "BAD_NAME: x"}},
		{"refused", "reeve.scale", args("x", int64(9)), fails(&supervisor.FailedError{Text: "cannot"}), []string{"scale x 9 wait"}, faulted{30, "FAILED: cannot"}},
		{"no number", "reeve.scale", args("x", "2"), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"no name", "reeve.scale", args(int64(2), int64(2)), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
		{"too few", "reeve.scale", args("x"), nil, nil, faulted{2, "INCORRECT_PARAMETERS"}},
	})
}
