package rpc_test

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// fake stands in for the supervisor. It answers with what the test put in and records the
// requests.
type fake struct {
	state   supervisor.State
	infos   []*supervisor.Info
	configs []supervisor.ConfigInfo
	groups  []string
	changes supervisor.Changes
	results []supervisor.Result
	err     error            // of every request that can fail
	errs    map[string]error // of requests on that process, by full name
	asked   []string         // the requests, such as "start a:b wait"
	order   supervisor.Order
	hang    bool // starts block until their context ends
}

func (f *fake) note(words ...string) {
	line := ""
	for _, w := range words {
		if line != "" {
			line += " "
		}
		line += w
	}
	f.asked = append(f.asked, line)
}

func waiting(wait bool) string {
	if wait {
		return "wait"
	}
	return "nowait"
}

func alone(how []supervisor.StartOption) []string {
	if slices.Contains(how, supervisor.Alone) {
		return []string{"alone"}
	}
	return nil
}

func (f *fake) State() supervisor.State { return f.state }
func (f *fake) Identifier() string      { return "ident" }

func (f *fake) Shutdown(context.Context) error { f.note("shutdown"); return f.err }
func (f *fake) Restart(context.Context) error  { f.note("restart"); return f.err }

func (f *fake) Info(_ context.Context, n supervisor.Name) (*supervisor.Info, error) {
	group := false
	for _, i := range f.infos {
		if i.Name == n {
			return i, nil
		}
		group = group || i.Group == n.Group
	}
	if group {
		return nil, supervisor.ErrNoSuchProcess
	}
	return nil, supervisor.ErrNoSuchGroup
}

func (f *fake) AllInfo(context.Context) ([]*supervisor.Info, error)        { return f.infos, f.err }
func (f *fake) AllConfig(context.Context) ([]supervisor.ConfigInfo, error) { return f.configs, f.err }

func (f *fake) Groups(context.Context) ([]string, error) { return f.groups, f.err }

func (f *fake) Reread(context.Context) (supervisor.Changes, error) { return f.changes, f.err }

func (f *fake) AddGroup(_ context.Context, name string) error { f.note("add", name); return f.err }
func (f *fake) RemoveGroup(_ context.Context, name string) error {
	f.note("remove", name)
	return f.err
}

func (f *fake) one(n supervisor.Name) error {
	if err := f.errs[n.String()]; err != nil {
		return err
	}
	return f.err
}

func (f *fake) Start(ctx context.Context, n supervisor.Name, wait bool, how ...supervisor.StartOption) error {
	f.note(append([]string{"start", n.String(), waiting(wait)}, alone(how)...)...)
	if f.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.one(n)
}

func (f *fake) StartGroup(_ context.Context, group string, wait bool, how ...supervisor.StartOption) ([]supervisor.Result, error) {
	f.note(append([]string{"start group", group, waiting(wait)}, alone(how)...)...)
	return f.results, f.err
}

func (f *fake) StartAll(_ context.Context, wait bool, how ...supervisor.StartOption) ([]supervisor.Result, error) {
	f.note(append([]string{"start all", waiting(wait)}, alone(how)...)...)
	return f.results, f.err
}

func (f *fake) Stop(_ context.Context, n supervisor.Name, wait bool) error {
	f.note("stop", n.String(), waiting(wait))
	return f.one(n)
}

func (f *fake) StopGroup(_ context.Context, group string, wait bool) ([]supervisor.Result, error) {
	f.note("stop group", group, waiting(wait))
	return f.results, f.err
}

func (f *fake) StopAll(_ context.Context, wait bool) ([]supervisor.Result, error) {
	f.note("stop all", waiting(wait))
	return f.results, f.err
}

func (f *fake) SignalProcess(_ context.Context, n supervisor.Name, sig syscall.Signal) error {
	f.note("signal", n.String(), sig.String())
	return f.one(n)
}

func (f *fake) SignalGroup(_ context.Context, group string, sig syscall.Signal) ([]supervisor.Result, error) {
	f.note("signal group", group, sig.String())
	return f.results, f.err
}

func (f *fake) SignalAll(_ context.Context, sig syscall.Signal) ([]supervisor.Result, error) {
	f.note("signal all", sig.String())
	return f.results, f.err
}

func (f *fake) SendStdin(_ context.Context, n supervisor.Name, data []byte) error {
	f.note("stdin", n.String(), string(data))
	return f.one(n)
}

func (f *fake) SendRemoteComm(_ context.Context, kind, data string) error {
	f.note("event", kind, data)
	return f.err
}

func (f *fake) Order(context.Context) (supervisor.Order, error) { return f.order, f.err }

func (f *fake) SyncLog(_ context.Context, n supervisor.Name) { f.note("sync", n.String()) }

func (f *fake) ClearLogs(_ context.Context, n supervisor.Name) error {
	f.note("clear", n.String())
	return f.one(n)
}

func (f *fake) AddProgram(_ context.Context, group, name string, settings []config.Setting) error {
	line := []string{"join", group, name}
	for _, s := range settings {
		line = append(line, s.Key+"="+s.Value)
	}
	f.note(line...)
	return f.err
}

func (f *fake) RemoveProcess(_ context.Context, n supervisor.Name) error {
	f.note("leave", n.String())
	return f.one(n)
}

// started is when the processes of the tests were started.
var started = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// info returns a process that has been running since started.
func info(group, name string, pid int) *supervisor.Info {
	return &supervisor.Info{
		Name:  supervisor.Name{Group: group, Process: name},
		State: process.Running,
		Start: started,
		Pid:   pid,
	}
}

// newFake has the program cat and the group g with a and b.
func newFake() *fake {
	return &fake{
		state: supervisor.Running,
		infos: []*supervisor.Info{info("cat", "cat", 11), info("g", "a", 12), info("g", "b", 13)},
	}
}

// serve makes a server over f whose clock is 65 seconds past started.
func serve(f *fake, change ...func(*rpc.Options)) *rpc.Server {
	opt := rpc.Options{
		Supervisor: f,
		Desired:    f,
		Main:       true,
		Now:        func() time.Time { return started.Add(65 * time.Second) },
	}
	for _, c := range change {
		c(&opt)
	}
	return rpc.New(opt)
}

// outcome returns the result of a call as the tables of the tests write it: the value, or
// a faulted.
func outcome(t *testing.T, s *rpc.Server, method string, args ...any) any {
	t.Helper()
	value, err := s.Do(t.Context(), method, args...)
	if err != nil {
		f, ok := err.(*xmlrpc.Fault)
		if !ok {
			t.Fatalf("%s: the error is no fault: %v", method, err)
		}
		return faulted{f.Code, f.Text}
	}
	return plain(t, value)
}

// plain returns a result as a client would decode it: the structs of package api encode
// themselves.
func plain(t *testing.T, value any) any {
	t.Helper()
	switch value.(type) {
	case api.Results, api.Changes, api.OrderNodes, *api.Boot, api.Plan, *api.Roll, api.Rolls:
	default:
		return value
	}
	var e xmlrpc.Encoder
	e.Value(value)
	call, err := xmlrpc.DecodeCall(fmt.Appendf(nil, "<methodCall><methodName>x</methodName><params><param>%s</param></params></methodCall>",
		e.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return call.Params[0]
}

type faulted struct {
	Code int
	Text string
}
