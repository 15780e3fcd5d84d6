package httpd

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"reeve/rpc/xmlrpc"
)

// infoRPC answers every call with a reply the size of getProcessInfo's.
type infoRPC struct{}

func (infoRPC) Prompt(string) bool { return true }

func (infoRPC) Call(_ context.Context, call xmlrpc.Call, dst []byte) ([]byte, error) {
	return xmlrpc.AppendReply(dst, info{}), nil
}

type info struct{}

func (info) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginStruct()
	for _, name := range [...]string{"description", "name", "group", "statename", "spawnerr", "logfile", "stdout_logfile", "stderr_logfile"} {
		e.StringMember(name, "pid 1234, uptime 1 day, 0:12:34")
	}
	for _, name := range [...]string{"start", "stop", "now", "state", "exitstatus", "pid"} {
		e.IntMember(name, 1_700_000_000)
	}
	e.EndStruct()
}

// benchmarkRequests sends raw again and again with the cheapest possible client.
func benchmarkRequests(b *testing.B, raw string) {
	dir := b.TempDir()
	s, err := Open([]Endpoint{unixEndpoint(filepath.Join(dir, "s"))}, Options{Tracing: func() bool { return false }})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.Serve(Handlers{RPC: infoRPC{}}.mounts(b, Options{}))
	c, err := net.Dial("unix", s.Addrs()[0].String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	request, buf := []byte(raw), make([]byte, 8<<10)
	if _, err := c.Write(request); err != nil {
		b.Fatal(err)
	}
	n, err := c.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), " 200 OK\r\n") {
		b.Fatalf("%q, %v", buf[:n], err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, buf[:n]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetProcessInfo(b *testing.B) {
	benchmarkRequests(b, call("supervisor.getProcessInfo", "web:web_00"))
}

// BenchmarkBare measures what a request costs by itself, with almost nothing behind the
// server.
func BenchmarkBare(b *testing.B) { benchmarkRequests(b, "GET /ok.html HTTP/1.1\r\n\r\n") }

// looped returns a connection whose client sends the same request again and again.
func looped(t testing.TB, raw string) (*conn, *loopConn) {
	nc := &loopConn{request: []byte(raw)}
	s, err := Open(nil, Options{Tracing: func() bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.Serve(Handlers{RPC: infoRPC{}}.mounts(t, Options{}))
	return s.newConn(&endpoint{Endpoint: Endpoint{Path: "/s"}}, nc), nc
}

// request answers one request.
func (l *loopConn) serve(t testing.TB, c *conn) {
	if !c.readHead() {
		t.Fatal("no head")
	}
	c.request()
}

// TestRequestAllocations is the gate for the benchmarks: a call allocates its own decoded
// values and the texts of its header, and nothing grows with the number of requests on a
// connection.
func TestRequestAllocations(t *testing.T) {
	c, nc := looped(t, call("supervisor.getProcessInfo", "web:web_00"))
	n := testing.AllocsPerRun(100, func() { nc.serve(t, c) })
	if !strings.Contains(nc.last, " 200 OK") {
		t.Fatalf("got %q", nc.last)
	}
	if n > 16 {
		t.Errorf("%v allocations for a request", n)
	}
	t.Log(strconv.Itoa(int(n)) + " allocations for a request")
}

// BenchmarkRequest measures what the server does for a call, without the system calls and
// without a client: once as supervisorctl and once as Python sends it.
func BenchmarkRequest(b *testing.B) {
	body := "<methodCall><methodName>supervisor.getState</methodName><params></params></methodCall>"
	for name, headers := range map[string]string{
		"bare":          "",
		"supervisorctl": "Host: localhost\r\nUser-Agent: supervisorctl\r\nAccept: text/xml\r\nContent-Type: text/xml\r\n",
		"python":        "Host: localhost\r\nAccept-Encoding: gzip\r\nContent-Type: text/xml\r\nUser-Agent: Python-xmlrpc/3.11\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			c, nc := looped(b, post("/RPC2", body, headers))
			b.ReportAllocs()
			for b.Loop() {
				nc.serve(b, c)
			}
		})
	}
}

// loopConn sends the same request again and again.
type loopConn struct {
	net.Conn
	request []byte
	last    string
}

func (l *loopConn) Close() error { return nil }

func (l *loopConn) Read(b []byte) (int, error) { return copy(b, l.request), nil }

func (l *loopConn) Write(b []byte) (int, error) {
	if l.last == "" {
		l.last = string(b)
	}
	return len(b), nil
}

func (l *loopConn) SetReadDeadline(time.Time) error  { return nil }
func (l *loopConn) SetWriteDeadline(time.Time) error { return nil }
