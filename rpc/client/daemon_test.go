package client_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"reeve/rpc"
	"reeve/rpc/handler"
	"reeve/rpc/httpd"
	"reeve/rpc/transport"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// daemon is a supervisord for the examples: its servers and calls are the real ones, its
// processes change their states at once.
type daemon struct {
	rpc.Supervisor // methods that no example uses

	socket  string // a unix socket
	address string // HOST:PORT, where it asks for admin's password, secret

	dir     string
	servers *httpd.Server
	logs    *handler.Logs

	mu    sync.Mutex
	infos []*supervisor.Info
}

func startDaemon() *daemon {
	dir, err := os.MkdirTemp("", "cl") // short: a socket's path is limited
	if err != nil {
		log.Fatal(err)
	}
	d := &daemon{dir: dir, socket: filepath.Join(dir, "s")}
	out := filepath.Join(dir, "web_00.log")
	if err := os.WriteFile(out, []byte("starting\nlistening on port 8080\nready\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	d.infos = []*supervisor.Info{
		{Name: supervisor.Name{Group: "web", Process: "web_00"}, State: process.Running, StdoutLogfile: out},
		{Name: supervisor.Name{Group: "web", Process: "web_01"}, State: process.Running},
		{Name: supervisor.Name{Group: "worker", Process: "worker"}},
	}
	d.servers, err = httpd.Open([]httpd.Endpoint{
		{Path: d.socket, Mode: 0o700, UID: -1, GID: -1},
		{Host: "127.0.0.1", Username: "admin", Password: "secret"},
	}, httpd.Options{})
	if err != nil {
		log.Fatal(err)
	}
	d.address = d.servers.Addrs()[1].String()
	calls := rpc.New(rpc.Options{Supervisor: d, Main: true})
	d.logs = handler.NewLogs(calls)
	d.servers.Serve(transport.Mounts{
		{Prefix: "/RPC2", Handler: &handler.Calls{RPC: calls}, Prompt: true},
		{Prefix: "/logtail", Handler: http.HandlerFunc(d.logs.Process)},
	})
	return d
}

func (d *daemon) stop() {
	d.logs.Close()
	_ = d.servers.Close()
	_ = os.RemoveAll(d.dir)
}

func (d *daemon) State() supervisor.State                  { return supervisor.Running }
func (d *daemon) Identifier() string                       { return "example" }
func (d *daemon) SyncLog(context.Context, supervisor.Name) {}
func (d *daemon) Groups(context.Context) ([]string, error) { return []string{"web", "worker"}, nil }
func (d *daemon) AllInfo(context.Context) ([]*supervisor.Info, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.infos), nil
}

func (d *daemon) Info(_ context.Context, n supervisor.Name) (*supervisor.Info, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.index(n); i >= 0 {
		return d.infos[i], nil
	}
	return nil, supervisor.ErrNoSuchProcess
}

func (d *daemon) index(n supervisor.Name) int {
	return slices.IndexFunc(d.infos, func(i *supervisor.Info) bool { return i.Name == n })
}

func (d *daemon) Start(_ context.Context, n supervisor.Name, _ bool, _ ...supervisor.StartOption) error {
	return d.become(n, process.Running, supervisor.ErrAlreadyStarted)
}

func (d *daemon) Stop(_ context.Context, n supervisor.Name, _ bool) error {
	return d.become(n, process.Stopped, supervisor.ErrNotRunning)
}

// become changes a process's state, unless it has that state already.
func (d *daemon) become(n supervisor.Name, state process.State, already error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.index(n)
	if i < 0 {
		return supervisor.ErrNoSuchProcess
	}
	if d.infos[i].State == state {
		return already
	}
	info := *d.infos[i]
	info.State = state
	d.infos[i] = &info
	return nil
}

func (d *daemon) StopGroup(ctx context.Context, group string, wait bool) (rs []supervisor.Result, err error) {
	infos, err := d.AllInfo(ctx)
	for _, i := range infos {
		if i.Group == group {
			rs = append(rs, supervisor.Result{Name: i.Name, Err: d.Stop(ctx, i.Name, wait)})
		}
	}
	return rs, err
}
