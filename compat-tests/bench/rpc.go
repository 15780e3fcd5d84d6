//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"reeve/rpc/handler"
	"reeve/rpc/httpd"
	"reeve/rpc/transport"
	"reeve/rpc/xmlrpc"
)

// bareReply is the limit of a call: the server's code with a handler that always writes
// the same bytes.
type bareReply []byte

func (bareReply) Prompt(string) bool { return true }

func (b bareReply) Call(_ context.Context, _ xmlrpc.Call, dst []byte) ([]byte, error) {
	return append(dst, b...), nil
}

// serveBare serves the bytes of a file until it is killed.
func serveBare(args []string) error {
	reply, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	s, err := httpd.Open([]httpd.Endpoint{{Path: args[0], Mode: 0o600, UID: -1, GID: -1}}, httpd.Options{Tracing: func() bool { return false }})
	if err != nil {
		return err
	}
	s.Serve(transport.Mounts{{Prefix: "/RPC2", Handler: &handler.Calls{RPC: bareReply(reply)}, Prompt: true}})
	select {}
}

// bareServer is a process that always answers with a reply that the daemon gave once.
type bareServer struct {
	cmd  *exec.Cmd
	path string
}

func (d *daemon) bareServer(method string, params ...string) (*bareServer, error) {
	reply, err := d.ask(method, params...)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(d.home, "bare")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "reply")
	if err := os.WriteFile(file, []byte(reply), 0o600); err != nil {
		return nil, err
	}
	s := &bareServer{path: filepath.Join(dir, "s")}
	s.cmd = exec.Command(d.b.self, "part", "bare", s.path, file)
	s.cmd.Stderr = os.Stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	return s, until("the bare handler answers", time.Millisecond, time.Minute, func() (bool, error) {
		c, err := dial(s.path)
		if err == nil {
			c.close()
		}
		return err == nil, nil
	})
}

func (s *bareServer) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// load makes calls without a pause for the duration of while, with a number of
// connections, which are kept or made again for each call.
func load(path string, req []byte, conns int, kept bool, while time.Duration) (calls int, took time.Duration, err error) {
	var (
		stop  atomic.Bool
		total atomic.Int64
		group sync.WaitGroup
		fails = make([]error, conns)
	)
	start := now()
	for i := range conns {
		group.Go(func() {
			var c *conn
			for n := int64(0); ; n++ {
				if stop.Load() {
					total.Add(n)
					break
				}
				if c == nil {
					if c, fails[i] = dial(path); fails[i] != nil {
						return
					}
				}
				if _, fails[i] = c.call(req); fails[i] != nil {
					return
				}
				if !kept {
					c.close()
					c = nil
				}
			}
			if c != nil {
				c.close()
			}
		})
	}
	time.Sleep(while)
	stop.Store(true)
	group.Wait()
	return int(total.Load()), now() - start, errors.Join(fails...)
}

// smallCalls measures the calls that every client makes, with one running program.
func smallCalls(b *bench) (rows []*Row, err error) {
	daemons := map[string]*daemon{}
	for _, s := range b.sides(0, 1) {
		if daemons[s.name], err = b.bootSleepers(s, 1); err != nil {
			return nil, err
		}
	}
	for _, call := range [][]string{{"getState"}, {"getProcessInfo", "p0000"}} {
		bare, err := daemons["ours"].bareServer(call[0], call[1:]...)
		if err != nil {
			return nil, err
		}
		for _, conns := range []int{1, 8} {
			for _, kept := range []bool{true, false} {
				row, err := b.callRate(daemons, bare, request(call[0], call[1:]...), conns, kept)
				if err != nil {
					return nil, err
				}
				row.Scenario = call[0]
				rows = append(rows, row)
			}
		}
		bare.stop()
	}
	for _, d := range daemons {
		err = errors.Join(err, d.stop())
	}
	return rows, err
}

func (b *bench) callRate(daemons map[string]*daemon, bare *bareServer, req []byte, conns int, kept bool) (*Row, error) {
	paths := map[string]string{"limit": bare.path}
	for name, d := range daemons {
		paths[name] = d.socket()
	}
	f := series{}
	for i := range 3 * b.runs {
		for _, name := range []string{"limit", "ours", "oracle"} {
			if paths[name] == "" || name == "oracle" && i >= b.runs {
				continue
			}
			n, took, err := load(paths[name], req, conns, kept, 150*time.Millisecond)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			f.add(name, float64(n)/took.Seconds())
		}
	}
	how := "connections kept"
	if !kept {
		how = "a connection each"
	}
	return &Row{
		Figure: fmt.Sprintf("calls, %d at once, %s", conns, how), Unit: perSecond, Ours: f.median("ours"), Oracle: f.median("oracle"),
		Limit: f.median("limit"), LimitIs: "bare handler", bound: atLeast(0.7, "limit"),
	}, nil
}
