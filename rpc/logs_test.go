package rpc_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"reeve/config"
	"reeve/rpc"
	"reeve/supervisor"
)

// withLogs gives cat a stdout log of 11 bytes and a stderr log that does not exist; g:a
// has no logs.
func withLogs(t *testing.T) (f *fake, stdout, stderr string) {
	t.Helper()
	stdout, stderr = filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "err")
	if err := os.WriteFile(stdout, []byte("0123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = newFake()
	f.infos[0].StdoutLogfile, f.infos[0].StderrLogfile = stdout, stderr
	return f, stdout, stderr
}

type mainLog struct {
	path string
	err  error
	log  []string
}

func (m *mainLog) Path() string                { return m.path }
func (m *mainLog) Clear(context.Context) error { m.log = append(m.log, "clear"); return m.err }

func Test252Read(t *testing.T) {
	f, stdout, stderr := withLogs(t)
	log := &mainLog{path: stdout}
	s := serve(f, func(o *rpc.Options) { o.MainLog = log })
	bad, wrong := faulted{3, "BAD_ARGUMENTS"}, faulted{2, "INCORRECT_PARAMETERS"}
	for _, c := range []struct {
		offset, length, want any
	}{
		{int64(0), int64(0), "0123456789\n"},
		{int64(3), int64(0), "3456789\n"},
		{int64(3), int64(2), "34"},
		{int64(-4), int64(0), "789\n"},
		{int64(-400), int64(0), "0123456789\n"},
		{int64(400), int64(0), ""},
		{int64(400), int64(5), ""},
		{int64(-4), int64(1), bad},
		{int64(0), int64(-1), bad},
		{"3", "2", "34"},
		{" +3 ", "0_2", "34"},
		{3.9, 2.9, "34"},
		{true, int64(1), "1"},
		{"x", int64(0), wrong},
		{"", int64(0), wrong},
		{nil, int64(0), wrong},
		{[]any{}, int64(0), wrong},
		{1e300, int64(0), wrong},
	} {
		for _, m := range []string{"supervisor.readLog", "supervisor.readMainLog"} {
			if got := outcome(t, s, m, c.offset, c.length); got != c.want {
				t.Errorf("%s(%v, %v) = %q, want %q", m, c.offset, c.length, got, c.want)
			}
		}
		for _, m := range []string{"supervisor.readProcessStdoutLog", "supervisor.readProcessLog"} {
			if got := outcome(t, s, m, "cat", c.offset, c.length); got != c.want {
				t.Errorf("%s(%v, %v) = %q, want %q", m, c.offset, c.length, got, c.want)
			}
		}
	}
	if len(f.asked) == 0 || slices.ContainsFunc(f.asked, func(a string) bool { return a != "sync cat:cat" }) {
		t.Errorf("the supervisor was asked %q, want only to write out what was captured", f.asked)
	}
	for _, c := range []struct {
		method string
		name   any
		want   any
	}{
		{"supervisor.readProcessStderrLog", "cat", faulted{20, "NO_FILE: " + stderr}},
		{"supervisor.readProcessLog", "g:a", faulted{20, "NO_FILE"}},
		{"supervisor.readProcessLog", "g:*", faulted{10, "BAD_NAME: g:*"}},
		{"supervisor.readProcessLog", "nope", faulted{10, "BAD_NAME: nope"}},
		{"supervisor.readProcessLog", int64(5), wrong},
	} {
		if got := outcome(t, s, c.method, c.name, "x", nil); got != c.want {
			t.Errorf("%s(%v) = %v, want %v", c.method, c.name, got, c.want)
		}
	}
}

func TestMainLogMissing(t *testing.T) {
	none, gone := serve(newFake()), filepath.Join(t.TempDir(), "gone")
	s := serve(newFake(), func(o *rpc.Options) { o.MainLog = &mainLog{path: gone} })
	for _, c := range []struct {
		s      *rpc.Server
		method string
		args   []any
		want   any
	}{
		{none, "supervisor.readLog", args(int64(0), int64(0)), faulted{20, "NO_FILE: syslog"}},
		{none, "supervisor.clearLog", nil, faulted{20, "NO_FILE"}},
		{s, "supervisor.readLog", args(int64(0), int64(0)), faulted{20, "NO_FILE: " + gone}},
		{s, "supervisor.clearLog", nil, faulted{20, "NO_FILE"}},
	} {
		if got := outcome(t, c.s, c.method, c.args...); got != c.want {
			t.Errorf("%s%v = %v, want %v", c.method, c.args, got, c.want)
		}
	}
}

func TestClearMainLog(t *testing.T) {
	_, path, _ := withLogs(t)
	log := &mainLog{path: path}
	s := serve(newFake(), func(o *rpc.Options) { o.MainLog = log })
	want := []string{"clear"}
	if got := outcome(t, s, "supervisor.clearLog"); got != true || !slices.Equal(log.log, want) {
		t.Errorf("clearLog = %v after %q, want true after %q", got, log.log, want)
	}
	log.err = errors.New("disk")
	if got := outcome(t, s, "supervisor.clearLog"); got != (faulted{30, "FAILED"}) {
		t.Errorf("clearLog that fails = %v, want fault 30", got)
	}
}

func Test253Tail(t *testing.T) {
	f, _, _ := withLogs(t)
	s := serve(f)
	none := []any{"", int64(0), false}
	for _, c := range []struct {
		method         string
		name           any
		offset, length any
		want           any
	}{
		{"supervisor.tailProcessLog", "cat", int64(0), int64(0), []any{"", int64(11), true}},
		{"supervisor.tailProcessLog", "cat", int64(0), int64(100), []any{"0123456789\n", int64(11), false}},
		{"supervisor.tailProcessStdoutLog", "cat", "1000", 10.5, []any{"", int64(11), false}},
		{"supervisor.tailProcessLog", "cat", int64(0), int64(-5), []any{"", int64(11), true}},
		{"supervisor.tailProcessStderrLog", "cat", int64(7), int64(3), none},
		{"supervisor.tailProcessLog", "g:a", nil, "x", none},
		{"supervisor.tailProcessLog", "cat", nil, int64(0), faulted{2, "INCORRECT_PARAMETERS"}},
		{"supervisor.tailProcessLog", "nope", int64(0), int64(0), faulted{10, "BAD_NAME: nope"}},
	} {
		if got := outcome(t, s, c.method, c.name, c.offset, c.length); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s(%v, %v, %v) = %v, want %v", c.method, c.name, c.offset, c.length, got, c.want)
		}
	}
}

func TestClearProcessLogs(t *testing.T) {
	for _, m := range []string{"supervisor.clearProcessLogs", "supervisor.clearProcessLog"} {
		play(t, []scene{
			{m, m, args("g:a"), nil, []string{"clear g:a"}, true},
			{m + " failed", m, args("cat"), fails(&supervisor.FailedError{Text: "disk"}), []string{"clear cat:cat"}, faulted{30, "FAILED: cat"}},
			{m + " unknown", m, args("g:z"), fails(supervisor.ErrNoSuchProcess), []string{"clear g:z"}, faulted{10, "BAD_NAME: g:z"}},
			{m + " group", m, args("g:"), nil, nil, faulted{10, "BAD_NAME: g:"}},
		})
	}
}

// clearAllProcessLogs goes by priority, and by the order of the configuration where
// priorities are equal.
func Test243ClearAll(t *testing.T) {
	f := newFake()
	f.groups = []string{"g", "cat"}
	g := &config.Group{Name: "g", Priority: 999}
	cat := &config.Group{Name: "cat", Priority: 5}
	f.configs = []supervisor.ConfigInfo{
		{Group: g, Process: &config.Process{Name: "b", Priority: 7}},
		{Group: g, Process: &config.Process{Name: "a", Priority: 7}},
		{Group: cat, Process: &config.Process{Name: "cat", Priority: 999}},
	}
	f.errs = map[string]error{"g:a": &supervisor.FailedError{Text: "disk"}}
	got := outcome(t, serve(f), "supervisor.clearAllProcessLogs")
	want := []any{status("cat", "cat", 80, "OK"), status("b", "g", 80, "OK"), status("a", "g", 30, "FAILED: g:a")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("clearAllProcessLogs = %v, want %v", got, want)
	}
}

func Test225ProcessLog(t *testing.T) {
	f, stdout, stderr := withLogs(t)
	s := serve(f, func(o *rpc.Options) { o.MainLog = &mainLog{path: "/main"} })
	for _, c := range []struct{ name, channel, want string }{
		{"cat", "stdout", stdout},
		{"cat:cat", "stderr", stderr},
		{"cat", "stdin", ""},
		{"g:a", "stdout", ""},
		{"g:*", "stdout", ""},
		{"nope", "stdout", ""},
	} {
		got, err := s.ProcessLog(t.Context(), c.name, c.channel)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("ProcessLog(%s, %s) = %q, %v, want %q", c.name, c.channel, got, err, c.want)
		}
	}
	if got, err := s.MainLog(); got != "/main" || err != nil {
		t.Errorf("MainLog() = %q, %v", got, err)
	}
	if got, err := serve(f).MainLog(); err == nil {
		t.Errorf("MainLog() without one = %q, want an error", got)
	}
}
