package rpc_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"reeve/rpc"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// roller answers with what the test put in, and records what was asked.
type roller struct {
	roll  supervisor.RollInfo
	err   error
	asked string
}

func (r *roller) Restart(_ context.Context, names []supervisor.Name, o supervisor.RollOptions) (supervisor.RollInfo, error) {
	r.asked = fmt.Sprint("restart ", names, " ", o)
	return r.roll, r.err
}

func (r *roller) Update(_ context.Context, groups []string, o supervisor.RollOptions) (supervisor.RollInfo, error) {
	r.asked = fmt.Sprint("update ", groups, " ", o)
	return r.roll, r.err
}

func (r *roller) All(context.Context) ([]supervisor.RollInfo, error) {
	return []supervisor.RollInfo{r.roll}, r.err
}

func (r *roller) Wait(_ context.Context, id uint64, seen int) (supervisor.RollInfo, error) {
	r.asked = fmt.Sprint("wait ", id, seen)
	return r.roll, r.err
}

func (r *roller) Abort(_ context.Context, id uint64, revert bool) error {
	r.asked = fmt.Sprint("abort ", id, revert)
	return r.err
}

func TestRolls(t *testing.T) {
	r := &roller{roll: supervisor.RollInfo{
		ID: 3, Groups: []string{"web"}, State: "failed", Over: true, Reason: "why",
		Members: []supervisor.RollMember{{Name: "web:a", Surge: true, Step: "replaced"}},
		Notes:   []supervisor.RollNote{{At: time.Unix(7, 0), Text: "one"}, {At: time.Unix(8, 0), Text: "two"}},
	}}
	s := serve(newFake(), func(o *rpc.Options) { o.Roller = r })
	roll := func(notes ...any) xmlrpc.Struct {
		if notes == nil {
			notes = []any{}
		}
		return xmlrpc.Struct{
			{Name: "id", Value: int64(3)},
			{Name: "update", Value: false},
			{Name: "groups", Value: []any{"web"}},
			{Name: "state", Value: "failed"},
			{Name: "over", Value: true},
			{Name: "reason", Value: "why"},
			{Name: "members", Value: []any{xmlrpc.Struct{{Name: "name", Value: "web:a"}, {Name: "surge", Value: true}, {Name: "step", Value: "replaced"}}}},
			{Name: "notes", Value: notes},
		}
	}
	note := func(at int64, text string) xmlrpc.Struct {
		return xmlrpc.Struct{{Name: "at", Value: at}, {Name: "text", Value: text}}
	}
	all := roll(note(7, "one"), note(8, "two"))
	options := xmlrpc.Struct{
		{Name: "batch", Value: int64(2)},
		{Name: "surge", Value: int64(1)},
		{Name: "wait_healthy", Value: 1.5},
		{Name: "revert", Value: true},
	}
	for _, c := range []struct {
		method string
		args   []any
		want   any
		asked  string
	}{
		{"reeve.rollRestart", []any{[]any{"web:*", "a:b", "c"}}, all, "restart [web: a:b c:c] {1 1 0 0s false}"},
		{"reeve.rollRestart", []any{[]any{"c"}, options}, all, "restart [c:c] {2 1 1 1.5s true}"},
		{"reeve.rollRestart", []any{[]any{"c"}, xmlrpc.Struct{{Name: "max_unavailable", Value: int64(0)}}}, all, "restart [c:c] {1 0 0 0s false}"},
		{"reeve.rollRestart", []any{[]any{}}, faulted{10, "BAD_NAME: no names"}, ""},
		{"reeve.rollRestart", []any{"c"}, faulted{2, "INCORRECT_PARAMETERS"}, ""},
		{"reeve.rollRestart", []any{[]any{"c"}, "x"}, faulted{2, "INCORRECT_PARAMETERS"}, ""},
		{"reeve.rollRestart", []any{[]any{"c"}, xmlrpc.Struct{{Name: "bach", Value: int64(0)}}}, faulted{2, "INCORRECT_PARAMETERS: bach"}, ""},
		{"reeve.rollRestart", []any{[]any{"c"}, xmlrpc.Struct{{Name: "batch", Value: int64(-1)}}}, faulted{2, "INCORRECT_PARAMETERS: batch"}, ""},
		{"reeve.rollRestart", []any{[]any{"c"}, xmlrpc.Struct{{Name: "wait_healthy", Value: int64(0)}}}, faulted{2, "INCORRECT_PARAMETERS: wait_healthy"}, ""},
		{"reeve.rollUpdate", nil, all, "update [] {1 1 0 0s false}"},
		{"reeve.rollUpdate", []any{[]any{"web"}, options}, all, "update [web] {2 1 1 1.5s true}"},
		{"reeve.getRolls", nil, []any{all}, ""},
		{"reeve.awaitRoll", []any{int64(3)}, all, "wait 3 0"},
		{"reeve.awaitRoll", []any{int64(3), int64(1)}, roll(note(8, "two")), "wait 3 1"},
		{"reeve.awaitRoll", []any{int64(3), int64(9)}, roll(), "wait 3 9"},
		{"reeve.awaitRoll", []any{"x"}, faulted{2, "INCORRECT_PARAMETERS"}, ""},
		{"reeve.abortRoll", []any{int64(3)}, true, "abort 3 false"},
		{"reeve.abortRoll", []any{int64(3), true}, true, "abort 3 true"},
	} {
		r.asked = ""
		same(t, c.method, outcome(t, s, c.method, c.args...), c.want)
		same(t, c.method, r.asked, c.asked)
	}
	for _, c := range []struct {
		method string
		args   []any
		err    error
		want   faulted
	}{
		{"reeve.rollRestart", []any{[]any{"a", "b"}}, &supervisor.UnknownNameError{Index: 1, Err: supervisor.ErrNoSuchGroup}, faulted{10, "BAD_NAME: b"}},
		{"reeve.rollRestart", []any{[]any{"a"}}, &supervisor.FailedError{Text: "roll 1 of a is under way"}, faulted{30, "FAILED: roll 1 of a is under way"}},
		{"reeve.rollUpdate", nil, &supervisor.UnknownGroupError{Name: "nobody"}, faulted{10, "BAD_NAME: nobody"}},
		{"reeve.rollUpdate", nil, supervisor.ErrEnding, faulted{6, "SHUTDOWN_STATE"}},
		{"reeve.awaitRoll", []any{int64(9)}, supervisor.ErrNoSuchRoll, faulted{10, "BAD_NAME: no roll 9"}},
		{"reeve.abortRoll", []any{int64(9)}, supervisor.ErrNoSuchRoll, faulted{10, "BAD_NAME: no roll 9"}},
	} {
		r.err = c.err
		same(t, c.method, outcome(t, s, c.method, c.args...), c.want)
	}
}
