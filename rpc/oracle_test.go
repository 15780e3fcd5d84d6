package rpc_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	kolo "github.com/kolo/xmlrpc"

	"reeve/rpc"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

const oracleConfig = `
[supervisord]
logfile=%(here)s/main.log
pidfile=%(here)s/pid
childlogdir=%(here)s
[unix_http_server]
file=%(here)s/s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command=/bin/cat
autostart=false
stdout_logfile=%(here)s/out
stderr_logfile=%(here)s/err
[group:g]
programs=a,b
[program:a]
command=/bin/cat
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
[program:b]
command=/bin/cat -u
autostart=false
directory=/tmp
priority=7
exitcodes=0,2,17
stopsignal=USR1
stopwaitsecs=33
startsecs=5
startretries=6
killasgroup=true
redirect_stderr=true
stdout_logfile_maxbytes=3MB
stdout_capture_maxbytes=1KB
stderr_syslog=true
stdout_events_enabled=yes
serverurl=AUTO
autorestart=true
`

// oracle is a running upstream daemon.
type oracle struct {
	client http.Client
	dir    string
}

// startOracle runs upstream's daemon in its own directory until the test ends.
func startOracle(t *testing.T) *oracle {
	t.Helper()
	const program = "/usr/bin/supervisord"
	if _, err := os.Stat(program); err != nil {
		t.Skipf("upstream's daemon is not installed: %v", err)
	}
	dir, err := os.MkdirTemp("", "rpc") // short: the socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	conf := filepath.Join(dir, "conf")
	for name, text := range map[string]string{"conf": oracleConfig, "out": "0123456789\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	daemon := exec.Command(program, "-n", "-c", conf)
	daemon.Dir = dir
	if err := daemon.Start(); err != nil {
		t.Skipf("upstream's daemon does not start: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Wait() }()
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		<-ended
	})
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "s"))
	}
	o := &oracle{client: http.Client{Transport: &http.Transport{DialContext: dial}}, dir: dir}
	t.Cleanup(o.client.CloseIdleConnections)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if _, err := o.call(t, "supervisor.getState"); err == nil {
			return o
		}
		select {
		case err := <-ended:
			ended <- err
			t.Skipf("upstream's daemon ended: %v", err)
		case <-t.Context().Done():
			t.Fatal("upstream's daemon does not answer")
		case <-poll.C:
		}
	}
}

// call sends a call. The answer is a value, or a faulted, or the HTTP status as an int if
// it is not 200.
func (o *oracle) call(t *testing.T, method string, args ...any) (any, error) {
	t.Helper()
	var e xmlrpc.Encoder
	for _, a := range args {
		e.Value(a)
	}
	params := strings.ReplaceAll(string(e.Bytes()), "\n", "")
	if len(args) > 0 {
		params = "" // one <param> per argument
		for _, a := range args {
			var e xmlrpc.Encoder
			e.Value(a)
			params += "<param>" + string(e.Bytes()) + "</param>"
		}
	}
	body := "<methodCall><methodName>" + method + "</methodName><params>" + params + "</params></methodCall>"
	reply, err := o.client.Post("http://localhost/RPC2", "text/xml", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	data, err := io.ReadAll(reply.Body)
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		return reply.StatusCode, nil
	}
	return parse(t, data), nil
}

// parse reads a reply with a client library's parser, the same for both sides.
func parse(t *testing.T, reply []byte) any {
	t.Helper()
	r := kolo.Response(reply)
	if err := r.Err(); err != nil {
		fault, ok := err.(kolo.FaultError)
		if !ok {
			t.Fatalf("cannot read reply %q: %v", reply, err)
		}
		return faulted{fault.Code, fault.String}
	}
	var value any
	if err := r.Unmarshal(&value); err != nil {
		t.Fatalf("cannot read reply %q: %v", reply, err)
	}
	return value
}

// mirror returns reeve's server over a fake that has the oracle's processes, all stopped.
func (o *oracle) mirror(t *testing.T) *rpc.Server {
	t.Helper()
	out, err := filepath.Join(o.dir, "out"), filepath.Join(o.dir, "err")
	f := &oracleFake{fake: newFake()}
	for i := range f.infos {
		f.infos[i].State, f.infos[i].Start, f.infos[i].Pid = process.Stopped, time.Time{}, 0
	}
	f.infos[0].StdoutLogfile, f.infos[0].StderrLogfile = out, err
	f.errs = map[string]error{}
	for _, i := range f.infos {
		f.errs[i.Name.String()] = supervisor.ErrNotRunning
	}
	return rpc.New(rpc.Options{Supervisor: f, Main: true})
}

// oracleFake adds to fake the refusal of unknown names.
type oracleFake struct{ *fake }

func (f *oracleFake) known(n supervisor.Name) error {
	if _, err := f.Info(context.Background(), n); err != nil {
		return err
	}
	return f.errs[n.String()]
}

func (f *oracleFake) group(name string) ([]supervisor.Result, error) {
	if name != "g" && name != "cat" {
		return nil, supervisor.ErrNoSuchGroup
	}
	return nil, nil
}

func (f *oracleFake) Start(_ context.Context, n supervisor.Name, _ bool, _ ...supervisor.StartOption) error {
	return f.known(n)
}
func (f *oracleFake) Stop(_ context.Context, n supervisor.Name, _ bool) error { return f.known(n) }

func (f *oracleFake) StartGroup(_ context.Context, g string, _ bool, _ ...supervisor.StartOption) ([]supervisor.Result, error) {
	return f.group(g)
}

func (f *oracleFake) StopGroup(_ context.Context, g string, _ bool) ([]supervisor.Result, error) {
	return f.group(g)
}

func (f *oracleFake) SignalGroup(_ context.Context, g string, _ syscall.Signal) ([]supervisor.Result, error) {
	return f.group(g)
}

func (f *oracleFake) AddGroup(_ context.Context, g string) error {
	if _, err := f.group(g); err != nil {
		return err
	}
	return supervisor.ErrAlreadyAdded
}

func (f *oracleFake) RemoveGroup(_ context.Context, g string) error {
	_, err := f.group(g)
	return err
}

func (f *oracleFake) SendStdin(_ context.Context, n supervisor.Name, _ []byte) error {
	return f.known(n)
}

// ask makes the same kind of call to reeve's server.
func ask(t *testing.T, s *rpc.Server, method string, args ...any) any {
	t.Helper()
	reply, err := s.Call(t.Context(), xmlrpc.Call{Method: method, Params: args}, nil)
	if f, ok := err.(*xmlrpc.Fault); ok {
		reply = xmlrpc.AppendFault(nil, f)
	} else if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return parse(t, bytes.Clone(reply))
}

// Both sides get the same calls. Where upstream ends in an internal error, reeve answers
// with fault 2 (fact 237, arguments of calls).
func TestLikeOracle(t *testing.T) {
	o := startOracle(t)
	s := o.mirror(t)
	for _, c := range oracleCalls() {
		want, err := o.call(t, c.method, c.args...)
		if err != nil {
			t.Fatal(err)
		}
		if want == http.StatusInternalServerError {
			want = faulted{2, "INCORRECT_PARAMETERS"}
		}
		if got := ask(t, s, c.method, c.args...); !reflect.DeepEqual(got, want) {
			t.Errorf("%s%v = %v, upstream's %v", c.method, c.args, got, want)
		}
	}
}

// The help is reeve's own; its tags are upstream's.
func TestSignaturesLikeOracle(t *testing.T) {
	o := startOracle(t)
	s := o.mirror(t)
	names, err := o.call(t, "system.listMethods")
	if err != nil {
		t.Fatal(err)
	}
	if got := upstreamMethods(ask(t, s, "system.listMethods")); !reflect.DeepEqual(got, names) {
		t.Errorf("listMethods = %v, upstream's %v", got, names)
	}
	for _, name := range names.([]any) {
		want, err := o.call(t, "system.methodSignature", name)
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, "system.methodSignature", name); !reflect.DeepEqual(got, want) {
			t.Errorf("methodSignature(%v) = %v, upstream's %v", name, got, want)
		}
		help, err := o.call(t, "system.methodHelp", name)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tags(ask(t, s, "system.methodHelp", name)), tags(help); !reflect.DeepEqual(got, want) {
			t.Errorf("the tags of %v's help are %q, upstream's %q", name, got, want)
		}
	}
}

// upstreamMethods removes the namespace reeve from a list of methods.
func upstreamMethods(names any) any {
	return slices.DeleteFunc(names.([]any), func(name any) bool { return strings.HasPrefix(name.(string), "reeve.") })
}

// tags returns the parts of a help text that matter: kind and type, and for parameters
// the name.
func tags(help any) (found []string) {
	for line := range strings.Lines(fmt.Sprint(help)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 2 && fields[0] == "@param":
			found = append(found, strings.Join(fields[:3], " "))
		case len(fields) > 1 && fields[0] == "@return":
			found = append(found, strings.Join(fields[:2], " "))
		}
	}
	return found
}
